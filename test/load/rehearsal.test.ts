import { expect, test } from 'vitest'
import { rehearse } from '../../src/load/rehearsal.ts'
import { readShape } from '../../src/load/shape.ts'

const planOf = (shape: object) => readShape(shape).plan!

test.each([
  ['open', { rate: 5, duration: '1m' }],
  ['closed', { vus: 3, duration: '1m' }],
  ['counted', { vus: 1, iterations: 2 }],
  ['a search', { capacity: { latency: 'p99 < 100ms' } }],
  ['adaptive', { adaptive: { maxVus: 10, latency: '50ms' }, duration: '1m' }],
])('%s: runs through warm-up, window and end, however long the plan is', async (_, shape) => {
  const { recorded, ledger, ended } = await rehearse(
    planOf(shape),
    ['login', 'buy'],
    ['iterations', { step: 'buy' }],
  )
  expect(ended.reason).toBe('completed')
  const { due, passed, failed, aborted } = ledger.measured()
  expect({ aborted, ended: passed + failed }).toEqual({ aborted: 0, ended: due })
  expect(ledger.whole().due).toBeGreaterThan(due)
  // Some fail, so that this is known, too.
  expect(failed).toBeGreaterThan(0)
  const [login, buy] = recorded.steps.map(({ requests }) => requests) as [number, number]
  // Requests count where they were sent, iterations where they were due.
  expect(Math.abs(login - due)).toBeLessThanOrEqual(8)
  expect(Math.abs(buy - passed)).toBeLessThanOrEqual(8)
  expect(recorded.errors).toHaveLength(1)
})

test('a workflow without requests of its own', async () => {
  const { ledger } = await rehearse(planOf({ vus: 1, duration: '1s' }), [], [])
  expect(ledger.measured().passed).toBeGreaterThan(0)
})
