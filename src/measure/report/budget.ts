import { type Kind, list, milliseconds, number, type Of, object, oneOf, optional, quantile, text } from '../kinds.ts'

/** What budgets are about: of iterations and steps, of the run, and of targets. */
export const METRICS = [
  ...(['rps', 'iterationRate', 'capacity', 'mean', 'max', 'percentile', 'errorRate', 'dropped'] as const),
  ...(['resent', 'eventsRate', 'bytesRate', 'contract'] as const),
  ...(['memory', 'memoryMean', 'memoryGrowth', 'cpu', 'cpuPerRequest', 'eventLoopDelay', 'gcPause'] as const),
  ...(['heap', 'series'] as const),
]

/** What bounds are numbers of. */
export const UNITS = [
  ...(['milliseconds', 'per second', 'share', 'count', 'cores', 'number'] as const),
  ...(['bytes', 'bytes per second', 'bytes per minute', 'bytes per 1000 requests'] as const),
]

export const OPERATORS = ['<', '<=', '>', '>='] as const

const BUDGET = {
  /** `p99`, `steps.login.p99`, `generator.cpu`. */
  key: text,
  /**
   * Keys below `budgets` that lead to it: `['steps', 'login', 'p99']`. Names of steps, targets and series may hold
   * dots.
   */
  path: list(text) as Kind<readonly string[], false>,
  /** The figure that is judged. */
  metric: oneOf(...METRICS),
  /** Whose figure it is. */
  of: oneOf('iterations', 'requests', 'step', 'target', 'generator'),
  /** Key of a step. */
  step: optional(text),
  /** Name of the target, where it has one. */
  target: optional(text),
  /** Name of the series. */
  series: optional(text),
  /** Which latency; absent: that of the whole. */
  latency: optional(oneOf('firstEvent')),
  /** 0 to 1, for percentiles. */
  quantile: optional(quantile),
  /** How the value has to compare with the bound. */
  operator: oneOf(...OPERATORS),
  /** Bound in the unit. */
  bound: number,
  /** Unit of the bound. */
  unit: optional(oneOf(...UNITS)),
  /** How `dropped` and `resent` are bounded; absent for the other metrics. */
  as: optional(oneOf('count', 'share')),
  /** What memory grows with. */
  per: optional(oneOf('minute', '1000 requests')),
  /** When it ends the run. */
  abort: optional(object({ grace: milliseconds, hold: milliseconds })),
  /** Length of the windows, in each of which the budget has to hold. */
  everyWindow: optional(milliseconds),
  /** `p99 <= 100 ms`. */
  title: text,
}

/** One budget, read and checked: plain data. */
export interface Budget extends Of<typeof BUDGET> {}

export const budget = object(BUDGET)
