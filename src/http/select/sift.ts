/*
 * Hot: once per response that a JSONPath reads. The kept bytes are joined, and `JSON.parse` creates the value from
 * them, so that duplicate names, the order of members, `__proto__` and numbers behave as usual. Allocates only the
 * value per response.
 *
 * The bytes have been checked, so a value begins and ends where it seems to. Removed are
 * - members and items that no path touches,
 * - and, if a wildcard, a filter or a descent reads all of them, those without an end at or below them; their names are
 *   not even read. If items are counted, a placeholder stays. A scalar whose existence alone counts is replaced by
 *   another one, which is never longer.
 *
 * A removed member must not share its name with a kept one, because the last value of a duplicate name counts, at the
 * first position. So names are compared. If this needs more than a comparison of bytes, all members stay (`isCareful`).
 */
import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './bytes.ts'
import type { Sieve, SieveOfName } from './pluck.ts'
import { stringEnd } from './scan.ts'
import { afterComma, afterSpace, endOf, endOfArray, isSame, jsonString, jsonValue, Output } from './values.ts'

/** Deeper values are kept as a whole, so that neither this limit nor the engine's is reached in removed parts. */
const DEEPEST = 64
/** Most members of an object that are compared with one another. */
const MOST_COMPARED = 64
/** Stands for a scalar. */
const ZERO = 0x30

/** Kept bytes. */
const out = new Output()
/** The place behind the value passed last. */
let behind = 0
/** Names of the open objects' members so far, where that counts: begin, end, and whether the member was left out. */
const compared: number[] = []
let isCareful = false
/** Names have come that are to be looked at with more care. */
let isOdd = false

/** Part of a value that a sieve keeps. The bytes have been checked. */
export function sift(sieve: Sieve, bytes: Uint8Array, from: number, to: number): unknown {
  const byte = bytes[from]
  if (byte !== OPEN_BRACE && byte !== OPEN_BRACKET) return jsonValue(bytes, from, to)
  let isKept = siftAgain(sieve, bytes, from, to)
  if (isOdd) {
    sieve.isCareful = true
    isKept = siftAgain(sieve, bytes, from, to)
  }
  const value = isKept ? jsonValue(out.bytes, 0, out.size) : byte === OPEN_BRACE ? {} : []
  out.letGo()
  return value
}

function siftAgain(sieve: Sieve, bytes: Uint8Array, from: number, to: number): boolean {
  isCareful = sieve.isCareful
  isOdd = false
  compared.length = 0
  out.clear()
  return siftContainer(sieve, bytes, from, to, 0)
}

/** False where it has no end at or below it. What was put out for it then does not count. */
function siftContainer(sieve: Sieve, bytes: Uint8Array, from: number, to: number, depth: number): boolean {
  const isObject = bytes[from] === OPEN_BRACE
  const others = isObject ? sieve.members : sieve.items
  if (sieve.isWhole || others?.isWhole || depth === DEEPEST) {
    behind = endOf(bytes, from, to)
    out.put(bytes, from, behind)
    return true
  }
  if (isObject && others !== undefined && !isCareful) return siftAll(sieve, others, bytes, from, to, depth)
  if (isObject && (others !== undefined || sieve.names.length > 0)) return siftNamed(sieve, bytes, from, to, depth)
  if (!isObject && (others !== undefined || sieve.lastIndex >= 0)) return siftItems(sieve, bytes, from, to, depth)
  behind = endOf(bytes, from, to)
  if (!sieve.isEnd) return false
  out.putByte(isObject ? OPEN_BRACE : OPEN_BRACKET)
  out.putByte(isObject ? CLOSE_BRACE : CLOSE_BRACKET)
  return true
}

/** Writes the kept part of the value at `p` after the output from `start` on. Returns false like `siftContainer`. */
function siftValue(sieve: Sieve, bytes: Uint8Array, start: number, p: number, to: number, depth: number): boolean {
  const byte = bytes[p]!
  if (!sieve.isWhole && (byte === OPEN_BRACE || byte === OPEN_BRACKET)) {
    out.put(bytes, start, p)
    return siftContainer(sieve, bytes, p, to, depth)
  }
  behind = endOf(bytes, p, to)
  if (sieve.isWhole) out.put(bytes, start, behind)
  else if (sieve.isEnd) {
    out.put(bytes, start, p)
    out.putByte(ZERO)
  }
  return sieve.isEnd
}

/** Members of an object that have a sieve by name; all of them if `isCareful`. */
function siftNamed(sieve: Sieve, bytes: Uint8Array, from: number, to: number, depth: number): boolean {
  const { names, members, isOdd: asText } = sieve
  let hasKept = false
  out.putByte(OPEN_BRACE)
  const first = out.size
  let p = afterSpace(bytes, from + 1)
  while (bytes[p] !== CLOSE_BRACE) {
    const start = p
    p++
    while (bytes[p] !== QUOTE && bytes[p] !== BACKSLASH) p++
    let named: SieveOfName | undefined
    if (bytes[p] === QUOTE && !asText) named = byBytes(names, bytes, start + 1, p++)
    else {
      p = stringEnd(bytes, p, to)
      const text = jsonString(bytes, start, p)
      named = names.find(({ name }) => name === text)
    }
    const child = named === undefined ? members : named.sieve
    if (bytes[p] !== COLON) p = afterSpace(bytes, p)
    p = afterSpace(bytes, p + 1)
    if (child === undefined) behind = endOf(bytes, p, to)
    else {
      if (out.size > first) out.putByte(COMMA)
      const place = out.size
      if (siftValue(child, bytes, start, p, to, depth + 1)) hasKept = true
      else {
        out.size = place
        out.put(bytes, start, p)
        out.putByte(ZERO)
      }
    }
    p = afterComma(bytes, behind)
  }
  out.putByte(CLOSE_BRACE)
  behind = p + 1
  return hasKept || sieve.isEnd
}

/** Members with an end at or below them, of an object whose members are all touched. */
function siftAll(sieve: Sieve, members: Sieve, bytes: Uint8Array, from: number, to: number, depth: number): boolean {
  const base = compared.length
  out.putByte(OPEN_BRACE)
  const first = out.size
  let p = afterSpace(bytes, from + 1)
  while (bytes[p] !== CLOSE_BRACE) {
    const start = p
    const keyEnd = endOf(bytes, p, to)
    const end = keyEnd - 1
    if (sieve.isOdd || !isSimple(bytes, p + 1, end)) isOdd = true
    const child = byBytes(sieve.names, bytes, p + 1, end)?.sieve ?? members
    p = afterSpace(bytes, afterSpace(bytes, keyEnd) + 1)
    const place = out.size
    if (out.size > first) out.putByte(COMMA)
    const isKept = siftValue(child, bytes, start, p, to, depth + 1)
    if (!isKept) out.size = place
    if (!child.isEnd && !isOdd) {
      if (compared.length - base > 3 * MOST_COMPARED || hasOther(bytes, start + 1, end, isKept, base)) isOdd = true
      compared.push(start + 1, end, isKept ? 1 : 0)
    }
    p = afterComma(bytes, behind)
  }
  const hasKept = out.size > first
  out.putByte(CLOSE_BRACE)
  compared.length = base
  behind = p + 1
  return hasKept || sieve.isEnd
}

function siftItems(sieve: Sieve, bytes: Uint8Array, from: number, to: number, depth: number): boolean {
  const { indexes, items, lastIndex, isCounting } = sieve
  let hasKept = false
  out.putByte(OPEN_BRACKET)
  const first = out.size
  let p = afterSpace(bytes, from + 1)
  let index = 0
  while (bytes[p] !== CLOSE_BRACKET) {
    if (items === undefined && index > lastIndex) {
      p = endOfArray(bytes, p, to) - 1
      break
    }
    let child = items
    for (let i = 0; i < indexes.length; i++) if (indexes[i]!.index === index) child = indexes[i]!.sieve
    const place = out.size
    if (out.size > first) out.putByte(COMMA)
    const start = out.size
    if (child === undefined) behind = endOf(bytes, p, to)
    if (child !== undefined && siftValue(child, bytes, p, p, to, depth + 1)) hasKept = true
    else if (isCounting) {
      out.size = start
      out.putByte(ZERO)
    } else out.size = place
    index++
    p = afterComma(bytes, behind)
  }
  out.putByte(CLOSE_BRACKET)
  behind = p + 1
  return hasKept || sieve.isEnd
}

/** Whether a name is ASCII without escapes: other bytes are another name. */
function isSimple(bytes: Uint8Array, from: number, to: number): boolean {
  for (let p = from; p < to; p++) if (bytes[p]! >= 0x80 || bytes[p] === BACKSLASH) return false
  return true
}

/** Whether the name has come with a member of the other kind: left out, or kept. */
function hasOther(bytes: Uint8Array, from: number, to: number, isKept: boolean, base: number): boolean {
  const other = isKept ? 0 : 1
  for (let i = base; i < compared.length; i += 3) {
    if (compared[i + 2] !== other || compared[i + 1]! - compared[i]! !== to - from) continue
    const at = compared[i]!
    let n = 0
    while (n < to - from && bytes[at + n] === bytes[from + n]) n++
    if (n === to - from) return true
  }
  return false
}

function byBytes(names: readonly SieveOfName[], bytes: Uint8Array, from: number, to: number): SieveOfName | undefined {
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!.bytes
    if (name !== undefined && isSame(name, bytes, from, to)) return names[i]
  }
  return undefined
}
