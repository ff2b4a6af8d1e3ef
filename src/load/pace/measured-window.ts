import type { Milliseconds } from '../../ground/units.ts'
import { type LoadPlan, settledAt, windowOf } from '../plan/load-plan.ts'
import type { SharedWarmUp } from '../warm-up/shared-warm-up.ts'

/**
 * Where the measured window lies, for one thread. It is the plan's, unless the warm-up lasts until the load is steady:
 * then it is open at first, and begins for all threads where the warm-up they share has ended; or it is that of a
 * search, which says where it will be before it begins.
 */
export class MeasuredWindow {
  /** Time from which on the window may have begun. */
  #from: Milliseconds
  #to: Milliseconds
  #plan: LoadPlan
  #isOpen: boolean
  readonly #warmUp: SharedWarmUp | undefined
  readonly #search: { readonly from: Milliseconds } | undefined

  /** @param search where its window will begin; infinitely far as long as it goes on. */
  constructor(plan: LoadPlan, warmUp?: SharedWarmUp, search?: { readonly from: Milliseconds }) {
    const { from, to } = windowOf(plan)
    this.#plan = plan
    this.#warmUp = warmUp
    this.#search = search
    this.#isOpen = warmUp !== undefined || search !== undefined
    this.#from = search !== undefined ? Number.POSITIVE_INFINITY : this.#isOpen ? 0 : from
    this.#to = this.#isOpen ? Number.POSITIVE_INFINITY : to
  }

  /** Plan as it is known by now. */
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

  /** Always the same result for the same moment. */
  hasBegun(at: Milliseconds): boolean {
    if (this.#isOpen && (at >= this.#from || this.#search !== undefined)) this.#look(at)
    return at >= this.#from
  }

  /** Whether a moment lies in it. */
  has(at: Milliseconds): boolean {
    return this.hasBegun(at) && at < this.#to
  }

  /** Whether it begins between two moments. Never that of a search: rates that are too high come before it. */
  isReached(from: Milliseconds, to: Milliseconds): boolean {
    return this.#search === undefined && this.hasBegun(to) && from < this.#from
  }

  /** How much of it lies before a moment; 0 as long as it is open. */
  before(at: Milliseconds): Milliseconds {
    return this.#isOpen ? 0 : Math.max(0, Math.min(at, this.#to) - this.#from)
  }

  /** The run ends before it has begun: now it never will. */
  giveUp(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#from = Number.POSITIVE_INFINITY
  }

  /** Lies from now on in another turn of a run that takes turns. */
  move({ from, to }: { from: Milliseconds; to: Milliseconds }): void {
    this.#from = from
    this.#to = to
  }

  #look(at: Milliseconds): void {
    if (this.#search !== undefined) {
      const { from } = this.#search
      if (Number.isFinite(from)) this.#settle(from)
      return
    }
    const horizon = this.#warmUp!.look(at)
    this.#from = horizon.at
    if (horizon.isFinal) this.#settle(horizon.at)
  }

  #settle(from: Milliseconds): void {
    this.#isOpen = false
    this.#from = from
    this.#plan = settledAt(this.#plan, from)
    this.#to = windowOf(this.#plan).to
  }
}
