import type { PerSecond } from '../units.ts'

/** A number in the metric's own unit, or text with a unit and, if wanted, an operator: `'100ms'`, `'< 100ms'`, `'>= 1000'`. */
export type Bound = number | string

export type LatencyKey = 'mean' | 'max' | `p${number}`

export type LatencyBudgets = { [key in LatencyKey]?: Bound }

/** What is allowed. Latencies in milliseconds, rates a second, memory in bytes, shares of one (`0.001` or `'0.1%'`). */
export interface Budgets extends LatencyBudgets {
  /** HTTP requests a second, at least. */
  rps?: Bound
  /** Iterations a second, at least. */
  iterationRate?: Bound
  /** Failed iterations as a share of finished ones, at most. */
  errorRate?: Bound
  /** Arrivals that were due but never started, at most: a count or a share. */
  dropped?: Bound
  /** Peak resident set of the application's process tree, at most. */
  memory?: Bound
  /** Mean CPU of the application's process tree, at most: `'70%'` of one core, `'1.5 cores'`, `'70% of machine'`. */
  cpu?: Bound
  /** By step: `login`, or `workflowId.stepId` for a nested workflow's step. */
  steps?: Record<string, LatencyBudgets & { errorRate?: Bound }>
  /** The load generator itself. */
  generator?: { memory?: Bound; cpu?: Bound }
}

/** One budget, read and checked: plain data. */
export interface Budget {
  /** `p99`, `steps.login.p99`, `generator.cpu`. */
  key: string
  metric: 'rps' | 'iterationRate' | 'mean' | 'max' | 'percentile' | 'errorRate' | 'dropped' | 'memory' | 'cpu'
  of: 'iterations' | 'step' | 'target' | 'generator'
  step?: string
  /** 0 to 1, for percentiles. */
  quantile?: number
  operator: '<' | '<=' | '>' | '>='
  /** Milliseconds, a second, share, bytes, or a count. */
  bound: number | PerSecond
  /** How `dropped` is bounded; absent for the other metrics. */
  as?: 'count' | 'share'
  /** `p99 <= 100 ms`: the test's title. */
  title: string
}
