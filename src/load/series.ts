import type { Interval } from '../measure/report.ts'
import { addCounts, emptyCounts, type IntervalCounts, intervalOf } from './intervals.ts'

type Target = Interval['target']

/** Joins the intervals of all threads: one is complete when every thread that is still there has told of it. */
export class Series {
  readonly intervals: Interval[] = []
  /** By start, which is the same in all threads. */
  readonly #open = new Map<number, { sum: IntervalCounts; from: Set<number>; target?: Target }>()
  readonly #threads: Set<number>
  readonly #target: () => Target
  readonly #onInterval: (interval: Interval) => void

  /** @param target what the application uses at the moment. */
  constructor(threads: number, target: () => Target, onInterval: (interval: Interval) => void) {
    this.#threads = new Set(Array.from({ length: threads }, (_, thread) => thread))
    this.#target = target
    this.#onInterval = onInterval
  }

  add(thread: number, counts: IntervalCounts): void {
    let open = this.#open.get(counts.start)
    if (open === undefined) {
      open = { sum: emptyCounts(counts.start, counts.phase), from: new Set(), target: this.#target() }
      this.#open.set(counts.start, open)
    }
    addCounts(open.sum, counts)
    open.from.add(thread)
    this.#closeComplete()
  }

  /** The thread tells no more. */
  end(thread: number): void {
    this.#threads.delete(thread)
    this.#closeComplete()
  }

  #closeComplete(): void {
    for (const [start, { sum, from, target }] of [...this.#open].sort(([a], [b]) => a - b)) {
      for (const thread of this.#threads) if (!from.has(thread)) return
      this.#open.delete(start)
      const interval = { ...intervalOf(sum), ...(target && { target }) }
      this.intervals.push(interval)
      this.#onInterval(interval)
    }
  }
}
