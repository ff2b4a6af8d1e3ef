import { given } from '../../ground/given.ts'
import type { LoadReport } from '../../measure/report.ts'
import type { Slice, Subject } from '../counts/watched.ts'
import { PartialFigures } from './partial-figures.ts'

/**
 * What threads have told second by second, which is all that is known of one that is lost with its host. Latencies and
 * errors are those of the measured window, to the last whole second that it told of.
 */
export class ToldFigures {
  readonly #subjects: readonly Subject[]
  readonly #threads = new Map<number, PartialFigures>()

  constructor(subjects: readonly Subject[]) {
    this.#subjects = subjects
  }

  add(thread: number, slices: readonly Slice[] | undefined): void {
    const told = this.#threads.get(thread) ?? new PartialFigures(this.#subjects)
    this.#threads.set(thread, told)
    told.addLate(slices)
  }

  /** Figures of these threads. In an open model no service time of iterations is told. */
  of(threads: readonly number[], model: LoadReport['model']): Partial<LoadReport>[] {
    return threads.flatMap(thread => {
      const told = this.#threads.get(thread)?.figures()
      if (told === undefined) return []
      const { responseTime, steps } = told
      return [given({ responseTime, steps, serviceTime: model === 'closed' ? responseTime : undefined })]
    })
  }
}
