import type { Milliseconds } from '../ground/units.ts'
import type { Budget } from '../measure/report.ts'

/**
 * A number in the metric's own unit, or text with a unit and, if wanted, an operator: `'100ms'`, `'< 100ms'`, `'>=
 * 1000'`. One that speaks of the base is judged where head is compared with it: `'base + 10%'`, `'base - 3%'`,
 * `'base + 10MB'`.
 */
export type Bound = number | string

/** A bound with more to say about it. */
export interface BudgetRule {
  /**
   * Bound of the budget.
   * @example '100ms'
   */
  bound: Bound
  /** End the run when the budget has been missed for as long as `hold`: the verdict on it is `fail`. Default false. */
  abortOnFail?: boolean
  /**
   * How long it has to be missed without a break before the run is ended. Looked at once a second. Default 2 s.
   * @example '2s'
   */
  hold?: string | Milliseconds
  /**
   * The budget has to hold in every stretch of so many whole seconds, not only over the whole measured window.
   * @default the whole measured window
   * @example '10s'
   */
  everyWindow?: string | Milliseconds
}

/** Bound, or an absolute one with a relative one: `['100ms', 'base + 10%']`. */
export type Bounded = Bound | BudgetRule | readonly (Bound | BudgetRule)[]

/** Latencies in milliseconds, or with a unit: `'50ms'`. */
export interface LatencyBudgets {
  /**
   * Their mean, at most.
   * @default not judged
   * @example '20ms'
   */
  mean?: Bounded
  /**
   * The longest, at most.
   * @default not judged
   * @example '1s'
   */
  max?: Bounded
  /**
   * Any percentile, at most: `p50`, `p99`, `p99.9`.
   * @default not judged
   * @example ['100ms', 'base + 10%']
   */
  [percentile: `p${number}`]: Bounded | undefined
  /**
   * The median, at most: half of them may take longer.
   * @default not judged
   * @example '20ms'
   */
  p50?: Bounded
  /**
   * 95th percentile, at most: one in twenty may take longer. Takes 59 samples.
   * @default not judged
   * @example '50ms'
   */
  p95?: Bounded
  /**
   * 99th percentile, at most: one in a hundred may take longer. Takes 299 samples.
   * @default not judged
   * @example '100ms'
   */
  p99?: Bounded
}

/** Budgets of a target. A budget without a source (`heap` without the probe) is reported before the run. */
interface TargetBudgets {
  /**
   * Peak memory of the process tree, at most: the resident set of one process, PSS of several.
   * @default not judged
   * @example '200MB'
   */
  memory?: Bounded
  /**
   * How fast the memory may grow: `'1MB/min'`, `'100KB/1000 requests'`. Met when the whole 95 % confidence interval of
   * the slope is within the bound, missed when none of it is, and open between: a leak detector that knows when it
   * cannot tell. Against a base: `'base + 20KB/1000 requests'`, for each 1,000 requests only.
   * @default not judged
   * @example '1MB/min'
   */
  memoryGrowth?: Bounded
  /**
   * Mean CPU of the process tree, at most: `'70%'` of one core, `'1.5 cores'`, `'70% of machine'`.
   * @default not judged
   * @example '70%'
   */
  cpu?: Bounded
  /**
   * CPU spent for each request that gets a response, at most: `'2ms'`.
   * @default not judged
   * @example '2ms'
   */
  cpuPerRequest?: Bounded
  /**
   * 99th percentile of how late the event loop comes round, at most; of Node processes with the probe.
   * @default not judged
   * @example '50ms'
   */
  eventLoopDelay?: Bounded
  /**
   * Peak of JavaScript's heap in use, at most; of Node processes with the probe.
   * @default not judged
   * @example '100MB'
   */
  heap?: Bounded
  /**
   * Round trips to other services for each request, at most: to all together, or by destination; of Node processes with
   * the probe. A write to an outgoing connection that is followed by data is one.
   * @default not judged
   * @example { '127.0.0.1:5432': 2 }
   */
  roundTrips?: Bounded | Record<string, Bounded>
  /**
   * Series of a Prometheus target, by name: the highest value, or with `>` and `>=` its lowest.
   * @default not judged
   * @example { queue: '< 100' }
   */
  series?: Record<string, Bounded>
}

/** Budgets of all requests, or of those of a step. */
interface RequestBudgets extends LatencyBudgets {
  /**
   * Failed requests as a share of all, at most.
   *
   * @default not judged
   * @example '1%'
   */
  errorRate?: Bounded
  /**
   * Highest share of checked responses that are not as the OpenAPI description says.
   * Inconclusive if so few were that the share of all may be above the bound.
   *
   * @default not judged
   * @example '0.1%'
   */
  contract?: Bound
}

/** Budgets of a step. Latencies are those of its requests. */
interface StepBudgets extends RequestBudgets {
  /**
   * Server-sent events a second that it reads, at least: those of all its streams together.
   *
   * @default not judged
   * @example 1_000
   */
  eventsRate?: Bounded
  /**
   * Bytes a second of the bodies of its responses, at least: as they are received, compressed if they are.
   *
   * @default not judged
   * @example '5MB/s'
   */
  bytesRate?: Bounded
  /**
   * Time from sending a request until the first event of its stream is complete.
   *
   * @default not judged
   * @example { p99: '200ms' }
   */
  firstEvent?: LatencyBudgets
}

/** Budgets of the load generator: the process that runs the tests, with its threads. */
interface GeneratorBudgets {
  /**
   * Peak resident set, at most.
   *
   * @default not judged
   * @example '500MB'
   */
  memory?: Bounded
  /**
   * Mean CPU, at most.
   *
   * @default not judged
   * @example '90%'
   */
  cpu?: Bounded
}

/**
 * Budgets of a load test. Latencies in milliseconds, rates per second, memory in bytes, shares of one (`0.001` or
 * `'0.1%'`).
 */
export interface Budgets extends LatencyBudgets, TargetBudgets {
  /**
   * HTTP requests a second, at least.
   * @default not judged
   * @example 1_900
   */
  rps?: Bounded
  /**
   * Iterations a second, at least.
   * @default not judged
   * @example 400
   */
  iterationRate?: Bounded
  /**
   * The highest rate that holds, in HTTP requests a second, at least; of a load that searches it.
   * @default not judged
   * @example '>= 5000 rps'
   */
  capacity?: Bound
  /**
   * Failed iterations as a share of finished ones, at most.
   * @default not judged
   * @example '0.1%'
   */
  errorRate?: Bounded
  /**
   * Highest share of checked responses that are not as the OpenAPI description says.
   * Inconclusive if so few were that the share of all may be above the bound.
   *
   * @default not judged
   * @example '0.1%'
   */
  contract?: Bound
  /**
   * Arrivals that were due but never started, at most: a count or a share.
   * @default not judged
   * @example 0
   */
  dropped?: Bounded
  /**
   * Requests that were sent again since the idle connection that they had gone out on had ended, at most: a count, or a
   * share of all requests. Over the whole run, warm-up and ramps included.
   * @default 0 if `errorRate` or `requests.errorRate` is 0, else not judged
   * @example 10
   */
  resent?: Bounded
  /**
   * Budgets of the targets that have a name.
   * @default none
   * @example { db: { memory: '1GB', cpu: '50%' } }
   */
  targets?: Record<string, TargetBudgets>
  /**
   * Budgets of all requests, of whichever step: each counts by itself, where an iteration is all of its requests.
   * @default none
   * @example { p99: '50ms', errorRate: 0 }
   */
  requests?: RequestBudgets
  /**
   * Server-sent events a second, at least: those of all streams together.
   * @default not judged
   * @example 1_000
   */
  eventsRate?: Bounded
  /**
   * Bytes a second of the bodies of all responses, at least: as they are received, compressed if they are. Event
   * streams do not count.
   * @default not judged
   * @example '5MB/s'
   */
  bytesRate?: Bounded
  /**
   * Time from sending a request until the first event of its stream is complete, of all steps that read events.
   * @default not judged
   * @example { p99: '200ms' }
   */
  firstEvent?: LatencyBudgets
  /**
   * Budgets by step: `login`, or `workflowId.stepId` for a nested workflow's step.
   * @default none
   * @example { login: { p95: '50ms', errorRate: 0 } }
   */
  steps?: Record<string, StepBudgets>
  /**
   * The load generator itself.
   * @default none
   * @example { memory: '500MB', cpu: '90%' }
   */
  generator?: GeneratorBudgets
}

export type { Budget }
