import type { Milliseconds, Share } from '../../ground/units.ts'
import type { LoadReport } from '../../measure/report.ts'
import type { IntervalCounts } from '../counts/intervals.ts'
import type { Subject } from '../counts/watched.ts'
import { type LoadPlan, partOf, peakOf, windowOf } from '../plan/load-plan.ts'
import { Ledger } from '../thread/ledger.ts'
import { LastReportedFigures } from './last-reported-figures.ts'
import { lostBefore } from './lost-host-messages.ts'
import type { Outcome } from './outcome.ts'

/** A host that was lost in a run of several. */
export interface LostHost {
  host: string
  /** What it was lost by, without its name and a full stop: `it was not heard for 3 s`. */
  why: string
  /** When, from the start of the run; below 0 before it. */
  at: Milliseconds
  /** Threads of all that it had. */
  share: Share
  /**
   * Arrivals of the measured window of which it is not known what became, at the most; absent where that has no bound:
   * in a closed model, where no host told of the whole window, and where inputs were used up.
   */
  missing?: number
}

/** What is known of a run when it has ended. */
interface Ran {
  /** Its plan, as it was settled. */
  load: LoadPlan
  measured: Milliseconds
  /** Whether a thread ended because it had no more inputs: another one might have gone on. */
  isUsedUp: boolean
}

/** An arrival may be counted so much after it was due. */
const COUNTED_WITHIN: Milliseconds = 1
/** Arrivals at random are not more than so many standard deviations above those that are due. */
const DEVIATIONS = 5

/** Which hosts of a run were lost. The run goes on as long as others are there: their share of it is a figure still. */
export class LostHosts {
  readonly #plan: Pick<LoadPlan, 'threads' | 'kind'>
  readonly #lost = new Map<string, { at: Milliseconds; why: string; threads: Set<number> }>()
  readonly #told: LastReportedFigures | undefined

  /**
   * @param plan of the whole run.
   * @param subjects what threads of hosts that may be lost tell of.
   */
  constructor(plan: Pick<LoadPlan, 'threads' | 'kind'>, subjects?: readonly Subject[]) {
    this.#plan = plan
    this.#told = subjects && new LastReportedFigures(subjects)
  }

  /**
   * Notes a thread that was lost with its host; returns how the run has to end, if it has. Before it is known when the
   * load begins it is waited for what others have to say; from then on none begins without a host.
   *
   * @param now time from the start of the run; undefined before that is known.
   * @param silence how long the host had not been heard by then: it was lost with its last word.
   */
  lose(
    host: string,
    thread: number,
    why: string,
    now: Milliseconds | undefined,
    silence: Milliseconds = 0,
  ): Parameters<Outcome['end']> | undefined {
    const at = now === undefined ? -1 : now > 0 ? Math.max(0, now - silence) : now
    const known = this.#lost.get(host) ?? { at, why, threads: new Set<number>() }
    known.threads.add(thread)
    this.#told?.close(thread)
    this.#lost.set(host, known)
    if (now === undefined) return undefined
    if (now < 0) return ['not run', lostBefore(this.hosts())]
    if (this.#gone.size === this.#plan.threads) return ['cut short', 'no host is left']
    // A rate is that of all hosts: without one, none that is tried is what it says.
    return this.#plan.kind === 'capacity' ? ['cut short', `host ${host} was lost`] : undefined
  }

  /** What a thread tells second by second. */
  told(thread: number, counts: IntervalCounts): void {
    this.#told?.add(thread, counts)
  }

  /** What threads of lost hosts had told of the measured window. */
  figures(): Partial<LoadReport>[] {
    return this.#told?.of([...this.#gone]) ?? []
  }

  /** Books of all threads; those of lost hosts as they were when they told the rest. */
  books(all: readonly Ledger[]): readonly Ledger[] {
    const gone = this.#gone
    return all.map((ledger, thread) => (gone.has(thread) ? (this.#told?.books(thread) ?? new Ledger()) : ledger))
  }

  get names(): string[] {
    return [...this.#lost.keys()]
  }

  get isAny(): boolean {
    return this.#lost.size > 0
  }

  /**
   * Hosts that were lost, in the order of their loss.
   *
   * @param books those of all threads.
   * @param ran the run, once it has ended.
   */
  hosts(books: readonly Ledger[] = [], ran?: Ran): LostHost[] {
    const gone = this.#gone
    const whole = books.filter((_, thread) => !gone.has(thread)).map(ledger => ledger.measured().due)
    const isBounded = ran !== undefined && ran.load.model === 'open' && !ran.isUsedUp && whole.length > 0
    return [...this.#lost].map(([host, { at, why, threads }]) => {
      const lost = { host, why, at, share: threads.size / this.#plan.threads }
      if (!isBounded) return lost
      const missing = [...threads].map(thread => this.#missingOf(thread, books[thread]!, Math.max(...whole), ran))
      return { ...lost, missing: missing.reduce((sum, one) => sum + one, 0) }
    })
  }

  /**
   * Arrivals of a lost thread of which it is not known what became, at the most: those that it had in hand, and those
   * that it would have had from its last word on.
   *
   * @param most arrivals of the thread that is there and had most.
   */
  #missingOf(thread: number, books: Ledger, most: number, { load, measured }: Ran): number {
    const { due, aborted } = books.measured()
    const curve = 'curve' in load ? load.curve : []
    const edges = Math.ceil((2 * COUNTED_WITHIN * peakOf(curve)) / 1_000 / load.threads)
    // Arrivals are dealt to threads in turns: none has more than one above another, but for those at the edges.
    const dealt = most + 1 + edges - Math.min(due, most)
    if (load.kind !== 'rps') return dealt + aborted
    // Iterations of another thread may have had more requests, and so have been fewer. Each has one at least.
    const { from } = windowOf(load)
    const left = partOf(curve, from + (this.#told?.measured(thread) ?? 0), from + measured)
    const requests = left.reduce((sum, ramp) => sum + ((ramp.from + ramp.to) / 2_000) * ramp.length, 0) / load.threads
    const more = load.arrivals === 'poisson' ? DEVIATIONS * Math.sqrt(requests) : 0
    return Math.max(dealt, Math.ceil(requests + more) + 1 + edges) + aborted
  }

  get #gone(): Set<number> {
    return new Set([...this.#lost.values()].flatMap(({ threads }) => [...threads]))
  }
}
