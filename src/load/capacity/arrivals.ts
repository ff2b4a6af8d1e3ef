import type { Milliseconds } from '../../ground/units.ts'
import { type Arrivals, evenly, RequestArrivals, randomly, type ThreadShare } from '../pace/arrivals.ts'
import { rampsPacer } from '../pace/pacer.ts'
import type { CapacityPlan } from '../plan/capacity.ts'
import { hold } from '../plan/curve.ts'
import type { SharedSchedule } from './schedule.ts'

/** A stretch has no end of its own. */
const LONG: Milliseconds = 1e9

/** The arrivals of one thread by the schedule of a search, as far as that is known. */
export class ScheduledArrivals implements Arrivals {
  readonly #plan: Pick<CapacityPlan, 'arrivals'> & { seed: number }
  readonly #schedule: SharedSchedule
  readonly #share: ThreadShare
  #stretch = -1
  #current: RequestArrivals | undefined
  #requestsPerRun: number
  #taken = 0

  constructor(
    plan: Pick<CapacityPlan, 'arrivals'> & { seed: number },
    schedule: SharedSchedule,
    share: ThreadShare,
    requestsPerRun: number,
  ) {
    this.#plan = plan
    this.#schedule = schedule
    this.#share = share
    this.#requestsPerRun = requestsPerRun
  }

  /** Next arrival as far as is known; asked again it may be another. */
  get next(): Milliseconds | undefined {
    for (;;) {
      const due = this.#due()
      const end = this.#schedule.startOf(this.#stretch + 1)
      if (due !== undefined && due < end) return due
      if (end === Number.POSITIVE_INFINITY) return undefined
      this.#enter(this.#stretch + 1)
    }
  }

  get number(): number {
    return this.#share.index + this.#taken * this.#share.count
  }

  take(): void {
    this.#taken++
    this.#current?.take()
  }

  learn(requests: number): void {
    this.#current?.learn(requests)
  }

  /** The schedule is followed already. */
  follow(): void {}

  #due(): Milliseconds | undefined {
    const next = this.#current?.next
    return next === undefined ? undefined : this.#schedule.startOf(this.#stretch) + next
  }

  #enter(stretch: number): void {
    this.#requestsPerRun = this.#current?.requestsPerRun ?? this.#requestsPerRun
    this.#stretch = stretch
    const { arrivals, seed } = this.#plan
    // Each stretch has gaps of its own, the same in all threads.
    const spacing = arrivals === 'poisson' ? randomly(seed, stretch) : evenly
    const pacer = rampsPacer([hold(this.#schedule.rateOf(stretch), LONG)])
    this.#current = new RequestArrivals(pacer, this.#share, spacing, this.#requestsPerRun)
  }
}
