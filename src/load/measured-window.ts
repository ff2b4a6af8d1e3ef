import type { Milliseconds } from '../units.ts'
import type { LoadPlan } from './load-plan.ts'
import { settledAt, windowOf } from './load-plan.ts'
import type { SharedWarmUp } from './warm-up/shared-warm-up.ts'

/**
 * Where the measured window lies, for one thread. It is the plan's, unless the warm-up lasts until the load is steady: then it
 * is open at first, and begins for all threads where the warm-up they share has ended.
 */
export class MeasuredWindow {
  /** From when on the window may have begun. */
  #from: Milliseconds
  #to: Milliseconds
  #plan: LoadPlan
  #isOpen: boolean
  readonly #warmUp: SharedWarmUp | undefined

  constructor(plan: LoadPlan, warmUp?: SharedWarmUp) {
    const { from, to } = windowOf(plan)
    this.#plan = plan
    this.#warmUp = warmUp
    this.#isOpen = warmUp !== undefined
    this.#from = warmUp === undefined ? from : 0
    this.#to = warmUp === undefined ? to : Number.POSITIVE_INFINITY
  }

  /** As it is known by now. */
  get plan(): LoadPlan {
    return this.#plan
  }

  /** It is not known yet where it begins, but not before `from`. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  get from(): Milliseconds {
    return this.#from
  }

  /** Infinite as long as it is open. */
  get to(): Milliseconds {
    return this.#to
  }

  /** Always the same answer for the same moment. */
  hasBegun(at: Milliseconds): boolean {
    if (at < this.#from) return false
    if (this.#isOpen) this.#look(at)
    return at >= this.#from
  }

  /** Whether a moment lies in it. */
  has(at: Milliseconds): boolean {
    return this.hasBegun(at) && at < this.#to
  }

  /** The run ends before it has begun: now it never will. */
  giveUp(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#from = Number.POSITIVE_INFINITY
  }

  #look(at: Milliseconds): void {
    const horizon = this.#warmUp!.look(at)
    this.#from = horizon.at
    if (!horizon.isFinal) return
    this.#isOpen = false
    this.#plan = settledAt(this.#plan, horizon.at)
    this.#to = windowOf(this.#plan).to
  }
}
