import type { Milliseconds, PerSecond, Share } from '../../ground/units.ts'
import type { Clock } from '../../measure/clock.ts'
import type { LoadReport } from '../../measure/report.ts'
import { ProbeBooks, SharedSchedule } from '../capacity/books.ts'
import { CapacityGovernor, type Neighbours } from '../capacity/governor.ts'
import type { ProbeEvidence } from '../capacity/probe-evidence.ts'
import { capacityOf } from '../capacity/search.ts'
import { Governor } from '../limit/governor.ts'
import { SharedLimit } from '../limit/shared-limit.ts'
import type { LoadPlan } from '../plan/load-plan.ts'
import type { SharedMemory } from '../thread/shared-memory.ts'

interface SteeringOptions {
  requestsPerRun: number
  /** Iterations that are due and have not ended, of all threads. */
  pending: () => number
  /** Rates of budgets on the capacity. */
  marks: readonly PerSecond[]
}

/** Central decisions while all threads run: the limit of an adaptive load, the rates of a search. */
export class Steering {
  readonly #plan: LoadPlan
  readonly #options: SteeringOptions
  readonly #limit: SharedLimit | undefined
  readonly #search: { schedule: SharedSchedule; books: ProbeBooks } | undefined
  #governor: Governor | undefined
  #capacity: CapacityGovernor | undefined

  constructor(plan: LoadPlan, { limit, search }: Pick<SharedMemory, 'limit' | 'search'>, options: SteeringOptions) {
    this.#plan = plan
    this.#options = options
    this.#limit = limit && new SharedLimit(plan.threads, limit)
    this.#search = search && {
      schedule: new SharedSchedule(search.schedule),
      books: new ProbeBooks(plan.threads, search.books),
    }
  }

  /**
   * Must be called before threads begin.
   *
   * @param start clock reading at which the plan begins.
   * @param onWindow called with the start of a search's measured window, before it begins.
   * @param hearing delay between threads and a search. Default: that of this process.
   * @param neighbours other programs on the machine of a search, if they are watched.
   */
  begin(
    clock: Clock,
    start: Milliseconds,
    onWindow: (from: Milliseconds) => void,
    hearing: ProbeEvidence | undefined,
    neighbours: Neighbours | undefined,
  ): void {
    const plan = this.#plan
    if (plan.kind === 'capacity' && this.#search) {
      const options = { plan, ...this.#search, ...this.#options, clock, start, onWindow }
      this.#capacity = new CapacityGovernor({ ...options, hearing, neighbours })
    }
    if (plan.kind === 'adaptive' && this.#limit) this.#governor = new Governor(plan, this.#limit, clock, start)
  }

  /** The plan is over: the limit of an adaptive load changes no more. */
  endPlan(): void {
    this.#governor?.stop()
  }

  stop(): void {
    this.#governor?.stop()
    this.#capacity?.stop()
  }

  /** Users allowed at the moment, in adaptive runs. */
  readonly limit = (): number | undefined => this.#limit?.current

  /** Rate that a search tries at the moment, if any, and how far the search has come. */
  readonly search = (): { rate?: PerSecond; number?: number; done: Share } | undefined =>
    this.#capacity && { ...this.#capacity.current, done: this.#capacity.done }

  /** To be asked when the threads have ended. */
  report(): Pick<LoadReport, 'limitChanges' | 'limitSettling' | 'capacity'> {
    const plan = this.#plan
    this.#capacity?.finish()
    return {
      limitChanges: this.#governor?.changes,
      limitSettling: this.#governor?.settling,
      capacity: plan.kind === 'capacity' ? capacityOf(plan, this.#capacity?.probes ?? []) : undefined,
    }
  }
}
