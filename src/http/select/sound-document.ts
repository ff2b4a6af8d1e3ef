import { Buffer } from 'node:buffer'
import type { Bytes } from '../../ground/units.ts'
import { Containers } from './containers.ts'

/** What is shorter is read faster than it is compared. */
const SHORTEST: Bytes = 64
/** What is longer is not kept: each step would take that memory. */
const LONGEST: Bytes = 65_536
/** After so many in a row that differ, only one in `SELDOM` is kept. */
const PATIENCE = 16
const SELDOM = 64

/**
 * The last document that was read to its end and found sound, and what was found in it. An API often sends the same
 * bytes again, or the same from some place on: compared with those that were read, they take a fifth of the time at
 * most. Whether a rest is sound, and whether a name in it comes a second time, depends on nothing but its bytes and the
 * open containers; what is found in a document on nothing but its bytes.
 */
export class SoundDocument {
  #bytes = Buffer.alloc(0)
  /** Zero: none is kept. */
  #length: Bytes = 0
  /** Where its rest begins, behind all that is wanted; -1 if that is not to be compared. */
  #restAt = -1
  /** The containers in which the rest stands. */
  readonly #around = new Containers()
  /** By the index of the selection's pointers; undefined if one is an object, which belongs to its iteration. */
  #values: unknown[] | undefined
  /** Misses in a row. */
  #misses = 0

  /** The values of the document from `from` to `to` if it is the one that is kept. */
  valuesOf(bytes: Uint8Array, from: number, to: number): readonly unknown[] | undefined {
    if (this.#length !== to - from || this.#values === undefined) return undefined
    if (this.#bytes.compare(bytes, from, to, 0, this.#length) !== 0) return undefined
    this.#misses = 0
    return this.#values
  }

  /** Whether the rest from `from` on is that of the one that is kept, in the same open containers. */
  endsWith(bytes: Uint8Array, from: number, to: number, around: Containers): boolean {
    const at = this.#length - (to - from)
    if (this.#restAt < 0 || at !== this.#restAt || to - from < SHORTEST || !this.#around.equals(around)) return false
    if (this.#bytes.compare(bytes, from, to, at, this.#length) !== 0) return false
    this.#misses = 0
    return true
  }

  /**
   * A document was read to its end, and is sound.
   * @param restAt where its rest begins, in `around`; -1 where that says nothing of others.
   */
  keep(
    bytes: Uint8Array,
    from: number,
    to: number,
    restAt: number,
    around: Containers,
    values: readonly unknown[],
    count: number,
  ): void {
    const length = to - from
    if (length < SHORTEST || length > LONGEST) return
    this.#misses++
    if (this.#misses > PATIENCE && this.#misses % SELDOM !== 0) return
    if (length > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(length)
    this.#bytes.set(bytes.subarray(from, to))
    this.#length = length
    this.#restAt = restAt < 0 ? -1 : restAt - from
    if (restAt >= 0) this.#around.copy(around)
    this.#values = simple(values, count)
  }
}

function simple(values: readonly unknown[], count: number): unknown[] | undefined {
  for (let n = 0; n < count; n++) if (typeof values[n] === 'object' && values[n] !== null) return undefined
  return values.slice(0, count)
}
