import { expect, test } from 'vitest'
import { readShape } from '../../src/load/plan/shape.ts'
import { Recorder } from '../../src/load/thread/recorder.ts'
import { rehearse } from '../../src/load/thread/rehearsal.ts'

const planOf = (shape: object) => readShape(shape).plan!

test.each([
  ['open', { rate: 5, duration: '1m' }],
  ['closed', { vus: 3, duration: '1m' }],
  ['counted', { vus: 1, iterations: 2 }],
  ['a search', { capacity: { latency: 'p99 < 100ms' } }],
  ['adaptive', { adaptive: { maxVus: 10, latency: '50ms' }, duration: '1m' }],
])('%s: runs through warm-up, window and end, however long the plan is', async (_, shape) => {
  const { recorded, ledger, ended } = await rehearse(planOf(shape), ['login', 'buy'], ['iterations', 'requests of buy'])
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

test('tells of the window, and hands over what it was rehearsed with', async () => {
  const events: string[] = []
  const plan = planOf({ vus: 1, duration: '1s' })
  const { cast, recorded } = await rehearse(plan, ['login'], [], event => events.push(event))
  expect(events).toEqual(['begins', 'ends'])
  expect(cast.filter(one => one instanceof Recorder)).toHaveLength(1)
  expect(cast.length).toBeGreaterThan(1)
  // It is whole, to be recorded in.
  const recorder = cast.find(one => one instanceof Recorder)!
  expect(recorder.close(5_000).responseTime.count).toBe(recorded.responseTime.count)
})
