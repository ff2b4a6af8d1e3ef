import { formatMs, type Milliseconds } from '../../ground/units.ts'
import { type Clock, realClock } from '../../measure/clock.ts'
import type { Ledger } from '../thread/ledger.ts'

/** Maximum time of a thread after its plan, or after the stop of a run, to report its figures. */
const GRACE: Milliseconds = 5_000
/** Time for iterations in progress when a run is stopped; `STOP_GRACE` of the executor. */
const STOP: Milliseconds = 500
/** A thread that prepares itself and whose event loop has not turned for so long is stuck. */
const PREPARING: Milliseconds = 30_000
const LOOK: Milliseconds = 1_000

interface StuckOptions {
  ledgers: readonly Ledger[]
  /** Keys of steps by their number. */
  stepKeys: readonly string[]
  /** Ends a thread that has not ended, with the reason. */
  end(thread: number, cause: string): void
  /** Time for work after the load. Default: no time. */
  after?: Milliseconds
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
  /** Beats of each thread: how many it has shown, and how long ago the last. Undefined once the load begins. */
  #beats: { count: number; ago: Milliseconds }[] | undefined
  #callOff = () => {}
  /** Time until threads are ended, and what is then said of them. */
  #left: { time: Milliseconds; found: string } | undefined
  #lookedAt: Milliseconds
  #isStopped = false

  constructor(options: StuckOptions) {
    this.#options = options
    this.#clock = options.clock ?? realClock
    this.#beats = options.ledgers.map(() => ({ count: -1, ago: 0 }))
    this.#lookedAt = this.#clock.now()
    this.#look()
  }

  get #after(): Milliseconds {
    return this.#options.after ?? 0
  }

  /** All threads are ready, and begin a plan that takes so long at the most. */
  begin(longest: Milliseconds): void {
    this.#endBy(
      longest + this.#after + GRACE,
      `it had not ended ${formatMs(GRACE)} after the plan and its gracefulStop`,
    )
  }

  /** The run is stopped before its plan. */
  hurry(): void {
    this.#endBy(STOP + this.#after + GRACE, `it had not ended ${formatMs(STOP + GRACE)} after the run was stopped`)
  }

  /** A thread has ended. Returns whether it was the last. */
  leave(thread: number): boolean {
    this.#ended.add(thread)
    return this.#ended.size === this.#options.ledgers.length
  }

  /** The run is over. Late threads are not waited for. */
  stop(): void {
    this.#isStopped = true
    this.#callOff()
  }

  #endBy(time: Milliseconds, found: string): void {
    if (this.#isStopped) return
    this.#look()
    this.#beats = undefined
    if (this.#left === undefined || time < this.#left.time) this.#left = { time, found }
    this.#wait()
  }

  readonly #look = (): void => {
    const now = this.#clock.now()
    // A stretch in which the whole process was stopped, or its machine slept, was of no use to any thread.
    const passed = Math.min(now - this.#lookedAt, 2 * LOOK)
    this.#lookedAt = now
    this.#lookAtBeats(passed)
    const left = this.#left
    if (left !== undefined) {
      left.time -= passed
      if (left.time <= 0) for (const thread of this.#options.ledgers.keys()) this.#end(thread, left.found)
    }
    this.#wait()
  }

  #wait(): void {
    this.#callOff()
    const { time = LOOK } = this.#left ?? {}
    if (time > 0) this.#callOff = this.#clock.after(Math.min(LOOK, time), this.#look)
  }

  #lookAtBeats(passed: Milliseconds): void {
    for (const [thread, beat] of this.#beats?.entries() ?? []) {
      const count = this.#options.ledgers[thread]!.beats
      beat.ago = beat.count === count ? beat.ago + passed : 0
      beat.count = count
      if (beat.ago >= PREPARING) this.#end(thread, `it had been stuck for ${formatMs(PREPARING)} before the load began`)
    }
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
