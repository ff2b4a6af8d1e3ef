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
    /** As many virtual users as the latency allows. */
    | { adaptive: AdaptiveShape; duration: string | Milliseconds }
  )

/** How the number of virtual users follows the latency of their iterations. */
export interface AdaptiveShape {
  /** Most virtual users at once. */
  maxVus: number
  /** What the signal is held against: a service time above it lowers the number of users, one below raises it. */
  latency: string | Milliseconds
  /**
   * `step`, the default: x 0.9 above the latency, x 1.1 below. `aimd`: x 0.9 above, one more below. `gradient`: a fifth of
   * the way to latency / signal times as many. Never less than 1 nor more than `maxVus`.
   */
  limit?: 'step' | 'aimd' | 'gradient'
  /** Of the iterations that ended in a window. Default `mean`. */
  signal?: 'mean' | `p${number}`
  /** Time over which the signal is taken; longer when too few iterations end in it. Default five times the latency, at least 1 s. */
  window?: string | Milliseconds
  /** A signal that is nearer to the latency than this share of it changes nothing. Default 10 %. */
  deadBand?: string | number
  /** Virtual users at the start. Default a tenth of `maxVus`. */
  from?: number
}

export interface CommonShape {
  /** Run before the measured window at the plan's first rate. Default: a tenth of the duration, from 1 s to 5 s; none for `iterations`. */
  warmUp?: string | Milliseconds
  /** Worker threads. Default: one less than the cores at hand, at least 1. */
  threads?: number
  /** How long iterations in flight may finish after the plan's end. Default 5 s. */
  gracefulStop?: string | Milliseconds
}
