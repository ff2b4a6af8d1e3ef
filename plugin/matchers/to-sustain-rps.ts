import type { Bound } from '../../src/budget/budget.ts'
import { findingOfRun } from '../../src/budget/judge.ts'
import { whyNothingPassed } from '../../src/report/nothing.ts'
import { bounded } from './bounded.ts'
import { type MatcherContext, type MatcherResult, misused } from './matcher.ts'
import { isLoadReport, kindOf } from './received.ts'

/**
 * That a run made at least so many HTTP requests a second within its measured window.
 *
 * `rate` is a number a second, or text: `'1000/s'`, `'1000 rps'`. A generator that could not keep up decides nothing,
 * and the assertion fails saying so; so do requests that got a response when no iteration passed.
 *
 * @example expect(await runLoad(options)).toSustainRps(1_000)
 */
export function toSustainRps(this: MatcherContext, received: unknown, rate: Bound): MatcherResult {
  const call = { context: this, matcher: 'toSustainRps', of: 'report', args: [rate] }
  if (!isLoadReport(received))
    return misused(call, () => ({ expected: 'a LoadReport, as runLoad resolves with', received: kindOf(received) }))
  const measurand = { path: ['rps'], metric: 'rps', of: 'iterations' } as const
  return bounded(call, measurand, rate, received.generator.cores, budget => {
    const finding = findingOfRun(received, budget)
    const nothing = finding.verdict === 'pass' ? whyNothingPassed(received) : undefined
    return nothing === undefined ? finding : { ...finding, verdict: 'inconclusive', why: `Nothing passed: ${nothing}.` }
  })
}
