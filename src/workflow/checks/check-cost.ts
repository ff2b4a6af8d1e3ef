import type { Milliseconds, Share } from '../../ground/units.ts'

/** Share of a core that validation may take. */
const MOST: Share = 0.2
/** Share of responses that is validated in any case. */
const LEAST: Share = 0.01
const WINDOW: Milliseconds = 100
/** Measurements that the cost is worked out from: the last of them, without the longest ones, in which others ran. */
const KEPT = 16
const LEFT_OUT = 2
/** Number of first validations that are each measured; after them one in `EACH` is. */
const FIRST = 64
const EACH = 32

/** Cost of validating the responses of one step. The first one counts for nothing: its schema is compiled for it. */
export class StepCost {
  /** Cost of one response; 0 as long as it is not known. */
  mean: Milliseconds = 0
  readonly #last: Milliseconds[] = []
  #seen = 0
  #measured = 0

  /** Whether the response that is validated next is to be measured. */
  get isMeasured(): boolean {
    return this.#seen < FIRST || this.#seen % EACH === 0
  }

  /** One was validated. @param took undefined for one that was not measured. */
  add(took: Milliseconds | undefined): void {
    if (this.#seen++ === 0 || took === undefined) return
    this.#last[this.#measured++ % KEPT] = took
    const shortest = [...this.#last].sort((a, b) => a - b).slice(0, -LEFT_OUT)
    if (shortest.length > 0) this.mean = shortest.reduce((sum, one) => sum + one, 0) / shortest.length
  }
}

/**
 * Share of responses that a thread validates: all, as long as that takes less than a fifth of a core, else as many as
 * can be validated in a fifth. Looked at ten times a second.
 */
export class CheckCost {
  share: Share = 1
  #from = Number.NEGATIVE_INFINITY
  #asked: Milliseconds = 0
  /** Time a millisecond that validating all would take. */
  #load = 0

  /** A response came. @param at a clock reading. @param cost what validating it takes. */
  came(at: Milliseconds, cost: Milliseconds): void {
    this.#asked += cost
    const length = at - this.#from
    if (length < WINDOW) return
    // A long silence says nothing of the load before and after it.
    if (length < 10 * WINDOW) this.#load = (this.#load + this.#asked / length) / 2
    this.share = Math.max(LEAST, Math.min(1, MOST / this.#load))
    this.#from = at
    this.#asked = 0
  }
}
