import type { Milliseconds, PerSecond } from '../units.ts'

/**
 * How much load, and for how long, as users write it. Durations are milliseconds or text with a unit (`'30s'`).
 * `duration` is the measured plateau: warm-up and ramps come on top of it and stay out of every budget.
 */
export type LoadShape = CommonShape &
  (
    | {
        rps: PerSecond
        duration: string | Milliseconds
        rampUp?: string | Milliseconds
        rampDown?: string | Milliseconds
        maxVus?: number
      }
    | {
        rate: PerSecond
        duration: string | Milliseconds
        rampUp?: string | Milliseconds
        rampDown?: string | Milliseconds
        maxVus?: number
      }
    | {
        vus: number
        duration: string | Milliseconds
        rampUp?: string | Milliseconds
        rampDown?: string | Milliseconds
      }
    /** Every virtual user runs so many iterations. `maxDuration`, by default 10 minutes, is the longest this may take. */
    | { vus: number; iterations: number; maxDuration?: string | Milliseconds }
  )

export interface CommonShape {
  /** Run before the measured window at the plan's first rate. Default: a tenth of the duration, from 1 s to 5 s; none for `iterations`. */
  warmUp?: string | Milliseconds
  /** Worker threads. Default: one less than the cores at hand, at least 1. */
  threads?: number
  /** How long iterations in flight may finish after the plan's end. Default 5 s. */
  gracefulStop?: string | Milliseconds
}
