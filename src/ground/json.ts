/**
 * JSON whose integers keep their digits. A number of JavaScript holds 53 bits, and ids often have 64: integers whose
 * digits `JSON.parse` would change become a bigint, are numbers again in the JSON that is sent, and text where a report
 * holds them.
 */
import { randomBytes } from 'node:crypto'

/** Reads as `JSON.parse`, but integers whose digits a number would lose are bigints. Throws SyntaxError as it does. */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  if (!hasLongInteger(text)) return value
  let isMarked = false
  const marked = text.replace(TOKENS, token => {
    if (token.startsWith('"') || typeof exactNumber(token) !== 'bigint') return token
    isMarked = true
    return `"${MARK}${token}"`
  })
  return isMarked ? unmarked(JSON.parse(marked)) : value
}

/** The number that a numeral of JSON says; a bigint for an integer whose digits a number would lose. */
export function exactNumber(numeral: string): number | bigint {
  const number = Number(numeral)
  if (numeral.length < LEAST_DIGITS || numeral.length > MOST_DIGITS) return number
  return String(number) === numeral || !INTEGER.test(numeral) ? number : BigInt(numeral)
}

/** Writes as `JSON.stringify`; bigints are written as numbers with all their digits. */
export function writeJson(value: unknown, replace?: (key: string, value: unknown) => unknown): string | undefined {
  try {
    return JSON.stringify(value, replace)
  } catch (error) {
    // `JSON.stringify` refuses bigints, so that all other values cost nothing.
    if (!(error instanceof TypeError)) throw error
  }
  const marked = JSON.stringify(value, (key, member: unknown) => {
    const replaced = replace === undefined ? member : replace(key, member)
    return typeof replaced === 'bigint' ? `${MARK}${replaced}` : replaced
  }) as string | undefined
  return marked?.replaceAll(MARKED, '$1')
}

/**
 * The value with the nearest number for each bigint, for those who know numbers only. Without bigints it is the value
 * itself.
 */
export const asNumbers = <T>(value: T): T => replaced(value, Number) as T

/**
 * The value with text for each bigint, as reports have it: plain data that is JSON. Without bigints it is the value
 * itself.
 */
export const asText = <T>(value: T): T => replaced(value, String) as T

/** The fewest digits that a number may lose, and the most that are worth a bigint. */
const LEAST_DIGITS = 16
const MOST_DIGITS = 1_000

const INTEGER = /^-?\d+$/
const TOKENS = /"(?:[^"\\]|\\[\s\S])*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g

/** Precedes digits where JSON has no other form for them. It is random, so that no text from outside can contain it. */
const MARK = `integer:${randomBytes(12).toString('hex')}:`
const MARKED = new RegExp(`"${MARK}(-?\\d+)"`, 'g')

/**
 * Whether there may be an integer of so many digits: a run of them between characters that may stand around a number.
 * Of such a run one digit stands at one of the places that are looked at, so that this costs a hundredth of parsing.
 */
function hasLongInteger(text: string): boolean {
  for (let at = LEAST_DIGITS - 1; at < text.length; at += LEAST_DIGITS) {
    if (!isDigit(text.charCodeAt(at))) continue
    let from = at
    let to = at + 1
    while (from > 0 && isDigit(text.charCodeAt(from - 1))) from--
    while (to < text.length && isDigit(text.charCodeAt(to))) to++
    if (to - from >= LEAST_DIGITS && BEFORE.includes(text.charAt(from - 1)) && AFTER.includes(text.charAt(to)))
      return true
    at = to - 1
  }
  return false
}

/** Characters allowed before and after an integer, also none. */
const BEFORE = '-:,[ \n\r\t'
const AFTER = ',]} \n\r\t'
const isDigit = (code: number) => code >= 0x30 && code <= 0x39

/** Puts bigints where marks are. No recursion: JSON from a server may be nested deeper than the stack. */
function unmarked(root: unknown): unknown {
  const holder = { root }
  const pending: object[] = [holder]
  for (let object = pending.pop(); object !== undefined; object = pending.pop()) {
    for (const name of Object.keys(object)) {
      const member = (object as Record<string, unknown>)[name]
      if (typeof member === 'object' && member !== null) pending.push(member)
      else if (typeof member === 'string' && member.startsWith(MARK))
        define(object, name, BigInt(member.slice(MARK.length)))
    }
  }
  return holder.root
}

function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true })
}

function replaced(value: unknown, by: (integer: bigint) => unknown): unknown {
  if (typeof value === 'bigint') return by(value)
  return holdsBigInt(value) ? copied(value as object, by) : value
}

function holdsBigInt(root: unknown): boolean {
  if (typeof root !== 'object' || root === null) return false
  const seen = new Set<object>([root])
  for (const object of seen) {
    if (ArrayBuffer.isView(object)) continue
    for (const member of Array.isArray(object) ? object : Object.values(object)) {
      if (typeof member === 'bigint') return true
      if (typeof member === 'object' && member !== null) seen.add(member)
    }
  }
  return false
}

/** A copy in which bigints are what `by` makes of them. No recursion, for the same reason. */
function copied(root: object, by: (integer: bigint) => unknown): unknown {
  const copies = new Map<object, object>()
  const copyOf = (value: unknown): unknown => {
    if (typeof value === 'bigint') return by(value)
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
    const copy = copies.get(value) ?? (Array.isArray(value) ? [] : {})
    copies.set(value, copy)
    return copy
  }
  const made = copyOf(root)
  for (const [object, copy] of copies)
    for (const [name, member] of Object.entries(object)) define(copy, name, copyOf(member))
  return made
}
