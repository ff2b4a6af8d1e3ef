import { Buffer } from 'node:buffer'
import type { Bytes } from '../../ground/units.ts'
import { Containers } from './containers.ts'
import { SHORT_DOCUMENT } from './short-document.ts'

/** What is shorter is read faster than it is compared. */
const LEAST_COMPARED: Bytes = 64
/** After so many in a row that differ, only one in `SELDOM` is kept, and compared once. */
const PATIENCE = 16
const SELDOM = 64

/**
 * The last document that was kept of those read to their end and found sound, or its rest, behind all that is wanted.
 * An API often sends the same bytes again, or the same from some place on: compared with those that were read, they
 * take a fifth of the time at most. Whether a rest is sound, and whether a name in it comes a second time, depends on
 * nothing but its bytes and the open containers; what is found in a document on nothing but its bytes.
 */
export class SoundDocument {
  /** How many values are looked for. */
  readonly #count: number
  #bytes = Buffer.alloc(0)
  #length: Bytes = 0
  /** Its last bytes are the rest. Zero: none is to be compared. */
  #restLength: Bytes = 0
  /** The containers in which the rest stands. */
  readonly #around = new Containers()
  /** By the index of the selection's pointers; undefined where it is not to be compared as a whole. */
  #values: unknown[] | undefined
  /** Documents in a row that were read, and that were compared as a whole in vain. */
  #misses = 0
  #vain = 0

  constructor(count: number) {
    this.#count = count
  }

  /** The values of the document from `from` to `to` if it is the one that is kept. */
  valuesOf(bytes: Uint8Array, from: number, to: number): readonly unknown[] | undefined {
    if (this.#values === undefined || this.#length !== to - from) return undefined
    if (this.#bytes.compare(bytes, from, to, 0, this.#length) === 0) {
      this.#misses = 0
      this.#vain = 0
      return this.#values
    }
    if (++this.#vain > PATIENCE) this.#values = undefined
    return undefined
  }

  /** Whether the rest from `from` on is that of the one that is kept, in the same open containers. */
  endsWith(bytes: Uint8Array, from: number, to: number, around: Containers): boolean {
    const length = to - from
    if (this.#restLength !== length || !this.#around.equals(around)) return false
    if (this.#bytes.compare(bytes, from, to, this.#length - length, this.#length) === 0) {
      this.#misses = 0
      return true
    }
    if (this.#misses > PATIENCE) this.#restLength = 0
    return false
  }

  /**
   * A document was read to its end, and is sound.
   * @param restAt where its rest begins, in `around`; -1 where that says nothing of others.
   */
  keep(
    bytes: Uint8Array,
    from: number,
    to: number,
    { at: restAt, around }: { readonly at: number; readonly around: Containers },
    values: readonly unknown[],
  ): void {
    const simple = to - from > SHORT_DOCUMENT ? undefined : this.#simple(values)
    const at = simple === undefined ? restAt : from
    if (at < 0 || to - at < LEAST_COMPARED || to - at > SHORT_DOCUMENT) return
    this.#misses++
    if (this.#misses > PATIENCE && this.#misses % SELDOM !== 0) return
    const length = to - at
    if (length > this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(length)
    this.#bytes.set(bytes.subarray(at, to))
    this.#length = length
    this.#values = simple
    this.#restLength = restAt < 0 || to - restAt < LEAST_COMPARED ? 0 : to - restAt
    if (this.#restLength > 0) this.#around.copy(around)
  }

  /** A copy of the values; undefined if one is an object: each iteration has its own, which it may change. */
  #simple(values: readonly unknown[]): unknown[] | undefined {
    for (let n = 0; n < this.#count; n++) if (typeof values[n] === 'object' && values[n] !== null) return undefined
    return values.slice(0, this.#count)
  }
}
