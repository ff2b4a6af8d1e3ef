import { writeJson } from '../json.ts'

/** For people to read, never to be sent: JSON, or what is wrong with a value that JSON cannot hold. */
export function shownAsJson(value: unknown, replace?: (key: string, value: unknown) => unknown): string {
  try {
    return writeJson(value, replace) ?? String(value)
  } catch (error) {
    return isTooDeep(error) ? '(a value nested too deeply)' : '(a value that is no JSON)'
  }
}

/** How recursion ends over a value of many thousand levels, as JSON from a server may have. */
export const isTooDeep = (error: unknown): boolean =>
  error instanceof RangeError && error.message.includes('call stack')

/**
 * A value as it stands inside text. Source: Arazzo 1.1.0, "Runtime Expressions": scalars as their string
 * (`null` is "null"), strings as they are, objects and arrays as JSON. What is absent leaves nothing behind.
 */
export function stringify(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value
    case 'undefined':
      return ''
    case 'object':
      return value === null ? 'null' : writeJson(value)!
    default:
      return String(value)
  }
}
