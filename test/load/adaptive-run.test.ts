import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Store, startStore } from '../../fixtures/load/store.ts'
import { runLoad } from '../../src/hosts/run.ts'
import { assertBalanced } from '../../src/load/thread/ledger.ts'
import type { LoadShape } from '../../src/measure/shape.ts'

const peek = fileURLToPath(new URL('../../fixtures/load/store.arazzo.yaml#peek', import.meta.url).href.split('#')[0]!)

let store: Store
beforeEach(async () => {
  store = await startStore()
  store.delay = 10
})
afterEach(() => store.kill())

async function run(adaptive: Extract<LoadShape, { adaptive: unknown }>['adaptive']) {
  const load = { adaptive, duration: '2500ms', warmUp: 0, threads: 2 }
  const report = await runLoad({ workflow: `${peek}#peek`, servers: store.url, load })
  assertBalanced(report.arrivals, 'the run')
  const { limitChanges = [], series } = report
  for (const [i, { from }] of limitChanges.entries()) expect(from).toBe(limitChanges[i - 1]?.to ?? adaptive.from)
  for (const { inFlight, start, length } of series) {
    const limits = limitChanges.filter(({ at }) => at <= start + length + 200).map(({ to }) => to)
    expect(inFlight).toBeLessThanOrEqual(Math.max(adaptive.from!, ...limits))
  }
  return { report, limitChanges, last: limitChanges.at(-1)?.to }
}

test('two threads follow one limit upwards, and the report tells of every change', async () => {
  const { report, limitChanges, last } = await run({ maxVus: 8, latency: '50ms', from: 4 })
  expect(report).toMatchObject({ state: 'completed', model: 'closed', threads: 2 })
  expect(limitChanges.length).toBeGreaterThan(1)
  expect(limitChanges[0]).toMatchObject({
    from: 4,
    to: 5,
    because: expect.stringMatching(/^mean .* ms is under 50 ms$/),
  })
  expect(last).toBeGreaterThan(5)
  expect(report.series.map(({ limit }) => limit)).toSatisfy((limits: number[]) =>
    limits.every(limit => limit >= 4 && limit <= 8),
  )
})

test('and downwards, to one user', async () => {
  const { limitChanges, last, report } = await run({ maxVus: 8, latency: '2ms', from: 6 })
  expect(limitChanges[0]).toMatchObject({ from: 6, to: 5 })
  expect(last).toBeLessThan(4)
  expect(report.arrivals.passed).toBeGreaterThan(20)
})
