import { resolve } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { expect, test } from 'vitest'
import { renderWorkflowReport } from '../../src/report/workflow.ts'
import type { StepRun, WorkflowReport } from '../../src/workflow/outcome.ts'

const at = (line: number, column: number) => ({ file: resolve('shop.arazzo.yaml'), line, column })

const around = {
  workflowId: 'checkout',
  attempt: 1,
  depth: 0,
  at: at(10, 7),
  next: { go: 'on' },
  duration: 12.34,
} as const

const exchange = (method: string, path: string, status?: number): StepRun['exchange'] => ({
  request: { method, url: `http://127.0.0.1:3000${path}`, headers: {} },
  ...(status !== undefined && { response: { status, headers: {} } }),
  sent: 0,
  ended: 12,
})

const login: StepRun = {
  ...around,
  state: 'passed',
  stepId: 'login',
  checks: [{ passed: true, condition: '$statusCode == 200', at: at(12, 20) }],
  outputs: { token: '…' },
  exchange: exchange('POST', '/login', 200),
}

const passed: WorkflowReport = {
  state: 'passed',
  outputs: { orderId: 12, lines: ['a', 'b'] },
  steps: [
    login,
    { ...login, stepId: 'order', exchange: exchange('POST', '/orders', 201), next: { go: 'end', action: 'done' } },
  ],
}

const failed: WorkflowReport = {
  state: 'failed',
  because: 'step pay failed: $statusCode == 200 is not met',
  outputs: {},
  steps: [
    login,
    {
      ...around,
      state: 'unanswered',
      stepId: 'reserve',
      workflowId: 'stock',
      depth: 1,
      cause: 'timeout',
      error: 'no response within 1 s',
      exchange: exchange('PUT', '/stock/7'),
      duration: 1001,
      next: { go: 'retry', after: 500, left: 2, action: 'once more' },
    },
    {
      ...login,
      stepId: 'reserve',
      workflowId: 'stock',
      depth: 1,
      attempt: 2,
      exchange: exchange('PUT', '/stock/7', 200),
    },
    {
      ...around,
      state: 'failed',
      stepId: 'pay',
      checks: [
        { passed: true, condition: '$response.body != null', at: at(30, 20) },
        {
          passed: false,
          condition: '$statusCode == 200',
          at: at(31, 20),
          expected: { $statusCode: 200 },
          actual: { $statusCode: 503 },
        },
        {
          passed: false,
          condition: '$response.body#/total > $inputs.least',
          at: at(32, 20),
          error: '$inputs.least is undefined',
          absent: { '$inputs.least': 'there is no input "least"' },
        },
      ],
      exchange: exchange('POST', '/pay', 503),
      next: { go: 'step', stepId: 'refund', action: 'give back' },
    },
    {
      ...around,
      state: 'failed',
      stepId: 'refund',
      checks: [],
      error: 'Failed to build the request: no value for id.',
      absent: { '$steps.pay.outputs.id': 'step "pay" gave no "id"' },
      next: { go: 'end' },
    },
    { ...around, state: 'skipped', stepId: 'receipt', because: 'step refund failed', duration: 0, next: { go: 'end' } },
  ],
}

test('a workflow that passed: its steps, and its outputs', () => {
  expect(renderWorkflowReport(passed, { color: false })).toMatchInlineSnapshot(`
    "✓ checkout passed
      ✓ login  POST http://127.0.0.1:3000/login -> 200, 12.3 ms
      ✓ order  POST http://127.0.0.1:3000/orders -> 201, 12.3 ms
          → ended the workflow (done)
      outputs
        orderId = 12
        lines = ["a","b"]"
  `)
})

test('a workflow that failed: attempts, checks with what they saw, and where the actions led', () => {
  expect(renderWorkflowReport(failed, { color: false })).toMatchInlineSnapshot(`
    "✗ checkout failed: step pay failed: $statusCode == 200 is not met
      ✓ login                  POST http://127.0.0.1:3000/login -> 200, 12.3 ms
        ✗ reserve              PUT http://127.0.0.1:3000/stock/7, 1 s
            timeout: no response within 1 s
            → tried again after 500 ms, 2 more allowed (once more)
        ✓ reserve (attempt 2)  PUT http://127.0.0.1:3000/stock/7 -> 200, 12.3 ms
      ✗ pay                    POST http://127.0.0.1:3000/pay -> 503, 12.3 ms
          ✗ $statusCode == 200  (shop.arazzo.yaml:31:20)
            expected $statusCode = 200
            actual   $statusCode = 503
          ✗ $response.body#/total > $inputs.least  (shop.arazzo.yaml:32:20)
            $inputs.least is undefined
            $inputs.least gave nothing: there is no input "least"
          → went to step refund (give back)
      ✗ refund                 12.3 ms
          Failed to build the request: no value for id.
          $steps.pay.outputs.id gave nothing: step "pay" gave no "id"
      - receipt
          step refund failed"
  `)
})

test('values are shortened, and cannot steer the terminal', () => {
  const outputs = { long: 'x'.repeat(1000), evil: 'a\u001b[2Jb\n', nothing: undefined }
  const text = renderWorkflowReport({ ...passed, outputs }, { color: false, width: 1000, name: 'checkout' })
  expect(text).toContain(`long = "${'x'.repeat(198)}…`)
  expect(text).not.toContain('\u001b')
  expect(text).toContain('nothing = undefined')
})

test('colours change nothing but the colour', () => {
  const coloured = renderWorkflowReport(failed, { color: true })
  expect(coloured).toContain('\u001b[31m')
  expect(stripVTControlCharacters(coloured)).toBe(renderWorkflowReport(failed, { color: false }))
})

test('what is only warned of is counted in the last line', () => {
  const warning = { passed: false, condition: 'OpenAPI: status is documented', at: at(4, 3) }
  const warned: WorkflowReport = {
    ...passed,
    steps: [
      { ...login, warnings: [warning, warning] },
      { ...passed.steps[1]!, warnings: [warning] },
    ],
  }
  const last = (report: WorkflowReport) => renderWorkflowReport(report, { color: false }).split('\n').at(-1)
  expect(last(warned)).toBe('! 3 warnings by OpenAPI in login, order')
  expect(last({ ...warned, steps: [{ ...login, warnings: [warning] }] })).toBe('! 1 warning by OpenAPI in login')
  expect(last(passed)).not.toContain('OpenAPI')
})
