import type { Milliseconds } from '../../ground/units.ts'
import { SharedSchedule } from '../../load/capacity/books.ts'

/** The schedule of a search as an agent hears of it. */
export class HeardSchedule {
  readonly #schedule: SharedSchedule
  #known: number

  /** @param memory all that it holds was heard of in time. */
  constructor(memory: SharedArrayBuffer) {
    this.#schedule = new SharedSchedule(memory)
    this.#known = this.#schedule.length
  }

  /** Stretches that were heard of since this was last asked, and had begun by then: when, and for how long. */
  late(now: Milliseconds): { start: Milliseconds; by: Milliseconds }[] {
    const late: { start: Milliseconds; by: Milliseconds }[] = []
    for (; this.#known < this.#schedule.length; this.#known++) {
      const start = this.#schedule.startOf(this.#known)
      if (start < now) late.push({ start, by: now - start })
    }
    return late
  }
}
