import type { Bound } from '../../src/budget/budget.ts'
import { findingOfRun } from '../../src/budget/judge.ts'
import { bounded } from './bounded.ts'
import type { MatcherContext, MatcherResult } from './matcher.ts'
import { isLoadReport, notFor } from './received.ts'

/**
 * Asserts that a run made at least so many HTTP requests a second within its measured window.
 *
 * `rate` is a number a second, or text: `'1000/s'`, `'1000 rps'`. A generator that could not keep up decides nothing,
 * and the assertion fails saying so; so do requests that got a response when no iteration passed.
 *
 * @example expect(await runLoad(options)).toSustainRps(1_000)
 */
export function toSustainRps(this: MatcherContext, received: unknown, rate: Bound): MatcherResult {
  const call = { context: this, matcher: 'toSustainRps', of: 'report', args: [rate] }
  if (!isLoadReport(received)) return notFor(call, 'a LoadReport, as runLoad resolves with', received)
  const measurand = { path: ['rps'], metric: 'rps', of: 'iterations' } as const
  return bounded(call, measurand, rate, received.generator.cores, budget => findingOfRun(received, budget))
}
