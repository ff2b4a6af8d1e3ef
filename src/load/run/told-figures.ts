import { given } from '../../ground/given.ts'
import type { Milliseconds } from '../../ground/units.ts'
import type { ErrorGroup, LoadReport } from '../../measure/report.ts'
import type { IntervalCounts } from '../counts/intervals.ts'
import type { Subject } from '../counts/watched.ts'
import { Ledger } from '../thread/ledger.ts'
import { PartialFigures } from './partial-figures.ts'

interface Told {
  figures: PartialFigures
  books: Ledger
  measured: Milliseconds
  errors: ErrorGroup[]
}

/**
 * What threads have told second by second, which is all that is known of one that is lost with its host: books,
 * latencies and failures of one moment, the last whole second that it told of.
 */
export class ToldFigures {
  readonly #subjects: readonly Subject[]
  readonly #threads = new Map<number, Told>()

  constructor(subjects: readonly Subject[]) {
    this.#subjects = subjects
  }

  add(thread: number, { watched, books }: IntervalCounts): void {
    if (books === undefined || !Number.isFinite(books.measured)) throw new RangeError('it does not say its books')
    const before = this.#threads.get(thread)
    const { ledger, measured, errors = before?.errors ?? [] } = books
    const told = Ledger.of(ledger)
    const figures = before?.figures ?? new PartialFigures(this.#subjects)
    figures.addLate(watched)
    this.#threads.set(thread, { figures, books: told, measured, errors })
  }

  /** Balanced books of a thread; undefined where it told of no second. */
  books(thread: number): Ledger | undefined {
    const books = this.#threads.get(thread)?.books
    books?.settleAsTold()
    return books
  }

  /** How much of the measured window a thread has told of. */
  measured(thread: number): Milliseconds {
    return this.#threads.get(thread)?.measured ?? 0
  }

  /** Figures of these threads. In an open model no service time of iterations is told. */
  of(threads: readonly number[], model: LoadReport['model']): Partial<LoadReport>[] {
    return threads.flatMap(thread => {
      const told = this.#threads.get(thread)
      if (told === undefined) return []
      const { measured, errors } = told
      const { responseTime, steps } = told.figures.figures()
      const serviceTime = model === 'closed' ? responseTime : undefined
      return [given({ measured, responseTime, steps, errors, serviceTime })]
    })
  }
}
