import { expect } from 'vitest'
import type { Measurand } from '../../src/budget/bound.ts'
import type { Bound } from '../../src/budget/budget.ts'
import { findingOfProcesses, findingOfRun, findingOfStep } from '../../src/budget/judge.ts'
import { quantileOf } from '../../src/budget/keys.ts'
import { counted } from '../../src/ground/words.ts'
import {
  bounded,
  type Call,
  isLoadReport,
  isResourceUsage,
  isStepStatistics,
  type MatcherContext,
  type MatcherResult,
  misused,
  notFor,
} from './matcher.ts'

import { toMeetItsBudgets, toPassWorkflow } from './of-reports.ts'
import { toSustain, toSustainRps } from './to-sustain.ts'

export type { SustainOptions } from './to-sustain.ts'
export type { ArazzoMatchers } from './types.ts'

expect.extend(
  exact({
    toSustain,
    toSustainRps,
    toHoldPercentile,
    toStayUnderMemory,
    toStayUnderCpu,
    toKeepErrorRateUnder,
    toMeetItsBudgets,
    toPassWorkflow,
  }),
)

type Matcher = (this: MatcherContext, ...args: never[]) => MatcherResult | Promise<MatcherResult>

/**
 * Matchers that refuse unknown arguments: `toSustainRps(1_000, { latency: 'p99 < 100ms' })` would pass without a check
 * of the latency.
 */
function exact<Matchers extends Record<string, Matcher>>(matchers: Matchers): Matchers {
  return Object.fromEntries(
    Object.entries(matchers).map(([name, matcher]) => [name, refusing(name, matcher)]),
  ) as Matchers
}

function refusing(name: string, matcher: Matcher): Matcher {
  return function (this: MatcherContext, ...args: unknown[]) {
    // The first is what was received.
    const [most, given] = [matcher.length - 1, args.length - 1]
    if (given <= most) return matcher.apply(this, args as never[])
    const count = (n: number) => (n === 0 ? 'no arguments' : counted(n, 'argument'))
    return misused({ context: this, matcher: name, of: 'received', args: args.slice(1) }, () => ({
      expected: `${most > 1 ? 'at most ' : ''}${count(most)}`,
      received: count(given),
      why: 'Further arguments would be ignored. Write a separate assertion for them.',
    }))
  }
}

/**
 * Asserts that a process tree used at most so much CPU on average over the measured window.
 *
 * `bound` is a share of one core as a number (0.7), or text: `'70%'` (of one core, as `top` shows it), `'1.5 cores'`,
 * `'70% of machine'`. As in budgets the bound itself is still kept.
 *
 * @example expect(report.target).toStayUnderCpu('70%')
 */
function toStayUnderCpu(this: MatcherContext, received: unknown, bound: Bound): MatcherResult {
  const call = { context: this, matcher: 'toStayUnderCpu', of: 'report.target', args: [bound] }
  return boundedProcesses(call, received, 'cpu', bound)
}

/**
 * Asserts that the memory of a process tree never was above `bound` within the measured window.
 *
 * `bound` is bytes, or text: `'200MB'` (decimal), `'200MiB'` (binary). As in budgets the bound itself is still kept.
 *
 * @example expect(report.target).toStayUnderMemory('200MB')
 */
function toStayUnderMemory(this: MatcherContext, received: unknown, bound: Bound): MatcherResult {
  const call = { context: this, matcher: 'toStayUnderMemory', of: 'report.target', args: [bound] }
  return boundedProcesses(call, received, 'memory', bound)
}

/** A matcher on what processes used: `report.target` or `report.generator`. */
function boundedProcesses(call: Call, received: unknown, metric: 'memory' | 'cpu', bound: unknown): MatcherResult {
  if (isResourceUsage(received))
    return bounded(call, { path: [metric], metric, of: 'target' }, bound, received.cores, budget =>
      findingOfProcesses(received, budget),
    )
  return notFor(call, 'what processes used: report.target or report.generator', received, reason(received))
}

function reason(received: unknown): string | undefined {
  if (received === undefined)
    return (
      'report.target is undefined: no target process is known. Let the plugin start the application (server), or ' +
      'give runLoad target: { pid }.'
    )
  return isLoadReport(received)
    ? 'Say whose: report.target is the application, report.generator the load generator.'
    : undefined
}

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
function toHoldPercentile(this: MatcherContext, received: unknown, percentile: number, bound: Bound): MatcherResult {
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
function toKeepErrorRateUnder(this: MatcherContext, received: unknown, share: Bound): MatcherResult {
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
