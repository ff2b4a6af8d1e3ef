/**
 * Ways through bytes that have been checked: a value begins and ends where it seems to, and nothing is looked at twice.
 * What is asked of them lies within a container. Allocates nothing.
 */
import type { Bytes } from '../../ground/units.ts'
import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COMMA, isSpace, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './bytes.ts'
import { Skipper } from './skipper.ts'
import { stringEnd } from './string-end.ts'

const skipper = new Skipper(true)

/** In a container that is longer, the end is looked for by a call. */
const NEAR: Bytes = 64

/** The place behind the value at `from`. */
export function endOf(bytes: Uint8Array, from: number, to: number): number {
  let byte = bytes[from]!
  let p = from + 1
  if (byte === QUOTE) {
    byte = bytes[p]!
    while (byte !== QUOTE && byte !== BACKSLASH) byte = bytes[++p]!
    return byte === QUOTE ? p + 1 : stringEnd(bytes, p, to)
  }
  if (byte !== OPEN_BRACE && byte !== OPEN_BRACKET) {
    for (;;) {
      byte = bytes[p]!
      if (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte <= 0x20) return p
      p++
    }
  }
  const near = Math.min(to, from + NEAR)
  let depth = 1
  for (; p < near; p++) {
    byte = bytes[p]!
    if (byte === QUOTE) {
      byte = bytes[++p]!
      while (byte !== QUOTE && byte !== BACKSLASH) byte = bytes[++p]!
      if (byte === BACKSLASH) p = stringEnd(bytes, p, to) - 1
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      if (--depth === 0) return p + 1
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++
  }
  skipper.startValue(true)
  return skipper.skip(bytes, from, to)
}

/** The place behind the array one of whose items begins at `from`. */
export function endOfArray(bytes: Uint8Array, from: number, to: number): number {
  skipper.startInArray()
  return skipper.skip(bytes, from, to)
}

/** Whether the bytes from `from` to `to` are those of a name. */
export function isSame(name: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (name.length !== to - from) return false
  let n = 0
  while (n < name.length && name[n] === bytes[from + n]) n++
  return n === name.length
}

export function afterSpace(bytes: Uint8Array, from: number): number {
  let p = from
  while (isSpace(bytes[p]!)) p++
  return p
}

/** The place of the next item or name, or of the bracket. */
export function afterComma(bytes: Uint8Array, from: number): number {
  let p = from
  while (isSpace(bytes[p]!)) p++
  if (bytes[p] !== COMMA) return p
  p++
  while (isSpace(bytes[p]!)) p++
  return p
}
