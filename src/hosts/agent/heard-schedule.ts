import type { Milliseconds } from '../../ground/units.ts'
import { SharedSchedule } from '../../load/capacity/books.ts'

/** Schedule of a search in an agent, with the times at which its stretches arrived. */
export class HeardSchedule {
  readonly #schedule: SharedSchedule
  #known: number

  /** @param memory everything in it arrived in time. */
  constructor(memory: SharedArrayBuffer) {
    this.#schedule = new SharedSchedule(memory)
    this.#known = this.#schedule.length
  }

  /** Stretches that arrived late since the last call: their start, and by how much. */
  late(now: Milliseconds): { start: Milliseconds; by: Milliseconds }[] {
    const late: { start: Milliseconds; by: Milliseconds }[] = []
    for (; this.#known < this.#schedule.length; this.#known++) {
      const start = this.#schedule.startOf(this.#known)
      if (start < now) late.push({ start, by: now - start })
    }
    return late
  }
}
