/*
 * Hot. What lies in the scan's own memory is read where it is; other bytes are copied there, at most a page at a time
 * and once a chunk (0.05 ns a byte).
 */
import type { Bytes } from '../../../ground/units.ts'
import { COPIES, memory } from './memory.ts'

/** Of what is shorter, JavaScript has seen more when the scan begins. */
export const LEAST_SCANNED: Bytes = 96
const LONGEST_COPY: Bytes = 65_536

const all = memory === undefined ? undefined : new Uint8Array(memory.buffer)

/** What is copied at present: of which bytes, and which of them. */
let copied: Uint8Array | undefined
let copiedFrom = 0
let copiedTo = 0

/** Where the bytes that were brought lie in the scan's memory: the first of all by `base`, until before `end`. */
export let base = 0
export let end = 0

/** Other bytes may stand at the same places now. To be called before each chunk, and after it, to hold it no more. */
export function forgetCopies(): void {
  copied = undefined
}

/** Sees to it that these bytes are in the scan's memory, from `from` on: there they are, or are copied to. */
export function bring(bytes: Uint8Array, from: number, to: number): void {
  base = bytes.byteOffset
  end = to
  if (bytes.buffer === all!.buffer) return
  if (bytes !== copied || from < copiedFrom || copiedTo - from < Math.min(LEAST_SCANNED, to - from))
    copy(bytes, from, to)
  base = COPIES - copiedFrom
  end = Math.min(to, copiedTo)
}

function copy(bytes: Uint8Array, from: number, to: number): void {
  copied = bytes
  copiedFrom = from
  copiedTo = Math.min(to, from + LONGEST_COPY)
  all!.set(from === 0 && copiedTo === bytes.length ? bytes : bytes.subarray(from, copiedTo), COPIES)
}
