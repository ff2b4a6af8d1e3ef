import { performance } from 'node:perf_hooks'
import { clearTimeout, monotonicNow, setTimeout } from '../ground/timers.ts'
import type { Milliseconds } from '../ground/units.ts'

/** Time as the engine sees it. The real one imports its timers, so that a test's fake timers do not reach it. */
export interface Clock {
  /** Monotonic, from the thread's time origin. */
  now(): Milliseconds
  /** Calls `callback` once, `delay` from now; returns how to call that off. */
  after(delay: Milliseconds, callback: () => void): () => void
  /** One timer for what is set again and again. Absent where it would cost no less than `after`: see `alarmOf`. */
  alarm?(callback: () => void): Alarm
}

/** Rings once after it was set. */
export interface Alarm {
  /** From now, instead of what was set before. */
  set(delay: Milliseconds): void
  clear(): void
}

export const alarmOf = (clock: Clock, callback: () => void): Alarm =>
  clock.alarm?.(callback) ?? new PlainAlarm(clock, callback)

class PlainAlarm implements Alarm {
  readonly #clock: Clock
  readonly #callback: () => void
  #callOff = () => {}

  constructor(clock: Clock, callback: () => void) {
    this.#clock = clock
    this.#callback = callback
  }

  set(delay: Milliseconds): void {
    this.#callOff()
    this.#callOff = this.#clock.after(delay, this.#callback)
  }

  clear(): void {
    this.#callOff()
  }
}

/** What rings every millisecond is cheaper with one timer than with one each. */
class TimerAlarm implements Alarm {
  readonly #callback: () => void
  #timer: NodeJS.Timeout | undefined
  #length: Milliseconds = 0

  constructor(callback: () => void) {
    this.#callback = callback
  }

  set(delay: Milliseconds): void {
    // Timers of Node count whole milliseconds, one at least.
    const length = Math.max(1, Math.trunc(delay))
    if (this.#timer !== undefined && length === this.#length) {
      this.#timer.refresh()
      return
    }
    clearTimeout(this.#timer)
    this.#length = length
    this.#timer = setTimeout(this.#callback, length)
  }

  clear(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}

/** Time of the system's monotonic clock, which all processes of a machine share. */
export const systemTime = (): Milliseconds => Number(monotonicNow()) / 1e6

/** This clock, in milliseconds since the epoch, with fractions. It goes on steadily when the system's is set. */
export const epochTime = (): Milliseconds => performance.timeOrigin + performance.now()

export const realClock: Clock = {
  now: () => performance.now(),
  after(delay, callback) {
    const timer = setTimeout(callback, delay)
    return () => clearTimeout(timer)
  },
  alarm: callback => new TimerAlarm(callback),
}
