import type { Milliseconds, Share } from '../../ground/units.ts'
import type { LoadReport } from '../../measure/report.ts'
import type { IntervalCounts } from '../counts/intervals.ts'
import type { Subject } from '../counts/watched.ts'
import type { LoadPlan } from '../plan/load-plan.ts'
import { Ledger } from '../thread/ledger.ts'
import { ToldFigures } from './told-figures.ts'
import { lostBefore } from './lost-words.ts'
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
   * in a closed model, and where no host told of the whole window.
   */
  missing?: number
}

/** Which hosts of a run were lost. The run goes on as long as others are there: their share of it is a figure still. */
export class LostHosts {
  readonly #plan: Pick<LoadPlan, 'threads' | 'kind'>
  readonly #lost = new Map<string, { at: Milliseconds; why: string; threads: Set<number> }>()
  readonly #told: ToldFigures | undefined

  /**
   * @param plan of the whole run.
   * @param subjects what threads of hosts that may be lost tell of.
   */
  constructor(plan: Pick<LoadPlan, 'threads' | 'kind'>, subjects?: readonly Subject[]) {
    this.#plan = plan
    this.#told = subjects && new ToldFigures(subjects)
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
  figures(model: LoadReport['model']): Partial<LoadReport>[] {
    return this.#told?.of([...this.#gone], model) ?? []
  }

  /** Books of all threads; those of lost hosts as they were when they told the rest. */
  books(all: readonly Ledger[]): readonly Ledger[] {
    const gone = this.#gone
    return all.map((ledger, thread) => (gone.has(thread) ? (this.#told?.books(thread) ?? new Ledger()) : ledger))
  }

  get isAny(): boolean {
    return this.#lost.size > 0
  }

  /**
   * Hosts that were lost, in the order of their loss.
   *
   * @param books those of all threads.
   * @param model of the load.
   */
  hosts(books: readonly Ledger[] = [], model?: LoadReport['model']): LostHost[] {
    const gone = this.#gone
    const whole = books.filter((_, thread) => !gone.has(thread)).map(ledger => ledger.measured().due)
    // Arrivals are dealt to threads in turns: none has more than one above another.
    const most = model === 'open' && whole.length > 0 ? Math.max(...whole) + 1 : undefined
    return [...this.#lost].map(([host, { at, why, threads }]) => {
      const lost = { host, why, at, share: threads.size / this.#plan.threads }
      if (most === undefined) return lost
      const known = [...threads].map(thread => books[thread]!.measured())
      const missing = known.reduce((sum, { due, aborted }) => sum + most - Math.min(due, most) + aborted, 0)
      return { ...lost, missing }
    })
  }

  get #gone(): Set<number> {
    return new Set([...this.#lost.values()].flatMap(({ threads }) => [...threads]))
  }
}
