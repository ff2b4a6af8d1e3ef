import type { Bound } from '../../src/budget/budget.ts'
import type { MatcherContext, MatcherResult } from './matcher.ts'
import { boundedProcesses } from './processes.ts'

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
