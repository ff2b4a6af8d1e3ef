import type { Milliseconds } from '../../ground/units.ts'
import type { LoadPlan } from '../plan/load-plan.ts'

/** How far ahead a thread may sort what happens into the warm-up before it has to look again. */
const STEP: Milliseconds = 100
const [HEADER, BOOK] = [8, 16] as const

/**
 * The end of the warm-up that all threads of a run share, and what they count until then.
 *
 * All that happens before the horizon is warm-up. A thread that comes to something at the horizon or later moves it on
 * by a step first, in one atomic exchange; the one place that decides makes the horizon final by the same exchange, and
 * with that it never lies before anything that has been counted as warm-up. So all threads agree on the cut to the last
 * iteration, however late any of them gets to it. Without a decision the ceiling of the plan is the end.
 */
export class SharedWarmUp {
  readonly buffer: SharedArrayBuffer
  readonly ceiling: Milliseconds
  /** Twice the horizon, and one more when it is final. */
  readonly #cell: Int32Array
  /** Books of each thread: iterations ended, and the sum of their latencies. Only the thread itself writes. */
  readonly #books: Float64Array

  /** Bytes that a thread writes. */
  static bookOf(thread: number): { from: number; to: number } {
    const from = HEADER + BOOK * thread
    return { from, to: from + BOOK }
  }

  /** @param buffer another thread's; by default a new one. */
  constructor(plan: LoadPlan, buffer?: SharedArrayBuffer) {
    this.ceiling = Math.floor(plan.rampUp + plan.warmUp)
    this.buffer = buffer ?? new SharedArrayBuffer(HEADER + BOOK * plan.threads)
    this.#cell = new Int32Array(this.buffer, 0, 1)
    this.#books = new Float64Array(this.buffer, HEADER)
    if (buffer !== undefined) return
    const first = Math.min(this.ceiling, Math.ceil(plan.rampUp + (plan.steady?.atLeast ?? 0)))
    this.#cell[0] = this.#valueOf(first)
  }

  /** The end as it is known; moved on where `at` is not before it. */
  look(at: Milliseconds): { at: Milliseconds; isFinal: boolean } {
    for (;;) {
      const seen = Atomics.load(this.#cell, 0)
      const horizon = { at: seen >> 1, isFinal: (seen & 1) === 1 }
      if (horizon.isFinal || at < horizon.at) return horizon
      const next = Math.min((Math.floor(at / STEP) + 1) * STEP, this.ceiling)
      Atomics.compareExchange(this.#cell, 0, seen, this.#valueOf(next))
    }
  }

  /** Ends the warm-up now, or where it has ended already. */
  settle(now: Milliseconds): Milliseconds {
    for (;;) {
      const seen = Atomics.load(this.#cell, 0)
      if ((seen & 1) === 1) return seen >> 1
      const at = Math.min(Math.max(seen >> 1, Math.ceil(now)), this.ceiling)
      Atomics.compareExchange(this.#cell, 0, seen, 2 * at + 1)
    }
  }

  /**
   * Ends the warm-up where another host has ended it. False when that lies before what was counted here already, so
   * that it is too late to agree.
   */
  settleAt(end: Milliseconds): boolean {
    for (;;) {
      const seen = Atomics.load(this.#cell, 0)
      if ((seen & 1) === 1) return seen >> 1 === end
      if (seen >> 1 > end) return false
      Atomics.compareExchange(this.#cell, 0, seen, 2 * end + 1)
    }
  }

  /** The end, once it is final. */
  get end(): Milliseconds | undefined {
    const seen = Atomics.load(this.#cell, 0)
    return (seen & 1) === 1 ? seen >> 1 : undefined
  }

  ended(thread: number, latency: Milliseconds): void {
    this.#books[2 * thread]!++
    this.#books[2 * thread + 1]! += latency
  }

  /** Iterations that have ended in all threads, and the sum of their latencies. */
  read(): { count: number; sum: Milliseconds } {
    let [count, sum] = [0, 0]
    for (let cell = 0; cell < this.#books.length; cell += 2) {
      count += this.#books[cell]!
      sum += this.#books[cell + 1]!
    }
    return { count, sum }
  }

  #valueOf(horizon: Milliseconds): number {
    return 2 * horizon + (horizon >= this.ceiling ? 1 : 0)
  }
}
