import type { Bound } from '../../src/budget/budget.ts'
import { findingOfProcesses } from '../../src/budget/judge.ts'
import { bounded } from './bounded.ts'
import type { Call, MatcherContext, MatcherResult } from './matcher.ts'
import { isLoadReport, isResourceUsage, notFor } from './received.ts'

/**
 * Asserts that a process tree used at most so much CPU on average over the measured window.
 *
 * `bound` is a share of one core as a number (0.7), or text: `'70%'` (of one core, as `top` shows it), `'1.5 cores'`,
 * `'70% of machine'`. As in budgets the bound itself is still kept.
 *
 * @example expect(report.target).toStayUnderCpu('70%')
 */
export function toStayUnderCpu(this: MatcherContext, received: unknown, bound: Bound): MatcherResult {
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
export function toStayUnderMemory(this: MatcherContext, received: unknown, bound: Bound): MatcherResult {
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
