import type { Milliseconds } from '../../ground/units.ts'
import { formatMs } from '../../ground/units.ts'
import { type Clock, realClock } from '../../measure/clock.ts'
import type { Ledger } from '../thread/ledger.ts'

/** What a thread may take beyond its plan, or beyond the stop of a run, to say what it measured. */
const GRACE: Milliseconds = 5_000
/** What it still does for iterations in flight when a run is stopped; `STOP_GRACE` of the executor. */
const STOP: Milliseconds = 500
/** A thread that prepares itself and whose event loop has not turned for so long is stuck. */
const PREPARING: Milliseconds = 30_000
const LOOK: Milliseconds = 1_000

export interface StuckOptions {
  ledgers: readonly Ledger[]
  /** Keys of steps by their number. */
  stepKeys: readonly string[]
  /** Ends a thread that has not ended, with the reason. */
  end(thread: number, cause: string): void
  clock?: Clock
}

/**
 * Ends load threads that do not end by themselves: what runs in a thread (a criterion, a channel) may not come back,
 * and then no timer of its own fires any more.
 */
export class StuckWatch {
  readonly #options: StuckOptions
  readonly #clock: Clock
  readonly #ended = new Set<number>()
  #callOff = () => {}
  #deadline = Number.POSITIVE_INFINITY

  constructor(options: StuckOptions) {
    this.#options = options
    this.#clock = options.clock ?? realClock
    this.#lookAtBeats()
  }

  /** All threads are ready, and begin a plan that takes so long at the most. */
  begin(longest: Milliseconds): void {
    this.#endBy(longest + GRACE, `it had not ended ${formatMs(GRACE)} after the plan and its gracefulStop`)
  }

  /** The run is stopped before its plan. */
  hurry(): void {
    this.#endBy(STOP + GRACE, `it had not ended ${formatMs(STOP + GRACE)} after the run was stopped`)
  }

  /** A thread has ended. */
  leave(thread: number): void {
    this.#ended.add(thread)
  }

  stop(): void {
    this.#callOff()
  }

  #endBy(delay: Milliseconds, found: string): void {
    const deadline = this.#clock.now() + delay
    if (deadline >= this.#deadline) return
    this.#deadline = deadline
    this.#callOff()
    this.#callOff = this.#clock.after(delay, () => {
      for (const thread of this.#options.ledgers.keys()) this.#end(thread, found)
    })
  }

  /** Until the plan begins. */
  #lookAtBeats(): void {
    const { ledgers } = this.#options
    const seen = ledgers.map(() => ({ beats: -1, at: this.#clock.now() }))
    const look = () => {
      const now = this.#clock.now()
      for (const [thread, ledger] of ledgers.entries()) {
        const last = seen[thread]!
        if (ledger.beats !== last.beats) seen[thread] = { beats: ledger.beats, at: now }
        else if (now - last.at >= PREPARING)
          this.#end(thread, `it had been stuck for ${formatMs(PREPARING)} before the load began`)
      }
      this.#callOff = this.#clock.after(LOOK, look)
    }
    look()
  }

  #end(thread: number, found: string): void {
    if (this.#ended.has(thread)) return
    this.#ended.add(thread)
    const { ledgers, stepKeys, end } = this.#options
    const { step } = ledgers[thread]!
    const where = step === undefined ? '' : `, and was last at step "${stepKeys[step]}"`
    end(thread, `${found}${where}. Look for a loop without end or slow work in criteria, channels and outputs`)
  }
}
