import type { Milliseconds } from '../ground/units.ts'

const MOST = 50

/** The first 50 requests of a run. Its memory is used again by the next run. */
export class AttemptTimes {
  /** Four numbers of each: step, when it was sent and ended, and status, 0 without one. Older ones may follow. */
  readonly values: number[] = []
  count = 0

  add(step: number, sent: Milliseconds, ended: Milliseconds, status = 0): void {
    if (this.count === MOST) return
    const from = 4 * this.count++
    this.values[from] = step
    this.values[from + 1] = sent
    this.values[from + 2] = ended
    this.values[from + 3] = status
  }
}
