import type { Bytes } from '../../units.ts'
import type { BodySink } from './parser.ts'

const nothing: Buffer = Buffer.alloc(0)

/**
 * The body of the response in hand. One that comes in one piece is never copied: it stays in the buffer that it was read
 * into until the read ends (`settle`).
 */
export class BodyStore implements BodySink {
  /** Bytes of the body so far. */
  size: Bytes = 0
  #length = -1
  /** A piece that still lies where it was read. */
  #piece = nothing
  #from = 0
  #to = 0
  #held = nothing
  #heldLength = 0

  begin(length: number): void {
    this.size = 0
    this.#length = length
    this.#to = 0
    this.#from = 0
    this.#held = nothing
    this.#heldLength = 0
  }

  take(bytes: Buffer, from: number, to: number): boolean {
    if (this.size > 0) {
      this.settle()
      this.#append(bytes, from, to)
    } else {
      this.#piece = bytes
      this.#from = from
      this.#to = to
    }
    this.size += to - from
    return true
  }

  /** The buffer that was read into is about to be used again. */
  settle(): void {
    if (this.#to === this.#from) return
    this.#append(this.#piece, this.#from, this.#to)
    this.#from = this.#to
  }

  /** The whole body. */
  get bytes(): Uint8Array {
    if (this.#to > this.#from) return this.#piece.subarray(this.#from, this.#to)
    return this.#heldLength === 0 ? nothing : this.#held.subarray(0, this.#heldLength)
  }

  /** Lets go of what is held. */
  clear(): void {
    this.#held = nothing
    this.#piece = nothing
    this.#from = 0
    this.#to = 0
    this.#heldLength = 0
  }

  #append(bytes: Buffer, from: number, to: number): void {
    const length = this.#heldLength + to - from
    if (length > this.#held.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.#length, 2 * length))
      this.#held.copy(larger, 0, 0, this.#heldLength)
      this.#held = larger
    }
    bytes.copy(this.#held, this.#heldLength, from, to)
    this.#heldLength = length
  }
}
