import { renderWorkflowReport } from '../../src/report/workflow.ts'
import { decided, type MatcherContext, type MatcherResult } from './matcher.ts'
import { isWorkflowReport, notFor } from './received.ts'

/**
 * Asserts that a workflow passed. The message shows each step's attempts, with the checks that failed and the values
 * they saw.
 *
 * @example expect(await runWorkflow('./shop.arazzo.yaml#checkout')).toPassWorkflow()
 */
export function toPassWorkflow(this: MatcherContext, received: unknown): MatcherResult {
  const call = { context: this, matcher: 'toPassWorkflow', of: 'report' }
  if (!isWorkflowReport(received)) return notFor(call, 'a WorkflowReport, as runWorkflow resolves with', received)
  return decided(call, received.state === 'passed', () => ({
    expected: 'the workflow to pass',
    received: received.state === 'passed' ? 'passed' : `failed${received.because ? `: ${received.because}` : ''}`,
    why: renderWorkflowReport(received, { color: false }),
  }))
}
