import type { Milliseconds } from '../../src/ground/units.ts'
import type { Clock } from '../../src/measure/clock.ts'

/**
 * The clock of an application that is slow at first, as with cold caches and code that is not compiled yet: at the
 * beginning all takes `slower` times as long and the time itself, and what is left of that decays exponentially.
 */
export class ColdClock implements Clock {
  readonly #clock: Clock
  readonly #begin: Milliseconds
  readonly #slower: number
  readonly #decay: Milliseconds

  constructor(clock: Clock, { slower, decay }: { slower: number; decay: Milliseconds }) {
    this.#clock = clock
    this.#begin = clock.now()
    this.#slower = slower
    this.#decay = decay
  }

  now(): Milliseconds {
    return this.#ownAt(this.#clock.now() - this.#begin)
  }

  after(delay: Milliseconds, callback: () => void): () => void {
    const real = this.#clock.now() - this.#begin
    const target = this.#ownAt(real) + Math.max(0, delay)
    return this.#clock.after(Math.max(0, this.#realAt(target) - real), callback)
  }

  /** The integral of the speed, 1 / (1 + slower e^(-t / decay)). */
  #ownAt(real: Milliseconds): Milliseconds {
    const left = this.#slower * Math.exp(-real / this.#decay)
    return real + this.#decay * Math.log((1 + left) / (1 + this.#slower))
  }

  #realAt(own: Milliseconds): Milliseconds {
    return own + this.#decay * Math.log(1 + this.#slower * (1 - Math.exp(-own / this.#decay)))
  }
}
