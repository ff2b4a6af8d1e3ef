import { expect, test } from 'vitest'
import type { ResponseView } from '../../src/expression/index.ts'
import { waitBefore } from '../../src/workflow/retry-after.ts'

/** Wait before a retry of 3 s, after a response that asks for another one. */
function waitAfter(asked: string | undefined, limits: Partial<Parameters<typeof waitBefore>[3]> = {}) {
  const response = { header: () => asked } as Partial<ResponseView> as ResponseView
  const plan = { maxRetryAfter: undefined, runTime: undefined, ...limits }
  return waitBefore({ type: 'retry', retryAfter: 3_000 } as never, { step: {} } as never, response, plan)
}

test('a response decides how long to wait, and the action if it says nothing that is valid', () => {
  expect(['7', '0', '0.5', '-5', 'soon', undefined].map(asked => waitAfter(asked))).toEqual([
    ...[7_000, 0, 500, 3_000, 3_000, 3_000],
  ])
})

test('a response may not ask for more than maxRetryAfter, or else the time of the test or load', () => {
  expect(waitAfter('7', { maxRetryAfter: 7_000 })).toBe(7_000)
  expect(waitAfter('7', { maxRetryAfter: 5_000 })).toContain('longer than the 5 s that are allowed (maxRetryAfter)')
  expect(waitAfter('7', { runTime: 5_000 })).toContain('longer than the 5 s that are allowed (time of the test')
  expect(waitAfter(undefined, { maxRetryAfter: 1_000 })).toBe(3_000)
})
