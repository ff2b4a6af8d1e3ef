import { expect, test } from 'vitest'
import type { ResponseView } from '../../src/expression/index.ts'
import { waitBefore } from '../../src/workflow/retry-after.ts'

/** Wait before a retry of 3 s, after a response that asks for another one. */
function waitAfter(asked: string | undefined, limits: { timeout?: number; runTime?: number } = {}) {
  const response = { header: () => asked } as Partial<ResponseView> as ResponseView
  const { timeout, runTime } = limits
  return waitBefore({ type: 'retry', retryAfter: 3_000 } as never, { step: { timeout } } as never, response, {
    runTime,
  })
}

test('a response decides how long to wait, and the action if it says nothing that is valid', () => {
  expect(['7', '0', '0.5', '-5', 'soon', undefined].map(asked => waitAfter(asked))).toEqual([
    ...[7_000, 0, 500, 3_000, 3_000, 3_000],
  ])
})

test('a response may not ask for more than the timeout of the step, or else the time of the test or load', () => {
  expect(waitAfter('7', { timeout: 7_000 })).toBe(7_000)
  expect(waitAfter('7', { timeout: 5_000 })).toContain('longer than the 5 s that are allowed (timeout of the step)')
  expect(waitAfter('7', { runTime: 5_000 })).toContain('longer than the 5 s that are allowed (time of the test')
  expect(waitAfter(undefined, { timeout: 1_000 })).toBe(3_000)
})
