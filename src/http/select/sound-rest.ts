import { Buffer } from 'node:buffer'
import type { Bytes } from '../../ground/units.ts'
import { Containers } from './containers.ts'

/** A shorter rest is read faster than it is compared. */
const SHORTEST: Bytes = 64
/** A longer one is not kept: each step would take that memory. */
const LONGEST: Bytes = 65_536
/** After so many in a row that differ, only one in `SELDOM` is kept. */
const PATIENCE = 16
const SELDOM = 64

/**
 * The last rest of a document, behind all that is wanted, that was read and found sound. An API often sends the same
 * bytes again: compared with those that were read in the same place, they take a fifth of the time. Whether a rest is
 * sound, and whether a name in it comes a second time, depends on nothing but its bytes and the open containers.
 */
export class SoundRest {
  #bytes = Buffer.alloc(0)
  /** Zero: none is kept. */
  #length: Bytes = 0
  /** Those in which it stood. */
  readonly #around = new Containers()
  /** Misses in a row. */
  #misses = 0

  /** Whether the rest from `from` on is the one that is kept, in the same open containers. */
  matches(bytes: Uint8Array, from: number, to: number, around: Containers): boolean {
    if (this.#length !== to - from || !this.#around.equals(around)) return false
    if (this.#bytes.compare(bytes, from, to, 0, this.#length) !== 0) return false
    this.#misses = 0
    return true
  }

  /** A rest that does not match will be read. Returns whether it is to be kept if it is sound. */
  begin(size: Bytes, around: Containers): boolean {
    if (size < SHORTEST || size > LONGEST) return false
    this.#misses++
    if (this.#misses > PATIENCE && this.#misses % SELDOM !== 0) return false
    this.#length = 0
    this.#around.copy(around)
    return true
  }

  /** The rest that was begun is sound. */
  keep(bytes: Uint8Array, from: number, to: number): void {
    const length = to - from
    if (length > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(length)
    this.#bytes.set(bytes.subarray(from, to))
    this.#length = length
  }
}
