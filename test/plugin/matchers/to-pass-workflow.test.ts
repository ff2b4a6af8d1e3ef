import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import type { StepRun, WorkflowReport } from '../../../src/workflow/outcome.ts'
import { aReport } from '../../builders/report.ts'
import { failing } from './failing.ts'

const at = { file: resolve('shop.arazzo.yaml'), line: 31, column: 20 }
const around = { workflowId: 'checkout', attempt: 1, depth: 0, at, next: { go: 'on' as const }, duration: 12 }

function step(stepId: string, status: number): StepRun {
  const exchange = {
    request: { method: 'POST', url: `http://127.0.0.1:3000/${stepId}`, headers: {} },
    response: { status, headers: {} },
    sent: 0,
    ended: 12,
  }
  const check = { condition: '$statusCode == 200', at, expected: { $statusCode: 200 }, actual: { $statusCode: status } }
  return status === 200
    ? { ...around, state: 'passed', stepId, checks: [{ ...check, passed: true }], outputs: {}, exchange }
    : { ...around, state: 'failed', stepId, checks: [{ ...check, passed: false }], exchange }
}

const passed: WorkflowReport = { state: 'passed', outputs: { orderId: 12 }, steps: [step('login', 200)] }
const failed: WorkflowReport = {
  state: 'failed',
  because: 'step pay: $statusCode == 200 is not met',
  outputs: {},
  steps: [step('login', 200), step('pay', 503)],
}

test('passes when the workflow does', () => {
  expect(passed).toPassWorkflow()
  expect(failed).not.toPassWorkflow()
})

test('shows the check that failed, and what it saw', () => {
  expect(failing(() => expect(failed).toPassWorkflow())).toMatchInlineSnapshot(`
    "expect(report).toPassWorkflow()

    Expected: the workflow to pass
    Received: failed: step pay: $statusCode == 200 is not met

    ✗ checkout failed: step pay: $statusCode == 200 is not met
      ✓ login  POST http://127.0.0.1:3000/login -> 200, 12 ms
      ✗ pay    POST http://127.0.0.1:3000/pay -> 503, 12 ms
          ✗ $statusCode == 200  (shop.arazzo.yaml:31:20)
            expected $statusCode = 200
            actual   $statusCode = 503"
  `)
})

test('with .not shows what ran', () => {
  expect(failing(() => expect(passed).not.toPassWorkflow())).toMatchInlineSnapshot(`
    "expect(report).not.toPassWorkflow()

    Expected: not the workflow to pass
    Received: passed

    ✓ checkout passed
      ✓ login  POST http://127.0.0.1:3000/login -> 200, 12 ms
      outputs
        orderId = 12"
  `)
})

test('other values are refused, either way', () => {
  expect(failing(() => expect(aReport()).toPassWorkflow())).toMatchInlineSnapshot(`
    "expect(report).toPassWorkflow()

    Expected: a WorkflowReport, as runWorkflow resolves with
    Received: a LoadReport"
  `)
  expect(failing(() => expect('passed').not.toPassWorkflow())).toContain('Received: the string passed')
})
