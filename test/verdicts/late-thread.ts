import type { Milliseconds } from '../../src/ground/units.ts'
import type { ApplicationWaits } from '../../src/measure/application-waits.ts'
import type { Clock, VirtualClock } from '../../src/measure/clock.ts'
import { StallMeter } from '../../src/measure/stalls.ts'

/** A stretch in which a load thread could not run. */
export interface Away {
  from: Milliseconds
  to: Milliseconds
  /**
   * `core`: it was ready and another program had its core, as Linux counts it. `busy`: it did something else (collected
   * garbage). `host`: the machine itself was away, of which its system knows nothing.
   */
  by: 'core' | 'busy' | 'host'
  /** What kept it busy was a response, as those of the load are: it read the clock before. */
  isReading?: true
}

/**
 * A load thread in virtual time that now and then cannot run: its timers come late, and what is answered meanwhile is
 * read when it is back. Servers go by the clock beneath, which knows nothing of that.
 */
export class LateThread implements Clock {
  readonly stalls: StallMeter
  readonly #clock: VirtualClock
  readonly #aways: readonly Away[]
  #next = 0
  /** What lies behind: added up by cause. */
  #gone = { core: 0, busy: 0, host: 0 }

  /**
   * @param aways in the order of time, none within another.
   * @param waits what knows for how long the application waited for others.
   */
  constructor(clock: VirtualClock, aways: readonly Away[], waits?: ApplicationWaits) {
    this.#clock = clock
    this.#aways = aways
    const sources = {
      idle: () => this.#clock.now() - this.#until('busy'),
      waited: () => this.#until('core'),
      close() {},
    }
    this.stalls = new StallMeter(callback => this.turn(callback), sources, waits)
    for (const { from, isReading } of aways)
      if (isReading) clock.after(from - clock.now(), () => this.stalls.look(clock.now()))
  }

  now(): Milliseconds {
    return this.#clock.now()
  }

  after(delay: Milliseconds, callback: () => void): () => void {
    const at = this.#clock.now() + Math.max(0, delay)
    const back = this.backAt(at)
    // A delay that rounding swallows is to stay one.
    return this.#clock.after(back === at ? delay : back - this.#clock.now(), callback)
  }

  readonly turn = (callback: () => void): void => this.#clock.turn(callback)

  /** Reads an answer that is there now, or as soon as the thread is back. */
  read(callback: () => void): void {
    const now = this.#clock.now()
    const at = this.backAt(now)
    if (at === now) callback()
    else this.#clock.after(at - now, callback)
  }

  /** When the thread can run that is wanted at `at`. */
  backAt(at: Milliseconds): Milliseconds {
    let [low, high] = [0, this.#aways.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#aways[middle]!.to <= at) low = middle + 1
      else high = middle
    }
    const away = this.#aways[low]
    return away !== undefined && away.from <= at ? away.to : at
  }

  #until(by: Away['by']): Milliseconds {
    const now = this.#clock.now()
    for (let away = this.#aways[this.#next]; away !== undefined && away.to <= now; ) {
      this.#gone[away.by] += away.to - away.from
      away = this.#aways[++this.#next]
    }
    return this.#gone[by]
  }
}
