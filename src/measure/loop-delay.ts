import type { Milliseconds } from '../ground/units.ts'
import { type Clock, realClock } from './clock.ts'
import { LatencyRecorder } from './histogram.ts'
import type { LoopDelay } from './report/thread.ts'

/** Timers count in whole milliseconds: less than that is not late. */
const GRAIN: Milliseconds = 1

/**
 * How long a response that comes in at a random moment waits until its thread gets to it: because of what the thread is
 * busy with, because other programs have the cores, or because it stands still. A timer every 20 ms asks; what is late
 * by more than that stands for all the timers that would have been due meanwhile, so that a second of stillness counts
 * as a second.
 */
export class LoopDelayWatch {
  readonly #clock: Clock
  readonly #interval: Milliseconds
  readonly #delays = new LatencyRecorder()
  #callOff = () => {}
  #due: Milliseconds = 0

  constructor(clock: Clock = realClock, interval: Milliseconds = 20) {
    this.#clock = clock
    this.#interval = interval
    this.#wait()
  }

  /** The measured window begins: what was seen before is forgotten. */
  mark(): void {
    this.#delays.reset()
  }

  stop(): LoopDelay {
    this.#callOff()
    this.#record()
    const { p50, p99, max } = this.#delays.summary()
    return { p50, p99, longest: max }
  }

  #wait(): void {
    this.#due = this.#clock.now() + this.#interval
    this.#callOff = this.#clock.after(this.#interval, () => {
      this.#record()
      this.#wait()
    })
  }

  #record(): void {
    const late = this.#clock.now() - this.#due
    if (late < 0) return
    this.#delays.record(late <= GRAIN ? 0 : late)
    for (let left = late - this.#interval; left > 0; left -= this.#interval) this.#delays.record(left)
  }
}
