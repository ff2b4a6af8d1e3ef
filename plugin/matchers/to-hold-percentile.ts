import type { Bound } from '../../src/budget/budget.ts'
import { quantileOf } from '../../src/budget/keys.ts'
import { type MatcherContext, type MatcherResult, misused } from './matcher.ts'
import { boundedRunOrStep, callOn } from './run-or-step.ts'

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
