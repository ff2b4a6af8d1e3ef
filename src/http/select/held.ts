import { Buffer } from 'node:buffer'
import type { Bytes } from '../../ground/units.ts'
import { jsonString } from './values.ts'

const KEPT: Bytes = 64 * 1024

/** Copies of bytes that straddle chunks. Its memory is used again; what a large document needed is let go after it. */
export class Held {
  size: Bytes = 0
  bytes = Buffer.allocUnsafeSlow(0)

  add(bytes: Uint8Array, from: number, to: number): void {
    const size = this.size + to - from
    if (size > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(256, size, this.bytes.length * 2))
      this.bytes.copy(larger, 0, 0, this.size)
      this.bytes = larger
    }
    this.bytes.set(bytes.subarray(from, to), this.size)
    this.size = size
  }

  /** All that is held, and these bytes behind it. */
  whole(bytes: Uint8Array, from: number, to: number): Uint8Array {
    this.add(bytes, from, to)
    return this.bytes
  }

  /** The string that ends before `to`, quotes included: it begins with what is held, or else at `from`. Lets it go. */
  text(bytes: Uint8Array, from: number, to: number): string {
    if (this.size === 0) return jsonString(bytes, from, to)
    const text = jsonString(this.whole(bytes, from, to), 0, this.size)
    this.clear()
    return text
  }

  clear(): void {
    this.size = 0
    if (this.bytes.length > KEPT) this.bytes = Buffer.allocUnsafeSlow(0)
  }
}
