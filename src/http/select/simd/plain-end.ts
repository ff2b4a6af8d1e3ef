import type { Bytes } from '../../../ground/units.ts'
import { PLAIN } from '../bytes.ts'
import { memory, theScan } from './memory.ts'

/** A call costs as much as so many bytes of a loop. */
const NEAR: Bytes = 32
const own = memory?.buffer

/**
 * The place of the first byte that may not stand in a string as it is, or `to`. Long strings are looked through by the
 * scan where they lie in its memory.
 */
export function plainEnd(bytes: Uint8Array, from: number, to: number): number {
  const near = Math.min(to, from + NEAR)
  let p = from
  while (p < near && PLAIN[bytes[p]!] !== 0) p++
  if (p < near || p === to) return p
  const scan = bytes.buffer === own ? theScan() : undefined
  if (scan !== undefined) return scan.plainEnd(bytes.byteOffset + p, bytes.byteOffset + to) - bytes.byteOffset
  while (p < to && PLAIN[bytes[p]!] !== 0) p++
  return p
}
