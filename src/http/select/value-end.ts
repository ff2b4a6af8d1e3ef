// Hot: each member of an object in which something is wanted passes here.

import type { Bytes } from '../../ground/units.ts'
import { isOpening, isPlain, QUOTE } from './bytes.ts'
import { scalarEnd } from './scalar-end.ts'
import type { Skipper } from './skipper.ts'
import { stringEnd } from './string-end.ts'

/** Strings that are as long are looked through by a call. */
const NEAR: Bytes = 32

/** The place behind the value at `p`; less than 0 if it is not passed in one go (see `Skipper.glance`). */
export function valueEnd(skipper: Skipper, bytes: Uint8Array, p: number, to: number, isWanted: boolean): number {
  const byte = bytes[p]!
  if (byte !== QUOTE) return isOpening(byte) ? skipper.glance(bytes, p, to, isWanted) : scalarEnd(bytes, p, to)
  let end = p + 1
  const near = Math.min(to, end + NEAR)
  while (end < near && isPlain(bytes[end]!)) end++
  return end < near && bytes[end] === QUOTE ? end + 1 : stringEnd(bytes, end, to)
}
