import { CLOSE_BRACE, CLOSE_BRACKET } from './bytes.ts'
import type { Place } from './selection.ts'

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

  /** Makes these the containers that are entered in another reader, as far as `equals` looks. */
  copy(other: Containers): void {
    this.level = other.level
    this.#places[this.level] = other.place
    for (let n = 1; n <= this.level; n++) this.#counts[n] = other.#counts[n]!
  }

  /** Whether the same are entered, at the same items. A place is in no other place than its own. */
  equals(other: Containers): boolean {
    if (this.level !== other.level || this.place !== other.place) return false
    for (let n = 1; n <= this.level; n++) if (this.#counts[n] !== other.#counts[n]) return false
    return true
  }
}
