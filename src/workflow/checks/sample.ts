/** How many are looked at in any case, and which share of those that follow. */
const FIRST = 10
const SHARE = 0.01

/** Golden ratio, in 32 bits: its multiples fall evenly and repeat no pattern of the caller's. */
const STEP = 0x9e3779b9

/** Tells which of many to look at: the first ten, then one in a hundred. */
export class Sample {
  #count = 0

  isDue(): boolean {
    const count = this.#count++
    return count < FIRST || Math.imul(count, STEP) >>> 0 < SHARE * 2 ** 32
  }
}
