import type { Share } from '../../ground/units.ts'

/** How many are looked at in any case. */
const FIRST = 10

/** Golden ratio, in 32 bits: its multiples fall evenly and repeat no pattern of the caller's. */
const STEP = 0x9e3779b9

/** Multiples of `STEP` below the share, in 32 bits, are the share. */
const isTurn = (count: number, share: number): boolean =>
  count < FIRST || share >= 1 || Math.imul(count, STEP) >>> 0 < share * 2 ** 32

/**
 * Decides which of many to look at: the first ten, then a share that may change, and all from when that is asked for.
 * Bodies that are too long pass by unseen, unless it was known before that they are to be held: for each that was due
 * and has passed, one that comes later is held, one at a time.
 */
export class Sample {
  #count = 0
  /** Those that were due and could not be seen as a whole. */
  #owed = 0
  #isHolding = false
  #takesAll = false
  readonly #rule: { readonly share: Share }
  readonly #holdsAll: boolean

  /**
   * @param rule its share may change.
   * @param holdsAll all are due, and held, however many at a time.
   */
  constructor(rule: { readonly share: Share }, holdsAll = false) {
    this.#rule = rule
    this.#holdsAll = holdsAll
    this.#takesAll = holdsAll
  }

  /** Whether what is asked for now is to be held whole, however long it is; then it has to be let go of. */
  hold(): boolean {
    if (this.#holdsAll) return true
    const isWanted = this.#count < FIRST || this.#owed > 0 || this.#takesAll || this.#rule.share >= 1
    if (this.#isHolding || !isWanted) return false
    this.#isHolding = true
    return true
  }

  /** What was to be held is there, or will not come. */
  letGo(): void {
    this.#isHolding = false
  }

  /** @param isWhole whether all of it can be seen. */
  isDue(isWhole = true): boolean {
    const isDue = isTurn(this.#count++, this.#rule.share) || this.#takesAll
    if (isWhole && !isDue && this.#owed > 0) {
      this.#owed--
      return true
    }
    if (isDue && !isWhole) this.#owed++
    return isDue
  }

  /** Whether `isDue` will be true of one that can be seen as a whole. */
  get isNextDue(): boolean {
    return this.#owed > 0 || this.#takesAll || isTurn(this.#count, this.#rule.share)
  }

  /** From now on all are due. */
  takeAll(): void {
    this.#takesAll = true
  }
}
