import type { Milliseconds } from '../../ground/units.ts'
import type { Model, ModelHost } from '../pace/model.ts'
import { OpenModel } from '../pace/open-model.ts'
import type { Slot } from '../pace/slot.ts'
import type { CapacityPlan } from '../plan/capacity.ts'
import { ScheduledArrivals } from './arrivals.ts'
import type { ProbeBook, Strain } from './books.ts'
import type { SharedSchedule } from './schedule.ts'

/** How often a thread looks for new stretches; they are added earlier than that before they begin. */
const LOOK: Milliseconds = 20
/** How often it writes down how it fares. */
const STRAIN: Milliseconds = 100

/** What a thread of a search shares with the one that steers it. */
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

  /** Where the measured window is, the schedule says too. */
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
