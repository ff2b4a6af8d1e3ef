import { writeJson } from './json.ts'
import { isObject } from './object.ts'

/** A value that was given as an option, in a message: what has members is named by its kind alone. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (isObject(value)) return 'an object'
  if (typeof value === 'function') return 'a function'
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

/** JSON for display only. A value that JSON cannot hold is described. */
export function shownAsJson(value: unknown, replace?: (key: string, value: unknown) => unknown): string {
  try {
    return writeJson(value, replace) ?? String(value)
  } catch (error) {
    return isTooDeep(error) ? '(a value nested too deeply)' : '(a value that is not JSON)'
  }
}

/** A value that was seen, in a message. */
export const shownShort = (value: unknown, none = 'nothing'): string =>
  shorten(value === undefined ? none : shownAsJson(value))

/** How recursion ends over a value of many thousand levels, as JSON from a server may have, in the words of V8. */
export const isTooDeep = (error: unknown): boolean =>
  error instanceof RangeError && error.message.includes('call stack')

/** A text in a message, which one long value shall not fill. */
export function shorten(text: string): string {
  return shortened(text, MOST)
}

export function shortened(text: string, most: number): string {
  if (text.length <= most) return text
  const end = most - 3
  // A surrogate without its second half is cut off.
  return `${text.slice(0, isFirstHalf(text.charCodeAt(end - 1)) ? end - 1 : end)}...`
}

const isFirstHalf = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00

const MOST = 60
