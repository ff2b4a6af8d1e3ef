import type { Milliseconds, Share } from '../../ground/units.ts'

/** How a limit follows the latency (src/load/limit/limits.ts). */
export const LIMIT_NAMES = ['step', 'aimd', 'gradient'] as const

export type LimitName = (typeof LIMIT_NAMES)[number]

/**
 * Virtual users that loop, as many as a limit allows, which follows the latency. Their number is the plan's `maxVus` at
 * most.
 */
export interface AdaptivePlan {
  model: 'closed'
  kind: 'adaptive'
  limit: LimitName
  latency: Milliseconds
  signal: Signal
  /** Time over which the signal is taken. */
  window: Milliseconds
  /** After so long a window may end whose signal is far enough from the latency to be believed. */
  shortestWindow: Milliseconds
  deadBand: Share
  /** Virtual users at the start. */
  from: number
}

/** The mean, or a percentile (0 to 1). */
export type Signal = 'mean' | number

/** `mean`, `p95`. */
export function nameOfSignal(signal: Signal): string {
  return signal === 'mean' ? signal : `p${Number((signal * 100).toPrecision(12))}`
}

/**
 * Iterations that a window needs before it says anything: 50 for a mean. For a percentile so many that four lie above
 * it on average: 50 for p90, 80 for p95, 400 for p99.
 */
export function samplesOf(signal: Signal): number {
  return signal === 'mean' ? 50 : Math.max(50, Math.ceil(Number((4 / (1 - signal)).toPrecision(12))))
}
