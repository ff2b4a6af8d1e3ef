import type { Buffer } from 'node:buffer'
import { lendBuffer } from './select/index.ts'

/**
 * Every socket reads into the same memory: bytes are seen to before the next read, and what is unfinished then is
 * copied. A thousand connections cost no more than one. It lies where the reader of JSON scans without a copy.
 */
export const readBuffer: Buffer = lendBuffer()

/** Memory of the read buffer, eight bytes at a time: to compare it with other bytes. */
export const readWords = new Float64Array(readBuffer.buffer, readBuffer.byteOffset, readBuffer.length / 8)

const start = readBuffer.byteOffset
const VIEWS = 256
const views: (Buffer | undefined)[] = new Array(VIEWS).fill(undefined)

/**
 * The bytes from `from` until before `to`. Making a view costs 0.1 us, and responses of one kind lie in the same place
 * of the buffer that all are read into: views of it are kept.
 */
export function viewOf(bytes: Buffer, from: number, to: number): Buffer {
  if (bytes !== readBuffer) return bytes.subarray(from, to)
  const place = (from + 31 * to) % VIEWS
  const known = views[place]
  if (known !== undefined && known.byteOffset === start + from && known.length === to - from) return known
  const view = readBuffer.subarray(from, to)
  views[place] = view
  return view
}
