import type { Milliseconds } from '../ground/units.ts'
import type { Clock } from '../measure/clock.ts'

/** The pauses of a virtual user: it thinks before requests, and waits before it tries again. One at a time. */
export class Pauses {
  /** How long it has thought since `begin`. */
  thought: Milliseconds = 0
  readonly #clock: Clock
  readonly #think: (() => Milliseconds) | undefined
  #cancel: (() => void) | undefined
  #thinksSince: Milliseconds | undefined

  /** @param think draws the time to think; absent: none. */
  constructor(clock: Clock, think: (() => Milliseconds) | undefined) {
    this.#clock = clock
    this.#think = think
  }

  begin(): void {
    this.thought = 0
    this.#thinksSince = undefined
  }

  get isThinking(): boolean {
    return this.#thinksSince !== undefined
  }

  /** Time to think before a request; nobody thinks before the first. */
  before(requests: number): Milliseconds {
    return this.#think === undefined || requests === 0 ? 0 : this.#think()
  }

  think(length: Milliseconds, then: () => void): void {
    this.#thinksSince = this.#clock.now()
    this.wait(length, () => {
      this.wakeUp()
      then()
    })
  }

  wait(length: Milliseconds, then: () => void): void {
    this.#cancel = this.#clock.after(length, () => {
      this.#cancel = undefined
      then()
    })
  }

  wakeUp(): void {
    if (this.#thinksSince === undefined) return
    this.thought += this.#clock.now() - this.#thinksSince
    this.#thinksSince = undefined
  }

  cancel(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
