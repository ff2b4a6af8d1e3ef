import type { Bound } from '../../src/budget/budget.ts'
import { findingOfRun, findingOfStep } from '../../src/budget/judge.ts'
import { quantileOf } from '../../src/budget/keys.ts'
import { bounded } from './bounded.ts'
import { type MatcherContext, type MatcherResult, misused } from './matcher.ts'
import { isLoadReport, isStepStatistics, kindOf } from './received.ts'

/**
 * That a percentile of the latency is at most `bound`: of a run's iterations (response time in open models, service
 * time in closed ones), or of the requests of one step (service time).
 *
 * `percentile` lies above 0 and below 100. `bound` is milliseconds, or text: `'80ms'`, `'< 1.5s'`. Too few samples for
 * the percentile decide nothing, and the assertion fails saying how many it takes.
 *
 * @example expect(report).toHoldPercentile(99.9, '250ms')
 * @example expect(report.steps.search).toHoldPercentile(99, '80ms')
 */
export function toHoldPercentile(
  this: MatcherContext,
  received: unknown,
  percentile: number,
  bound: Bound,
): MatcherResult {
  const of = isStepStatistics(received) ? 'step' : 'report'
  const call = { context: this, matcher: 'toHoldPercentile', of, args: [percentile, bound] }
  const key = `p${percentile}`
  const quantile = quantileOf(key)
  if (quantile === undefined)
    return misused(call, () => ({ expected: 'a percentile above 0 and below 100', received: String(percentile) }))

  const measurand = { path: [key], metric: 'percentile', quantile } as const
  if (isLoadReport(received))
    return bounded(call, { ...measurand, of: 'iterations' }, bound, 1, budget => findingOfRun(received, budget))
  if (isStepStatistics(received))
    return bounded(call, { ...measurand, of: 'step' }, bound, 1, budget => findingOfStep(received, budget))
  return misused(call, () => ({
    expected: 'a LoadReport, or one of its steps (report.steps.<stepId>)',
    received: kindOf(received),
    why:
      received === undefined
        ? 'A step that the workflow does not have is undefined. Look into Object.keys(report.steps).'
        : undefined,
  }))
}
