import type { Milliseconds, Share } from '../../ground/units.ts'
import type { ErrorGroup, LoadReport } from '../../measure/report.ts'
import type { IntervalCounts } from '../counts/intervals.ts'
import type { Slice, Subject } from '../counts/watched.ts'
import { type LoadPlan, partOf, peakOf, windowOf } from '../plan/load-plan.ts'
import { Ledger } from '../thread/ledger.ts'
import { PartialFigures } from './budget-watch.ts'
import { lostBefore } from './lost-host-messages.ts'
import type { EndReason } from './report-of.ts'

/** A host that was lost in a run of several. */
export interface LostHost {
  host: string
  /** Reason of the loss, without its name and a full stop: `it sent no message for 3 s`. */
  why: string
  /** When, from the start of the run; below 0 before it. */
  at: Milliseconds
  /** Threads of all that it had. */
  share: Share
  /**
   * Maximum number of arrivals of the measured window with an unknown result. Absent if it has no bound: in a closed
   * model, if no host reported the whole window, and if inputs were used up.
   */
  missing?: number
}

/** Properties of a completed run. */
interface Ran {
  /** Its plan, as it was settled. */
  load: LoadPlan
  measured: Milliseconds
  /** Whether a thread ended because it had no more inputs: another one might have gone on. */
  isUsedUp: boolean
}

/** An arrival may be counted so much after it was due. */
const COUNTED_WITHIN: Milliseconds = 1

/** Slices are added up only where a host is lost, or there are more of a thread than this. */
const MOST_SLICES = 300

/** Figures that a thread reported second by second: counters, latencies and failures up to the last whole second. */
interface Told {
  /** Undefined until some are added up. */
  figures: PartialFigures | undefined
  /** Slices that are not among the figures yet. */
  slices: (readonly Slice[])[]
  books: Ledger
  measured: Milliseconds
  errors: ErrorGroup[]
}

/** Lost hosts of a run. The run continues while others remain: their share of it is still a figure. */
export class LostHosts {
  readonly #plan: Pick<LoadPlan, 'threads' | 'kind'>
  readonly #subjects: readonly Subject[] | undefined
  readonly #lost = new Map<string, { at: Milliseconds; why: string; threads: Set<number> }>()
  readonly #told = new Map<number, Told>()

  /**
   * @param plan of the whole run.
   * @param subjects subjects that threads of other hosts report.
   */
  constructor(plan: Pick<LoadPlan, 'threads' | 'kind'>, subjects?: readonly Subject[]) {
    this.#plan = plan
    this.#subjects = subjects
  }

  /**
   * Records a thread that was lost with its host. Returns how the run has to end, if it has to. Before the start of the
   * load is known, other hosts are waited for; from then on the load does not begin without a host.
   *
   * @param now time from the start of the run; undefined before that is known.
   * @param silence time since the last message of the host.
   */
  lose(
    host: string,
    thread: number,
    why: string,
    now: Milliseconds | undefined,
    silence: Milliseconds = 0,
  ): EndReason | undefined {
    const at = now === undefined ? -1 : now > 0 ? Math.max(0, now - silence) : now
    const known = this.#lost.get(host) ?? { at, why, threads: new Set<number>() }
    known.threads.add(thread)
    this.#close(thread)
    this.#lost.set(host, known)
    if (now === undefined) return undefined
    if (now < 0) return ['not run', lostBefore(this.hosts())]
    if (this.#gone.size === this.#plan.threads) return ['cut short', 'no host is left']
    // A rate is that of all hosts: without one, none that is tried is what it says.
    return this.#plan.kind === 'capacity' ? ['cut short', `host ${host} was lost`] : undefined
  }

  /** Figures that a thread reports second by second. */
  told(thread: number, { watched, books }: IntervalCounts): void {
    if (this.#subjects === undefined) return
    if (books === undefined || !Number.isFinite(books.measured)) throw new RangeError('it does not say its books')
    const before = this.#told.get(thread)
    const { ledger, measured, errors = before?.errors ?? [] } = books
    const { figures, slices = [] }: Partial<Told> = before ?? {}
    const told: Told = { figures, slices, books: Ledger.of(ledger), measured, errors }
    if (watched) slices.push(watched)
    if (slices.length >= MOST_SLICES) this.#addUp(told)
    this.#told.set(thread, told)
  }

  /** Figures that threads of lost hosts reported for the measured window. */
  figures(): Partial<LoadReport>[] {
    return [...this.#gone].flatMap(thread => {
      const told = this.#told.get(thread)
      if (told === undefined) return []
      const { measured, errors } = told
      const { responseTime, serviceTime, steps } = this.#addUp(told).figures()
      return [{ measured, responseTime, serviceTime, steps, errors }]
    })
  }

  /** Ledgers of all threads; those of lost hosts as last reported, and balanced. */
  books(all: readonly Ledger[]): readonly Ledger[] {
    const gone = this.#gone
    return all.map((ledger, thread) => (gone.has(thread) ? (this.#told.get(thread)?.books ?? new Ledger()) : ledger))
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
   * Maximum number of arrivals of a lost thread with an unknown result: those in progress, and those due since its last
   * message.
   *
   * @param most arrivals of the remaining thread with the most.
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
    const left = partOf(curve, from + (this.#told.get(thread)?.measured ?? 0), from + measured)
    const requests = left.reduce((sum, ramp) => sum + ((ramp.from + ramp.to) / 2_000) * ramp.length, 0) / load.threads
    return Math.max(dealt, Math.ceil(requests) + 1 + edges) + aborted
  }

  get #gone(): Set<number> {
    return new Set([...this.#lost.values()].flatMap(({ threads }) => [...threads]))
  }

  /** A thread reports no more, and its figures are completed. Unreadable figures count as none. */
  #close(thread: number): void {
    const told = this.#told.get(thread)
    try {
      if (told) this.#addUp(told)
      told?.books.settleAsTold()
    } catch {
      this.#told.delete(thread)
    }
  }

  #addUp(told: Told): PartialFigures {
    const figures = told.figures ?? new PartialFigures(this.#subjects ?? [])
    told.figures = figures
    for (const slices of told.slices.splice(0)) figures.addLate(slices)
    return figures
  }
}
