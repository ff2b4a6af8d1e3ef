import type { Bytes } from '../../ground/units.ts'
import { lastByte } from './bytes.ts'
import { Containers } from './containers.ts'
import type { Rests } from './rests.ts'
import type { Selection } from './selection.ts'

/** The rest of the document at hand, behind all that is wanted: whether it is read, compared or left. */
export class Rest {
  /** Everything has been known once; what comes now is the rest. */
  hasBegun = false
  readonly #rests: Rests
  /** Where the rest begins that others may be compared with, and in which containers; -1 if there is none. */
  at = -1
  readonly around = new Containers()
  /** It is read and paid for, chunk by chunk. */
  #isCharged = false

  constructor(rests: Rests) {
    this.#rests = rests
  }

  /** A new document comes. */
  begin(isAllRest: boolean): void {
    this.hasBegun = isAllRest
    this.at = -1
    this.#isCharged = false
  }

  charge(bytes: Bytes): void {
    if (this.#isCharged) this.#rests.charge(bytes)
  }

  /**
   * The rest begins at `p`: whether it is left.
   * @param isWhole whether `from` to `to` is the whole document.
   * @param isComparable whether it stands behind a value of such a document.
   */
  isLeft(
    selection: Selection,
    around: Containers,
    bytes: Uint8Array,
    p: number,
    from: number,
    to: number,
    isWhole: boolean,
    isComparable: boolean,
  ): boolean {
    this.hasBegun = true
    if (around.level === 0) return false
    // What a server always does is never missed: the first rest is read, and all of them once one has made a
    // difference.
    if (selection.suspect || !selection.isTried) {
      selection.isTried = true
      if (isComparable && !selection.suspect) this.#begins(p, around)
      return false
    }
    if (isComparable && selection.sound.endsWith(bytes, p, to, around)) return true
    this.#isCharged = this.#rests.admit(to - p, isWhole)
    if (this.#isCharged && isComparable) this.#begins(p, around)
    if (this.#isCharged || (isWhole && lastByte(bytes, from, to) !== around.rootEnd)) return false
    this.#rests.unread++
    return true
  }

  #begins(at: number, around: Containers): void {
    this.at = at
    this.around.copy(around)
  }
}
