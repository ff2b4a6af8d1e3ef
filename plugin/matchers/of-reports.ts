import { whyRunFailed } from '../../src/budget/nothing.ts'
import { ended } from '../../src/ground/fault.ts'
import { capitalized } from '../../src/ground/words.ts'
import { whyHooksFailed } from '../../src/measure/report/hook-counts.ts'
import type { LoadReport, Verdict } from '../../src/measure/report.ts'
import { renderWorkflowReport } from '../../src/report/workflow.ts'
import {
  decided,
  isLoadReport,
  isWorkflowReport,
  type MatcherContext,
  type MatcherResult,
  notFor,
  type Sides,
  undecided,
} from './matcher.ts'

const EXPECTED = 'every budget to pass'

/**
 * Asserts that every budget which was given to the run passed. A run without budgets fails, and so does one that did
 * not get going, or of which nothing passed. With `.not`, at least one budget must have failed: inconclusive ones
 * decide nothing either way.
 *
 * @example expect(await runLoad({ ...options, budgets: { p99: '100ms' } })).toMeetItsBudgets()
 */
export function toMeetItsBudgets(this: MatcherContext, received: unknown): MatcherResult {
  const call = { context: this, matcher: 'toMeetItsBudgets', of: 'report' }
  if (!isLoadReport(received)) return notFor(call, 'a LoadReport, as runLoad resolves with', received)
  const { verdicts } = received
  const hooks = whyHooksFailed(received)
  if (hooks !== undefined) return undecided(call, () => ({ ...sides(verdicts), why: ended(hooks) }))
  if (verdicts.length === 0)
    return undecided(call, () => ({ expected: EXPECTED, received: 'no verdicts', why: noVerdicts(received) }))

  const failed = verdicts.some(({ verdict }) => verdict === 'fail')
  const open = verdicts.some(({ verdict }) => verdict === 'inconclusive')
  const missed = verdicts.some(({ verdict, judged }) => verdict === 'fail' && judged !== undefined)
  const found = missed ? undefined : whyRunFailed(received)
  if (found) return undecided(call, () => ({ ...sides(verdicts), why: `${capitalized(found.what)}: ${found.why}.` }))
  return !failed && open ? undecided(call, () => sides(verdicts)) : decided(call, !failed, () => sides(verdicts))
}

function noVerdicts({ state, cause }: LoadReport): string {
  return state === 'not run'
    ? `The load did not run: ${cause ?? 'the cause is not known'}`
    : 'The run had no budgets. Give runLoad budgets: { … }.'
}

function sides(verdicts: readonly Verdict[]): Sides {
  const marks = { pass: '✓', fail: '✗', inconclusive: '?' }
  const count = (of: Verdict['verdict']) => verdicts.filter(({ verdict }) => verdict === of).length
  const open = count('inconclusive') > 0 ? `, ${count('inconclusive')} inconclusive` : ''
  const received = `${count('pass')} of ${verdicts.length} passed${open}`
  const lines = verdicts.map(
    ({ verdict, title, value, because, note }) =>
      `${marks[verdict]} ${because === '' ? `${title}: ${value}` : because}${note === undefined ? '' : ` ${note}`}`,
  )
  return { expected: EXPECTED, received, why: lines.join('\n') }
}

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
