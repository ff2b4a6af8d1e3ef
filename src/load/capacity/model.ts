import type { Milliseconds } from '../../ground/units.ts'
import { type Arrivals, evenly, RequestArrivals, rampsPacer, randomly, type ThreadShare } from '../pace/arrivals.ts'
import type { Model, ModelHost, Slot } from '../pace/model.ts'
import { OpenModel } from '../pace/open-model.ts'
import type { CapacityPlan } from '../plan/load-plan.ts'
import { hold } from '../plan/load-plan.ts'
import type { ProbeBook, SharedSchedule, Strain } from './books.ts'

/** How often a thread looks for new stretches; they are added earlier than that before they begin. */
const LOOK: Milliseconds = 20
/** How often it writes down how it fares. */
const STRAIN: Milliseconds = 100

/** State that a thread of a search shares with the steering code. */
export interface SharedSearch {
  schedule: SharedSchedule
  book: ProbeBook
  /** How the thread fares; absent in virtual time. */
  strain?: { mark(): void; read(): Strain; stop(): void }
}

/** Open arrivals at rates that are decided while they go on. */
export class CapacityModel implements Model {
  readonly #arrivals: ScheduledArrivals
  readonly #open: OpenModel
  readonly #search: SharedSearch
  #probe = -1
  #strainAt: Milliseconds = 0

  constructor(host: ModelHost, plan: CapacityPlan & { seed: number }, search: SharedSearch, requestsPerRun: number) {
    const { schedule } = search
    this.#search = search
    this.#arrivals = new ScheduledArrivals(plan, schedule, host.share, requestsPerRun)
    this.#open = new OpenModel(host, this.#arrivals, due => schedule.startOf(schedule.at(due) + 1))
  }

  get exhausted(): boolean {
    return this.#search.schedule.isOver
  }

  work(now: Milliseconds): Milliseconds {
    this.#note(now)
    const next = this.#open.work(now)
    return Math.min(now + LOOK, next ?? Number.POSITIVE_INFINITY)
  }

  freed(slot: Slot, now: Milliseconds): boolean {
    return this.#open.freed(slot, now)
  }

  /** The schedule contains the measured window, too. */
  replan(): void {}

  close(): void {
    this.#search.strain?.stop()
    this.#open.close()
  }

  /** Strain is that of a probe from its beginning on. */
  #note(now: Milliseconds): void {
    const { schedule, book, strain } = this.#search
    if (strain === undefined) return
    const probe = schedule.probeAt(now)
    if (probe !== this.#probe) {
      this.#probe = probe
      strain.mark()
      this.#strainAt = now + STRAIN
    } else if (probe >= 0 && now >= this.#strainAt) {
      this.#strainAt = now + STRAIN
      book.strain(now, strain.read())
    }
  }
}

/** A stretch has no end of its own. */
const LONG: Milliseconds = 1e9

/** The arrivals of one thread by the schedule of a search, as far as that is known. */
class ScheduledArrivals implements Arrivals {
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
