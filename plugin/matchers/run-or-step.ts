import type { Measurand } from '../../src/budget/bound.ts'
import { findingOfRun, findingOfStep } from '../../src/budget/judge.ts'
import { bounded } from './bounded.ts'
import type { Call, MatcherContext, MatcherResult } from './matcher.ts'
import { isLoadReport, isStepStatistics, notFor } from './received.ts'

/** Call of a matcher on a run's iterations, on all of its requests, or on those of one of its steps. */
export function callOn(context: MatcherContext, matcher: string, received: unknown, args: readonly unknown[]): Call {
  return { context, matcher, of: isStepStatistics(received) ? 'step' : 'report', args }
}

/**
 * A matcher on a run's iterations, on all of its requests, or on those of one of its steps.
 *
 * @param why for what is none.
 */
export function boundedRunOrStep(
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
