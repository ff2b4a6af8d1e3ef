import type { Milliseconds } from '../ground/units.ts'
import type { Clock } from './clock.ts'

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
 * Time that passes only when told to, and then at once. Timers fire in the order of their time, then of their making.
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

  /** What was being done takes this long: the loop is blocked, timers come late. */
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

function before(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
