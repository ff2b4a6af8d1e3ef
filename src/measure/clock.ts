import { performance } from 'node:perf_hooks'
import { clearTimeout, LONGEST_TIMER, monotonicNow, setTimeout } from '../ground/timers.ts'
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
  /** Starts again from now, replacing the earlier time. */
  set(delay: Milliseconds): void
  clear(): void
}

export function alarmOf(clock: Clock, callback: () => void): Alarm {
  if (clock.alarm) return clock.alarm(callback)
  let callOff = () => {}
  return {
    set(delay) {
      callOff()
      callOff = clock.after(delay, callback)
    },
    clear: () => callOff(),
  }
}

/** For an alarm every millisecond, one timer is cheaper than a timer each. */
class TimerAlarm implements Alarm {
  readonly #callback: () => void
  #timer: NodeJS.Timeout | undefined
  #length: Milliseconds = 0

  constructor(callback: () => void) {
    this.#callback = callback
  }

  set(delay: Milliseconds): void {
    // Timers of Node count whole milliseconds, one at least.
    const length = Math.min(LONGEST_TIMER, Math.max(1, Math.trunc(delay)))
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
    const timer = setTimeout(callback, Math.min(LONGEST_TIMER, delay))
    return () => clearTimeout(timer)
  },
  alarm: callback => new TimerAlarm(callback),
}

interface Timer {
  at: Milliseconds
  order: number
  callback: () => void
}

/**
 * No clock is finer than a nanosecond; without a least delay, one that rounding swallows would be waited for forever.
 */
const TICK: Milliseconds = 1e-6

/**
 * Clock whose time passes only on request, and at once. Timers fire in the order of their time, then of their creation.
 */
export class VirtualClock implements Clock {
  #now: Milliseconds
  #order = 0
  #timers: Timer[] = []

  constructor(now: Milliseconds = 0) {
    this.#now = now
  }

  now(): Milliseconds {
    return this.#now
  }

  after(delay: Milliseconds, callback: () => void): () => void {
    const timer = { at: this.#now + (delay > 0 ? Math.max(delay, TICK) : 0), order: this.#order++, callback }
    this.#push(timer)
    return () => {
      timer.callback = () => {}
    }
  }

  /** The next turn of the event loop takes no time. */
  readonly turn = (callback: () => void): void => {
    this.after(0, callback)
  }

  /** Simulates work of this length: the loop is blocked and timers are late. */
  block(length: Milliseconds): void {
    this.#now += length
  }

  /** Lets time pass until nothing is left to happen, or until `end`. */
  run(end: Milliseconds = Number.POSITIVE_INFINITY): void {
    while (this.#timers.length > 0 && this.#timers[0]!.at <= end) {
      const timer = this.#pop()
      this.#now = Math.max(this.#now, timer.at)
      timer.callback()
    }
    if (end !== Number.POSITIVE_INFINITY) this.#now = Math.max(this.#now, end)
  }

  /* A binary heap: a simulation of a minute holds hundreds of thousands of timers. */

  #push(timer: Timer): void {
    const timers = this.#timers
    let i = timers.push(timer) - 1
    while (i > 0) {
      const parent = (i - 1) >> 1
      if (!before(timer, timers[parent]!)) break
      timers[i] = timers[parent]!
      i = parent
    }
    timers[i] = timer
  }

  #pop(): Timer {
    const timers = this.#timers
    const first = timers[0]!
    const last = timers.pop()!
    if (timers.length === 0) return first
    let i = 0
    for (;;) {
      let child = 2 * i + 1
      if (child >= timers.length) break
      if (child + 1 < timers.length && before(timers[child + 1]!, timers[child]!)) child++
      if (!before(timers[child]!, last)) break
      timers[i] = timers[child]!
      i = child
    }
    timers[i] = last
    return first
  }
}

const before = (a: Timer, b: Timer): boolean => a.at < b.at || (a.at === b.at && a.order < b.order)
