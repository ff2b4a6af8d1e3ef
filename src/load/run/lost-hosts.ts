import type { Milliseconds, Share } from '../../ground/units.ts'
import type { LoadReport } from '../../measure/report.ts'
import type { Slice, Subject } from '../counts/watched.ts'
import { ToldFigures } from './told-figures.ts'

/** A host that was lost in a run of several. */
export interface LostHost {
  host: string
  /** When, from the start of the run; below 0 before it. */
  at: Milliseconds
  /** Threads of all that it had. */
  share: Share
}

/** Which hosts of a run were lost. The run goes on as long as others are there: their share of it is a figure still. */
export class LostHosts {
  readonly #threads: number
  readonly #lost = new Map<string, { at: Milliseconds; threads: Set<number> }>()
  readonly #told: ToldFigures | undefined

  /**
   * @param threads of the whole run.
   * @param subjects what threads of hosts that may be lost tell of.
   */
  constructor(threads: number, subjects?: readonly Subject[]) {
    this.#threads = threads
    this.#told = subjects && new ToldFigures(subjects)
  }

  /**
   * Notes a thread that was lost with its host; false when none is left, or the run had not begun.
   *
   * @param now time from the start of the run.
   * @param silence how long the host had not been heard by then: it was lost with its last word.
   */
  lose(host: string, thread: number, now: Milliseconds, silence: Milliseconds = 0): boolean {
    const at = now > 0 ? Math.max(0, now - silence) : now
    const known = this.#lost.get(host) ?? { at, threads: new Set<number>() }
    known.threads.add(thread)
    this.#lost.set(host, known)
    const all = [...this.#lost.values()].reduce((sum, { threads }) => sum + threads.size, 0)
    return now > 0 && all < this.#threads
  }

  /** What a thread tells second by second. */
  told(thread: number, slices: readonly Slice[] | undefined): void {
    this.#told?.add(thread, slices)
  }

  /** What threads of lost hosts had told of the measured window. */
  figures(model: LoadReport['model']): Partial<LoadReport>[] {
    const threads = [...this.#lost.values()].flatMap(({ threads }) => [...threads])
    return this.#told?.of(threads, model) ?? []
  }

  get hosts(): LostHost[] {
    return [...this.#lost].map(([host, { at, threads }]) => ({ host, at, share: threads.size / this.#threads }))
  }
}
