import { BACKSLASH, ESCAPE, HEX, QUOTE } from './bytes.ts'
import { plainEnd } from './simd/plain-end.ts'

/**
 * The place behind the closing quote of the string whose first byte, behind the opening quote, is at `from`; -1 when
 * it does not end before `to` or is not a string. Allocates nothing.
 */
export function stringEnd(bytes: Uint8Array, from: number, to: number): number {
  const p = plainEnd(bytes, from, to)
  if (p >= to) return -1
  return bytes[p] === QUOTE ? p + 1 : escapedEnd(bytes, p, to)
}

function escapedEnd(bytes: Uint8Array, from: number, to: number): number {
  let p = from
  while (p < to) {
    const byte = bytes[p]!
    if (byte === QUOTE) return p + 1
    if (byte !== BACKSLASH || p + 1 >= to) return -1
    const kind = ESCAPE[bytes[p + 1]!]!
    if (kind === 0) return -1
    p += 2
    if (kind === 2) {
      if (p + 4 > to) return -1
      if ((HEX[bytes[p]!]! & HEX[bytes[p + 1]!]! & HEX[bytes[p + 2]!]! & HEX[bytes[p + 3]!]!) === 0) return -1
      p += 4
    }
    p = plainEnd(bytes, p, to)
  }
  return -1
}
