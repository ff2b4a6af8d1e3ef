import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Store, startStore } from '../../fixtures/load/store.ts'
import { runLoad } from '../../src/hosts/run.ts'
import type { Progress } from '../../src/load/plan/options.ts'
import { assertBalanced } from '../../src/load/thread/ledger.ts'
import { mergeReports } from '../../src/report/merge.ts'
import { renderLoadReport } from '../../src/report/table.ts'

const peek = fileURLToPath(new URL('../../fixtures/load/store.arazzo.yaml#peek', import.meta.url).href.split('#')[0]!)

let store: Store
beforeEach(async () => {
  store = await startStore()
})
afterEach(() => store.kill())

test('two threads search together: errors end it, and the window is measured at the rate that held', async () => {
  // From 150 requests a second on, half of what comes is refused: counted in every stretch of 400 ms, in which what a
  // busy machine delays comes, too.
  let [since, count] = [0, 0]
  store.status = () => {
    const now = performance.now()
    if (now - since > 400) [since, count] = [now, 0]
    return ++count > 60 && count % 2 === 0 ? 503 : undefined
  }
  const progress: Progress[] = []
  const report = await runLoad({
    workflow: `${peek}#peek`,
    servers: store.url,
    load: {
      capacity: { latency: 'p90 < 5s', errorRate: '5%', from: 90, to: '720 rps', hold: '1s' },
      // Time for some rates only.
      maxDuration: '12s',
      duration: '1s',
      warmUp: 0,
      threads: 2,
    },
    budgets: { capacity: '>= 90 rps', rps: 20 },
    onProgress: seen => progress.push(seen),
  })
  assertBalanced(report.arrivals, 'the run')
  assertBalanced(report.measuredArrivals, 'the window')
  const { capacity } = report
  expect(report).toMatchObject({ state: 'completed', model: 'open', threads: 2, measured: 1_000 })
  expect(capacity).toMatchObject({ limitedBy: 'errorRate', latency: 'p90 < 5 s', errorRate: 0.05, to: 720 })
  expect(capacity!.held).toBeGreaterThanOrEqual(90)
  expect(capacity!.missed).toBeGreaterThan(100)
  const measured = capacity!.probes.at(-1)!
  expect(measured).toMatchObject({ isMeasured: true, rate: capacity!.held })
  expect(report.warmUp).toBe(measured.at)
  // Of the window's arrivals, as the plan has them, all are counted, and none else.
  expect(Math.abs(report.measuredArrivals.due - capacity!.held)).toBeLessThanOrEqual(2)
  const { passed, failed } = report.measuredArrivals
  expect(Math.abs(measured.iterations - passed - failed)).toBeLessThanOrEqual(2)
  expect(report.series.map(({ phase }) => phase)).toEqual(expect.arrayContaining(['search', 'measured']))
  expect(report.verdicts.map(({ verdict }) => verdict)).toEqual(['pass', 'pass'])
  expect(progress.some(({ probe, wanted }) => probe !== undefined && probe.rate === wanted)).toBe(true)
  // What is reported survives JSON, is shown, and merges with itself only one after the other.
  const text = renderLoadReport(JSON.parse(JSON.stringify(report)), { color: false, width: 120 })
  expect(text).toMatch(/capacity +\S+\/s held,\s+\S+\/s did not[\s\S]*limited\s+by\s+errors/)
  expect(() => mergeReports([report, report])).toThrow(/ran at the same time/)
})

test('cancelled, it tells what it has found so far, and decides nothing that is open', async () => {
  const abort = new AbortController()
  const report = await runLoad({
    workflow: `${peek}#peek`,
    servers: store.url,
    load: { capacity: { latency: 'p90 < 5s', from: 40, to: 5_000, hold: '1s' }, warmUp: 0, threads: 2 },
    budgets: { capacity: '>= 4000 rps' },
    signal: abort.signal,
    onProgress: ({ probe }) => {
      if (probe !== undefined && probe.number > 1) abort.abort()
    },
  })
  assertBalanced(report.arrivals, 'the run')
  expect(report).toMatchObject({ state: 'cut short', measured: 0, capacity: { held: expect.any(Number) } })
  expect(report.verdicts).toMatchObject([{ budget: 'capacity', verdict: 'inconclusive' }])
  expect(report.capacity!.held).toBeGreaterThanOrEqual(40)
  expect(report.verdicts[0]!.because).toContain('The run was cut short')
})
