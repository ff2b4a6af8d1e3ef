import type { Bound } from '../../src/budget/budget.ts'
import type { MatcherContext, MatcherResult } from './matcher.ts'
import { boundedRunOrStep, callOn } from './run-or-step.ts'

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
