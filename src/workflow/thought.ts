import type { Milliseconds } from '../ground/units.ts'
import type { Clock } from '../measure/clock.ts'

/** How long a virtual user has thought: the time in which lanes of it thought, and none did anything else. */
export class Thought {
  /** Since `begin`, up to when it last went on. */
  total: Milliseconds = 0
  readonly #clock: Clock
  /** Lanes that do something else. */
  #busy = 0
  #thinking = 0
  #since: Milliseconds | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A run begins: no lane does anything yet. */
  begin(): void {
    this.total = 0
    this.#busy = 0
    this.#thinking = 0
    this.#since = undefined
  }

  get isThinking(): boolean {
    return this.#since !== undefined
  }

  /** A lane has something to do. */
  starts(): void {
    this.#busy++
    if (this.#since === undefined) return
    this.total += this.#clock.now() - this.#since
    this.#since = undefined
  }

  /** A lane has nothing to do any more. */
  rests(): void {
    this.#busy--
    if (this.#busy === 0 && this.#thinking > 0) this.#since = this.#clock.now()
  }

  thinks(): void {
    this.#thinking++
    this.rests()
  }

  wakes(): void {
    this.#thinking--
    this.starts()
  }
}
