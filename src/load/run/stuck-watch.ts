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
export function watchStuck({ ledgers, stepKeys, end, after = 0, clock = realClock }: StuckOptions) {
  const ended = new Set<number>()
  /** Beats of each thread: how many it has shown, and how long ago the last. Undefined once the load begins. */
  let beats: { count: number; ago: Milliseconds }[] | undefined = ledgers.map(() => ({ count: -1, ago: 0 }))
  let callOff = () => {}
  /** Time until threads are ended, and what is then said of them. */
  let left: { time: Milliseconds; found: string } | undefined
  let lookedAt = clock.now()
  let isStopped = false

  const endThread = (thread: number, found: string) => {
    if (ended.has(thread)) return
    ended.add(thread)
    const { step } = ledgers[thread]!
    const where = step === undefined ? '' : `, and was last at step "${stepKeys[step]}"`
    end(thread, `${found}${where}. Look for a loop without end or slow work in criteria, channels and outputs`)
  }
  const wait = () => {
    callOff()
    const { time = LOOK } = left ?? {}
    if (time > 0) callOff = clock.after(Math.min(LOOK, time), look)
  }
  const look = () => {
    const now = clock.now()
    // A stretch in which the whole process was stopped, or its machine slept, was of no use to any thread.
    const passed = Math.min(now - lookedAt, 2 * LOOK)
    lookedAt = now
    for (const [thread, beat] of beats?.entries() ?? []) {
      const count = ledgers[thread]!.beats
      beat.ago = beat.count === count ? beat.ago + passed : 0
      beat.count = count
      if (beat.ago >= PREPARING) endThread(thread, `it had been stuck for ${formatMs(PREPARING)} before the load began`)
    }
    if (left !== undefined) {
      left.time -= passed
      if (left.time <= 0) for (const thread of ledgers.keys()) endThread(thread, left.found)
    }
    wait()
  }
  const endBy = (time: Milliseconds, found: string) => {
    if (isStopped) return
    look()
    beats = undefined
    if (left === undefined || time < left.time) left = { time, found }
    wait()
  }
  look()
  return {
    /** All threads are ready, and begin a plan that takes so long at the most. */
    begin: (longest: Milliseconds) =>
      endBy(
        longest + after + GRACE,
        `it had not ended ${formatMs(GRACE)} after the plan and the time for iterations in flight`,
      ),
    /** The run is stopped before its plan. */
    hurry: () => endBy(STOP + after + GRACE, `it had not ended ${formatMs(STOP + GRACE)} after the run was stopped`),
    /** A thread has ended. Returns whether it was the last. */
    leave: (thread: number): boolean => ended.add(thread).size === ledgers.length,
    /** The run is over. Late threads are not waited for. */
    stop() {
      isStopped = true
      callOff()
    },
  }
}
