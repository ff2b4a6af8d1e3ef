import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Store, startStore } from '../../../fixtures/load/store.ts'
import { runLoad } from '../../../src/hosts/run.ts'
import { assertBalanced } from '../../../src/load/thread/ledger.ts'
import { renderLoadReport } from '../../../src/report/table.ts'

const document = fileURLToPath(new URL('../../../fixtures/load/store.arazzo.yaml', import.meta.url))
const peek = `${document}#peek`

let store: Store
beforeEach(async () => {
  store = await startStore()
})
afterEach(() => store.kill())

test('threads of a real run agree on where the warm-up ends, and what comes before is in no figure', async () => {
  const cold = 300
  store.delay = cold
  const warmed = delay(1_200).then(() => {
    store.delay = 20
  })
  const report = await runLoad({
    workflow: peek,
    servers: store.url,
    load: { rate: 100, warmUp: 'auto', duration: '1s', threads: 2 },
    budgets: { p50: '200ms' },
  })
  await warmed
  const { warmUpCut, measuredArrivals, series } = report
  assertBalanced(report.arrivals, 'the run')
  assertBalanced(measuredArrivals, 'the window')
  // Twenty batches of a tenth of a second each are the least that tells; a busy machine may take longer.
  expect(warmUpCut!.at).toBeGreaterThanOrEqual(2_000)
  expect(warmUpCut!.at).toBeLessThanOrEqual(30_000)
  expect(report).toMatchObject({ state: 'completed', measured: 1_000, warmUp: warmUpCut!.at })
  expect(measuredArrivals.due).toBe(100)
  expect(report.arrivals.due).toBe(100 + Math.ceil(warmUpCut!.at / 10))
  expect(series.find(({ phase }) => phase === 'measured')!.start).toBe(warmUpCut!.at)
  expect(report.serviceTime.p50).toBeLessThan(cold)
  expect(report.generator.threads).toHaveLength(2)
  const doubted = report.doubts.some(({ kind }) => kind === 'warm-up never steady')
  expect(doubted).toBe(!warmUpCut!.steady)
  expect(renderLoadReport(report, { color: false, width: 300, verbose: true })).toContain(
    `warm-up      cut ${(warmUpCut!.at / 1_000).toPrecision(3).replace(/\.?0+$/, '')} s into the run: `,
  )
})

test('connections are open before anything is sent', async () => {
  let atFirst = 0
  store.status = n => {
    if (n === 0) atFirst = store.connections
    return undefined
  }
  const report = await runLoad({
    workflow: peek,
    servers: store.url,
    load: { vus: 6, duration: '200ms', warmUp: '200ms', threads: 2 },
  })
  expect(atFirst).toBe(6)
  expect(report.transport.connectionsOpened).toBe(6)
})
