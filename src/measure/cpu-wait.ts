import type { Milliseconds, Share } from '../units.ts'
import { type Clock, realClock } from './clock.ts'

/** How long a thread had to wait for a core although it could have run. */
export interface CpuWait {
  /** Of the time that was looked at. */
  share: Share
  /** Most that it waited between two looks, which are a tenth of a second apart: what one answer may have waited. */
  longest: Milliseconds
}

const LOOK: Milliseconds = 100

/** Watches how long a thread waits for a core, between `begin` and `end`. */
export class CpuWaitMeter {
  readonly #waited: () => Milliseconds | undefined
  readonly #clock: Clock
  #callOff = () => {}
  #from: { at: Milliseconds; waited: Milliseconds } | undefined
  #last: Milliseconds = 0
  #longest: Milliseconds = 0

  /** @param waited what the thread has waited up to now; undefined where the system does not tell. */
  constructor(waited: () => Milliseconds | undefined, clock: Clock = realClock) {
    this.#waited = waited
    this.#clock = clock
  }

  /** Begun again, it forgets what was before. */
  begin(): void {
    this.#callOff()
    const waited = this.#waited()
    if (waited === undefined) return
    this.#last = waited
    this.#longest = 0
    this.#from = { at: this.#clock.now(), waited }
    this.#again()
  }

  /** Undefined when it has not begun, or the system does not tell. */
  end(): CpuWait | undefined {
    this.#callOff()
    const wait = this.soFar()
    this.#from = undefined
    return wait
  }

  /** What `end` would answer. */
  soFar(): CpuWait | undefined {
    const from = this.#from
    if (from === undefined) return undefined
    this.#look()
    const length = this.#clock.now() - from.at
    return length > 0 ? { share: (this.#last - from.waited) / length, longest: this.#longest } : undefined
  }

  #again(): void {
    this.#callOff = this.#clock.after(LOOK, () => {
      this.#look()
      this.#again()
    })
  }

  #look(): void {
    const waited = this.#waited() ?? this.#last
    this.#longest = Math.max(this.#longest, waited - this.#last)
    this.#last = waited
  }
}
