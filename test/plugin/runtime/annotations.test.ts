import { expect, test } from 'vitest'
import { annotationsOf } from '../../../plugin/runtime/workflow-suite.ts'
import type { StepRun } from '../../../src/workflow/outcome.ts'

const at = { file: 'x.yaml', line: 1, column: 1 }
const checks = [{ passed: false, condition: '$statusCode == 200', at, actual: { $statusCode: 503 } }]
const retry = { go: 'retry', after: 1_500, left: 1, action: 'busy' } as const

const attempt = (n: number, over: object = {}) =>
  ({ state: 'failed', stepId: 'a', attempt: n, checks, next: retry, ...over }) as unknown as StepRun

test('each failure that was dealt with is a note: what was wrong, and what came of it', () => {
  const passed = attempt(5, { state: 'passed', checks: [] })
  expect(
    annotationsOf(
      [
        attempt(1),
        attempt(2, {
          state: 'unanswered',
          cause: 'reset',
          error: 'Failed to read a response: the connection was reset. Look at the log.',
          fault: { verb: 'read', thing: 'a response', found: 'the connection was reset', advice: 'Look at the log.' },
          next: { go: 'step', stepId: 'login' },
        }),
        attempt(3, {
          checks: [],
          error: 'no value for "id"',
          next: { go: 'workflow', workflowId: 'other', action: 'leave' },
        }),
        passed,
      ],
      undefined,
    ),
  ).toMatchInlineSnapshot(`
    [
      "attempt 1: $statusCode == 200 is not met (503); tried again after 1.5 s (busy)",
      "attempt 2: Failed to read a response: the connection was reset; went on to step "login"",
      "attempt 3: no value for "id"; went on to workflow "other" (leave)",
    ]
  `)
})

test('the failure that the test reports itself is no note', () => {
  const last = attempt(2)
  expect(annotationsOf([attempt(1), last], last)).toHaveLength(1)
})

test('there are never more than three', () => {
  const attempts = Array.from({ length: 40 }, (_, n) => attempt(n + 1))
  expect(annotationsOf(attempts, undefined)).toMatchInlineSnapshot(`
    [
      "attempt 1: $statusCode == 200 is not met (503); tried again after 1.5 s (busy)",
      "attempt 2: $statusCode == 200 is not met (503); tried again after 1.5 s (busy)",
      "38 more attempts failed, the last of them attempt 40: $statusCode == 200 is not met (503); tried again after 1.5 s (busy)",
    ]
  `)
})
