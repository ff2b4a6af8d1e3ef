import type { Bound } from '../../src/budget/budget.ts'
import { findingOfRun, findingOfStep } from '../../src/budget/judge.ts'
import { bounded } from './bounded.ts'
import { type MatcherContext, type MatcherResult, misused } from './matcher.ts'
import { isLoadReport, isStepStatistics, kindOf } from './received.ts'

/**
 * That at most a share of a run's finished iterations failed, or of the requests of one step.
 *
 * `share` is a number from 0 to 1, or text: `'0.1%'`. As in budgets the bound itself is still kept, so 0 allows no
 * error.
 *
 * @example expect(report).toKeepErrorRateUnder('0.1%')
 * @example expect(report.steps.search).toKeepErrorRateUnder(0)
 */
export function toKeepErrorRateUnder(this: MatcherContext, received: unknown, share: Bound): MatcherResult {
  const of = isStepStatistics(received) ? 'step' : 'report'
  const call = { context: this, matcher: 'toKeepErrorRateUnder', of, args: [share] }
  const measurand = { path: ['errorRate'], metric: 'errorRate' } as const
  if (isLoadReport(received))
    return bounded(call, { ...measurand, of: 'iterations' }, share, 1, budget => findingOfRun(received, budget))
  if (isStepStatistics(received))
    return bounded(call, { ...measurand, of: 'step' }, share, 1, budget => findingOfStep(received, budget))
  return misused(call, () => ({
    expected: 'a LoadReport, or one of its steps (report.steps.<stepId>)',
    received: kindOf(received),
  }))
}
