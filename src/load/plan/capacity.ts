import type { Budget } from '../../budget/budget.ts'
import type { Milliseconds, PerSecond, Share } from '../../ground/units.ts'

/**
 * A search for the highest rate that holds. In time: the warm-up at `from`, the search (`rampUp`, at the longest), and
 * the measured window at the rate that was found (`duration`), which begins when the search is over.
 */
export interface CapacityPlan {
  model: 'open'
  kind: 'capacity'
  /** What the response time of iterations has to keep at a rate that holds. */
  latency: Budget
  /** Failed iterations that are allowed, as a share of finished ones. */
  errorRate: Share
  /** Requests a second at the beginning. */
  from: PerSecond
  /** No higher rate is tried. */
  to: PerSecond
  /** How long a rate has to hold. */
  hold: Milliseconds
  /** The search ends when the lowest rate that was missed is above the highest that held by no more than this. */
  within: Share
  /** No probe begins later. */
  limit: Milliseconds
  arrivals: 'uniform' | 'poisson'
}

/** Rates are not looked for below this. */
export const LOWEST_RATE: PerSecond = 0.1

/** Probes of one search at most. */
export const MOST_PROBES = 64
