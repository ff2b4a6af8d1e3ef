import { performance } from 'node:perf_hooks'
import { hrtime } from 'node:process'
import { clearTimeout, setTimeout } from 'node:timers'
import type { Milliseconds } from '../ground/units.ts'

/** Time as the engine sees it. The real one imports its timers, so that a test's fake timers do not reach it. */
export interface Clock {
  /** Monotonic, from the thread's time origin. */
  now(): Milliseconds
  /** Calls `callback` once, `delay` from now; returns how to call that off. */
  after(delay: Milliseconds, callback: () => void): () => void
}

/** Time of the system's monotonic clock, which all processes of a machine share. */
export const systemTime = (): Milliseconds => Number(hrtime.bigint()) / 1e6

/** This clock, in milliseconds since the epoch, with fractions. It goes on steadily when the system's is set. */
export const epochTime = (): Milliseconds => performance.timeOrigin + performance.now()

export const realClock: Clock = {
  now: () => performance.now(),
  after(delay, callback) {
    const timer = setTimeout(callback, delay)
    return () => clearTimeout(timer)
  },
}
