import type { Milliseconds } from '../../src/ground/units.ts'
import type { Clock } from '../../src/measure/clock.ts'

/**
 * A clock that stands still in some stretches of another one's time: what goes by it stops meanwhile and goes on where
 * it was.
 */
export class FrozenClock implements Clock {
  readonly #clock: Clock
  /** When each begins by this clock, and how long it is. */
  readonly #stops: { at: Milliseconds; length: Milliseconds }[] = []

  /** @param stops in the other clock's time, in its order. */
  constructor(clock: Clock, stops: readonly { from: Milliseconds; to: Milliseconds }[]) {
    this.#clock = clock
    let gone = 0
    for (const { from, to } of stops) {
      this.#stops.push({ at: from - gone, length: to - from })
      gone += to - from
    }
  }

  now(): Milliseconds {
    const real = this.#clock.now()
    let gone = 0
    for (const { at, length } of this.#stops) {
      if (at + gone >= real) break
      gone += Math.min(length, real - at - gone)
    }
    return real - gone
  }

  after(delay: Milliseconds, callback: () => void): () => void {
    const target = this.now() + Math.max(0, delay)
    let gone = 0
    for (const { at, length } of this.#stops) {
      if (at >= target) break
      gone += length
    }
    if (this.#stops.length === 0) return this.#clock.after(delay, callback)
    return this.#clock.after(Math.max(0, target + gone - this.#clock.now()), callback)
  }
}
