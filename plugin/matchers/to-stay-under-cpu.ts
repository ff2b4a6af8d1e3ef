import type { Bound } from '../../src/budget/budget.ts'
import type { MatcherContext, MatcherResult } from './matcher.ts'
import { boundedProcesses } from './processes.ts'

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
