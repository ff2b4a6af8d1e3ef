import type { Measurand } from '../../src/budget/bound.ts'
import type { Bound } from '../../src/budget/budget.ts'
import { findingOfRun, findingOfStep } from '../../src/budget/judge.ts'
import { quantileOf } from '../../src/budget/keys.ts'
import { bounded } from './bounded.ts'
import { type Call, type MatcherContext, type MatcherResult, misused } from './matcher.ts'
import { isLoadReport, isStepStatistics, notFor } from './received.ts'

/**
 * Asserts that a percentile of the latency is at most `bound`: of a run's iterations (response time in open models,
 * service time in closed ones), of all of its requests, or of those of one step (service time).
 *
 * `percentile` lies above 0 and below 100. `bound` is milliseconds, or text: `'80ms'`, `'< 1.5s'`. Too few samples for
 * the percentile decide nothing, and the assertion fails saying how many it takes.
 *
 * @example expect(report).toHoldPercentile(99.9, '250ms')
 * @example expect(report.allRequests).toHoldPercentile(99, '50ms')
 * @example expect(report.steps.search).toHoldPercentile(99, '80ms')
 */
export function toHoldPercentile(
  this: MatcherContext,
  received: unknown,
  percentile: number,
  bound: Bound,
): MatcherResult {
  const call = callOn(this, 'toHoldPercentile', received, [percentile, bound])
  const key = `p${percentile}`
  const quantile = quantileOf(key)
  if (quantile === undefined)
    return misused(call, () => ({ expected: 'a percentile above 0 and below 100', received: String(percentile) }))
  const why =
    received === undefined
      ? 'A step that the workflow does not have is undefined. Look into Object.keys(report.steps).'
      : undefined
  return boundedRunOrStep(call, received, { path: [key], metric: 'percentile', quantile }, bound, why)
}

/**
 * Asserts that at most a share of a run's finished iterations failed, or of the requests of one step.
 *
 * `share` is a number from 0 to 1, or text: `'0.1%'`. As in budgets the bound itself is still kept, so 0 allows no
 * error.
 *
 * @example expect(report).toKeepErrorRateUnder('0.1%')
 * @example expect(report.steps.search).toKeepErrorRateUnder(0)
 */
export function toKeepErrorRateUnder(this: MatcherContext, received: unknown, share: Bound): MatcherResult {
  const call = callOn(this, 'toKeepErrorRateUnder', received, [share])
  return boundedRunOrStep(call, received, { path: ['errorRate'], metric: 'errorRate' }, share)
}

/** Call of a matcher on a run's iterations, on all of its requests, or on those of one of its steps. */
function callOn(context: MatcherContext, matcher: string, received: unknown, args: readonly unknown[]): Call {
  return { context, matcher, of: isStepStatistics(received) ? 'step' : 'report', args }
}

/**
 * Matcher on a run's iterations, on all of its requests, or on those of one step.
 *
 * @param why reason for other values.
 */
function boundedRunOrStep(
  call: Call,
  received: unknown,
  measurand: Omit<Measurand, 'of'>,
  bound: unknown,
  why?: string,
): MatcherResult {
  if (isLoadReport(received))
    return bounded(call, { ...measurand, of: 'iterations' }, bound, 1, budget => findingOfRun(received, budget))
  if (isStepStatistics(received))
    return bounded(call, { ...measurand, of: 'step' }, bound, 1, budget => findingOfStep(received, budget))
  return notFor(call, 'a LoadReport, its allRequests, or one of its steps (report.steps.<stepId>)', received, why)
}
