import type { Milliseconds } from '../../ground/units.ts'
import type { ErrorGroup, LoadReport } from '../../measure/report.ts'
import type { IntervalCounts } from '../counts/intervals.ts'
import type { Slice, Subject } from '../counts/watched.ts'
import { Ledger } from '../thread/ledger.ts'
import { PartialFigures } from './partial-figures.ts'

/** Slices are added up only where a host is lost, or there are more of a thread than this. */
const MOST_SLICES = 300

interface Told {
  /** Undefined until some are added up. */
  figures: PartialFigures | undefined
  /** Slices that are not among the figures yet. */
  slices: (readonly Slice[])[]
  books: Ledger
  measured: Milliseconds
  errors: ErrorGroup[]
}

/**
 * Figures that threads reported second by second, for threads that are lost with their host: counters, latencies and
 * failures up to the last whole second.
 */
export class LastReportedFigures {
  readonly #subjects: readonly Subject[]
  readonly #threads = new Map<number, Told>()

  constructor(subjects: readonly Subject[]) {
    this.#subjects = subjects
  }

  add(thread: number, { watched, books }: IntervalCounts): void {
    if (books === undefined || !Number.isFinite(books.measured)) throw new RangeError('it does not say its books')
    const before = this.#threads.get(thread)
    const { ledger, measured, errors = before?.errors ?? [] } = books
    const { figures, slices = [] }: Partial<Told> = before ?? {}
    const told: Told = { figures, slices, books: Ledger.of(ledger), measured, errors }
    if (watched) slices.push(watched)
    if (slices.length >= MOST_SLICES) this.#addUp(told)
    this.#threads.set(thread, told)
  }

  /** A thread reports no more, and its figures are completed. Unreadable figures count as none. */
  close(thread: number): void {
    const told = this.#threads.get(thread)
    try {
      if (told) this.#addUp(told)
      told?.books.settleAsTold()
    } catch {
      this.#threads.delete(thread)
    }
  }

  /** Balanced ledger of a closed thread; undefined if it reported no second. */
  books(thread: number): Ledger | undefined {
    return this.#threads.get(thread)?.books
  }

  /** Part of the measured window that a thread has reported. */
  measured(thread: number): Milliseconds {
    return this.#threads.get(thread)?.measured ?? 0
  }

  /** Figures of threads that were closed. */
  of(threads: readonly number[]): Partial<LoadReport>[] {
    return threads.flatMap(thread => {
      const told = this.#threads.get(thread)
      if (told === undefined) return []
      const { measured, errors } = told
      const { responseTime, serviceTime, steps } = this.#addUp(told).figures()
      return [{ measured, responseTime, serviceTime, steps, errors }]
    })
  }

  #addUp(told: Told): PartialFigures {
    const figures = told.figures ?? new PartialFigures(this.#subjects)
    told.figures = figures
    for (const slices of told.slices.splice(0)) figures.addLate(slices)
    return figures
  }
}
