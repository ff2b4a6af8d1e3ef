import { Buffer } from 'node:buffer'
import type { Bytes } from '../../ground/units.ts'
import type { Place } from './selection.ts'

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
  /** The innermost open container, and the index in each from the first on, as the reader counts. */
  #place: Place | undefined
  readonly #counts: number[] = []
  /** In a row. */
  #misses = 0

  /**
   * Whether the rest from `from` on is the one that is kept, in the same open containers.
   * @param level how many containers are open; `places` and `counts` tell of each, from index 1 on.
   */
  matches(
    bytes: Uint8Array,
    from: number,
    to: number,
    level: number,
    places: readonly Place[],
    counts: readonly number[],
  ): boolean {
    if (this.#length !== to - from || this.#place !== places[level]) return false
    for (let n = 1; n <= level; n++) if (this.#counts[n] !== counts[n]) return false
    if (this.#bytes.compare(bytes, from, to, 0, this.#length) !== 0) return false
    this.#misses = 0
    return true
  }

  /** A rest that does not match will be read. Returns whether it is to be kept if it is sound. */
  begin(size: Bytes, level: number, places: readonly Place[], counts: readonly number[]): boolean {
    if (size < SHORTEST || size > LONGEST) return false
    this.#misses++
    if (this.#misses > PATIENCE && this.#misses % SELDOM !== 0) return false
    this.#length = 0
    this.#place = places[level]
    for (let n = 1; n <= level; n++) this.#counts[n] = counts[n]!
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
