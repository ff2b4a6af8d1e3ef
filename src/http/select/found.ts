import { getAt } from '../../expression/index.ts'
import type { Place, Selection } from './selection.ts'

/** What is known of the values of one selection. Belongs to a reader, and is used again for each document. */
export class Found {
  /** Values by the index of the selection's pointers. */
  readonly values: unknown[] = []
  /** How many are not known yet. */
  pending = 0
  /** Marks by slot: 1 when the value is known, be it `undefined`. */
  #settled = new Uint8Array(16)

  begin(count: number): void {
    if (count > this.#settled.length) this.#settled = new Uint8Array(count)
    for (let i = 0; i < count; i++) {
      this.values[i] = undefined
      this.#settled[i] = 0
    }
    this.pending = count
  }

  /** Takes the values of a document that was read before. */
  recall(known: readonly unknown[]): void {
    for (let i = 0; i < known.length; i++) this.values[i] = known[i]
  }

  /** The value of a place that is wanted, and of which parts may be. */
  take({ order, below }: Selection, place: Place, value: unknown): void {
    for (let slot = place.first; slot < place.last; slot++) {
      const pointer = below[slot]
      this.values[order[slot]!] = pointer === undefined ? value : getAt(value, pointer)
    }
  }

  /** Whatever is wanted at a place and below it is known. */
  settle(place: Place): void {
    for (let slot = place.first; slot < place.last; slot++) {
      if (this.#settled[slot] === 1) continue
      this.#settled[slot] = 1
      this.pending--
    }
  }

  /** What was read at a place no longer counts. Returns whether something was. */
  forget({ order }: Selection, place: Place): boolean {
    let hasCounted = false
    for (let slot = place.first; slot < place.last; slot++) {
      if (this.#settled[slot] === 0) continue
      this.#settled[slot] = 0
      this.pending++
      this.values[order[slot]!] = undefined
      hasCounted = true
    }
    return hasCounted
  }
}
