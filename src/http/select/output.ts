import { Buffer } from 'node:buffer'
import type { Bytes } from '../../ground/units.ts'

/** Of what is longer, the memory is let go. */
const MOST_KEPT: Bytes = 2 ** 20
/** A copy of more is made by a call. */
const NEAR: Bytes = 64

/** Bytes of a document that are kept, one behind the other. Its memory is used again. */
export class Output {
  size: Bytes = 0
  bytes = Buffer.allocUnsafeSlow(4096)

  clear(): void {
    this.size = 0
  }

  letGo(): void {
    if (this.bytes.length > MOST_KEPT) this.bytes = Buffer.allocUnsafeSlow(4096)
  }

  put(bytes: Uint8Array, from: number, to: number): void {
    const end = this.size + to - from
    if (end > this.bytes.length) this.#grow(end)
    if (to - from > NEAR) this.bytes.set(bytes.subarray(from, to), this.size)
    else {
      const mine = this.bytes
      let at = this.size
      for (let p = from; p < to; p++) mine[at++] = bytes[p]!
    }
    this.size = end
  }

  putByte(byte: number): void {
    if (this.size === this.bytes.length) this.#grow(this.size + 1)
    this.bytes[this.size++] = byte
  }

  #grow(most: Bytes): void {
    const larger = Buffer.allocUnsafeSlow(Math.max(most, this.bytes.length * 2))
    this.bytes.copy(larger, 0, 0, this.size)
    this.bytes = larger
  }
}
