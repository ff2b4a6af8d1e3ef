/** A sum of the same figures in another order is as good as equal. */
const SAME = 1 - 1e-9

/**
 * A counter that rises, and begins anew if what it counts is started again; or it is a sum, of which a part has ended.
 */
export class Rising {
  #last = 0
  #lost = 0

  /** Values between which it fell; undefined if it did not fall. */
  fall(value: number): { from: number; to: number } | undefined {
    return value < this.#last * SAME ? { from: this.#last, to: value } : undefined
  }

  /** Its sum from the beginning on. Of a fall no more is counted than certain: it adds nothing. */
  sum(value: number): number {
    this.#lost += Math.max(0, this.#last - value)
    this.#last = value
    return this.#lost + value
  }
}
