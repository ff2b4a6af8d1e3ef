import { getAt } from '../../expression/index.ts'
import { CLOSE_BRACE, CLOSE_BRACKET } from './bytes.ts'
import type { Place, Selection } from './selection.ts'

/** Stands in place of an array's index. */
const OBJECT = -1

/** The containers that were entered because something is wanted in them, from level 1 on. */
export class Containers {
  level = 0
  readonly #places: Place[] = []
  /** An array's index; OBJECT for objects. */
  readonly #counts: number[] = []

  /** The innermost. */
  get place(): Place {
    return this.#places[this.level]!
  }

  get isObject(): boolean {
    return this.#counts[this.level] === OBJECT
  }

  /** The byte that closes the innermost. */
  get end(): number {
    return this.isObject ? CLOSE_BRACE : CLOSE_BRACKET
  }

  /** The byte that closes the outermost. */
  get rootEnd(): number {
    return this.#counts[1] === OBJECT ? CLOSE_BRACE : CLOSE_BRACKET
  }

  enterObject(place: Place): void {
    this.level++
    this.#places[this.level] = place
    this.#counts[this.level] = OBJECT
  }

  enterArray(place: Place): void {
    this.level++
    this.#places[this.level] = place
    this.#counts[this.level] = 0
  }

  /** The index of the next item of the innermost, an array. */
  next(): number {
    return ++this.#counts[this.level]!
  }

  /** So many items of the innermost are passed over. */
  skip(items: number): void {
    this.#counts[this.level]! += items
  }
}

/** State of the values of one selection. Belongs to a reader and is reused for each document. */
export class Found {
  /** Values by the index of the selection's pointers. */
  readonly values: unknown[] = []
  /** How many are not known yet. */
  pending = 0
  /** Marks by slot: 1 if the value is known, also if it is `undefined`. */
  #settled = new Uint8Array(16)

  begin(count: number): void {
    if (count > this.#settled.length) this.#settled = new Uint8Array(count)
    for (let i = 0; i < count; i++) {
      this.values[i] = undefined
      this.#settled[i] = 0
    }
    this.pending = count
  }

  /** The value of a place that is wanted, and of which parts may be. */
  take({ order, below }: Selection, place: Place, value: unknown): void {
    for (let slot = place.first; slot < place.last; slot++) {
      const pointer = below[slot]
      this.values[order[slot]!] = pointer === undefined ? value : getAt(value, pointer)
    }
  }

  /** All values at a place and below it are known. */
  settle(place: Place): void {
    for (let slot = place.first; slot < place.last; slot++) {
      if (this.#settled[slot] === 1) continue
      this.#settled[slot] = 1
      this.pending--
    }
  }

  /** Discards the value of a place. Returns whether there was one. */
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

/** The open containers around a place in a document: a byte each (`{` or `[`), kept for the next document. */
export class Stack {
  depth = 0
  containers = new Uint8Array(64)

  push(container: number): void {
    if (++this.depth === this.containers.length) this.grow()
    this.containers[this.depth] = container
  }

  grow(): Uint8Array {
    const larger = new Uint8Array(this.containers.length * 2)
    larger.set(this.containers)
    this.containers = larger
    return larger
  }
}
