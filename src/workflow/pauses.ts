import type { Milliseconds } from '../ground/units.ts'
import type { Clock } from '../measure/clock.ts'
import type { LaneTools } from './lane-tools.ts'

/** The pauses of a lane: its user thinks before requests, and waits before it tries again. One at a time. */
export class Pauses {
  readonly #clock: Clock
  readonly #thought: LaneTools['thought']
  readonly #client: LaneTools['client']
  readonly #think: LaneTools['think']
  #cancel: (() => void) | undefined
  #isThinking = false
  #first: Milliseconds | undefined

  constructor({ clock, thought, client, think }: Pick<LaneTools, 'clock' | 'thought' | 'client' | 'think'>) {
    this.#clock = clock
    this.#thought = thought
    this.#client = client
    this.#think = think
  }

  /** The lane has something to do. @param first the first pause, where it was drawn already. */
  begin(first: Milliseconds | undefined): void {
    this.#isThinking = false
    this.#first = first
    this.#thought.starts()
  }

  /** Think time before a request, except the first. */
  before(): Milliseconds {
    const first = this.#first
    this.#first = undefined
    if (first !== undefined) return first
    return this.#think === undefined || this.#client.requests === 0 ? 0 : this.#think()
  }

  think(length: Milliseconds, then: () => void): void {
    this.#isThinking = true
    this.#thought.thinks()
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
    if (!this.#isThinking) return
    this.#isThinking = false
    this.#thought.wakes()
  }

  cancel(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
