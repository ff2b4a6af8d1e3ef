import type { Interval } from '../../measure/report.ts'
import { addCounts, emptyCounts, type IntervalCounts, intervalOf } from '../counts/intervals.ts'
import { StepSeconds } from '../counts/response-counts.ts'
import type { Slice } from '../counts/watched.ts'

type Used = Pick<Interval, 'target' | 'targets'>

interface Open {
  sum: IntervalCounts
  steps: StepSeconds
  from: Set<number>
  used: Used
  limit: number | undefined
}

/** Joins the intervals of all threads: one is complete when every remaining thread has reported it. */
export class Series {
  readonly intervals: Interval[] = []
  /** Intervals by start, which is the same in all threads. */
  readonly #open = new Map<number, Open>()
  readonly #threads: Set<number>
  readonly #used: () => Used
  readonly #onInterval: (interval: Interval, watched: Slice[] | undefined) => void
  readonly #limit: () => number | undefined

  /**
   * @param used what the application and other targets use at the moment.
   * @param limit users allowed at the moment, in adaptive runs.
   */
  constructor(
    threads: number,
    used: () => Used,
    onInterval: (interval: Interval, watched: Slice[] | undefined) => void,
    limit: () => number | undefined = () => undefined,
  ) {
    this.#threads = new Set(Array.from({ length: threads }, (_, thread) => thread))
    this.#used = used
    this.#onInterval = onInterval
    this.#limit = limit
  }

  add(thread: number, counts: IntervalCounts): void {
    let open = this.#open.get(counts.start)
    if (open === undefined) {
      const sum = emptyCounts(counts.start, counts.phase)
      open = { sum, steps: new StepSeconds(), from: new Set(), used: this.#used(), limit: this.#limit() }
      this.#open.set(counts.start, open)
    }
    addCounts(open.sum, counts)
    open.steps.add(counts.responses)
    open.from.add(thread)
    this.#closeComplete()
  }

  /** The thread tells no more. */
  end(thread: number): void {
    this.#threads.delete(thread)
    this.#closeComplete()
  }

  #closeComplete(): void {
    for (const [start, { sum, steps, from, used, limit }] of [...this.#open].sort(([a], [b]) => a - b)) {
      for (const thread of this.#threads) if (!from.has(thread)) return
      this.#open.delete(start)
      const interval: Interval = { ...intervalOf(sum), ...steps.figures, ...used, limit }
      this.intervals.push(interval)
      this.#onInterval(interval, sum.watched)
    }
  }
}
