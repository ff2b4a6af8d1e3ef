import { expect, test } from 'vitest'
import { addedTexts, coarseText, readCounts, startOf } from '../../src/measure/latency-counts.ts'
import { drawnSeries, spreadOf, stretchesOf } from '../../src/report/drawn.ts'
import { changesOf, historyOf } from '../../src/report/history.ts'
import { slowGroups } from '../../src/report/html/page.ts'
import { sideBySide } from '../builders/report.ts'
import { aLongRun } from './html/a-long-run.ts'
import { aSimulatedRun } from './html/a-simulated-run.ts'

const series = aLongRun(60, []).series

test('what is left of a second at the end is not drawn, a whole one is', () => {
  const cut = series.map((interval, i) => (i === 59 ? { ...interval, length: 310 } : interval))
  expect(drawnSeries(cut)).toHaveLength(59)
  expect(drawnSeries(series)).toHaveLength(60)
  expect(drawnSeries(cut.slice(-1))).toHaveLength(1)
})

test('a long run is drawn in stretches of one phase', () => {
  const hour = aLongRun(3600, []).series
  const stretches = stretchesOf(hour)
  expect(stretches.length).toBeLessThan(310)
  expect(stretches.flat()).toEqual(hour)
  expect(stretches.every(stretch => new Set(stretch.map(({ phase }) => phase)).size === 1)).toBe(true)
  expect(stretchesOf(series)).toHaveLength(60)
  expect(spreadOf([5, undefined, 1, Number.NaN, 9, 3])).toEqual({ low: 1, middle: 4, high: 9 })
  expect(spreadOf([undefined])).toBeUndefined()
})

test('latencies of a second by size are text that adds up', () => {
  const buckets = new Uint32Array(28 * 32)
  // 1 ms is in the doubling from 512 us, 3 ms in that from 2,048 us.
  for (const [us, count] of [
    [1000, 3],
    [3000, 2],
  ] as const) {
    const doubling = Math.floor(Math.log2(us))
    buckets[doubling * 32 + Math.floor((us / 2 ** doubling - 1) * 32)] = count
  }
  const text = coarseText(buckets, 32)
  expect(text).toBe('39:3,0,0,0,0,0,2')
  expect([startOf(39), startOf(40), startOf(45)]).toEqual([0.896, 1.024, 2.56])
  expect([...readCounts(addedTexts(text, '40:1', sideBySide)!)]).toEqual([
    [39, 3],
    [40, 1],
    [45, 2],
  ])
  expect(addedTexts('', 'no counts', sideBySide)).toBe('')
})

test('the slowest requests that ended together are of one stall; those that followed one another are not', () => {
  const slow = (step: string, at: number, latency: number) => ({
    step,
    at,
    latency,
    thread: 1,
    request: `GET /${step}`,
  })
  const groups = slowGroups([slow('a', 8000, 880), slow('b', 8300, 575), slow('c', 8100, 782), slow('d', 2000, 90)])
  expect(groups.map(({ requests, at }) => [requests.map(({ step }) => step).join(''), at])).toEqual([
    ['acb', 8882],
    ['d', 2090],
  ])
  expect(groups.map(({ isStall }) => isStall)).toEqual([true, false])
  expect(slowGroups([slow('a', 0, 50), slow('b', 52, 5)])).toHaveLength(2)
  // Sent at one moment and ended at one moment: requests that are slow alike.
  const [alike] = slowGroups([slow('a', 100, 500), slow('b', 103, 504), slow('c', 101, 507)])
  expect(alike).toMatchObject({ count: 3, isStall: false })
})

test('what changed since the last kept run: better or worse only where the ranges do not touch', () => {
  const run = (slower: number, day: number) =>
    aSimulatedRun({
      ...{ seconds: 20, steps: ['list'], budgets: { p50: '50ms', rps: 100, cpu: '90%' }, slower, seed: day },
      over: { startedAt: `2026-03-0${day}T12:00:00.000Z` },
    })
  const changed = (to: number) => changesOf(historyOf(run(to, 3), [run(0.2, 1), run(1, 2)])!)!
  const kinds = (to: number) => changed(to).changes.map(({ budget, kind }) => `${budget.key} ${kind}`)
  expect(changed(1.3).since).toBe('2026-03-02T12:00:00.000Z')
  expect(kinds(1.3)).toEqual(['p50 worse', 'rps unknown', 'cpu unknown'])
  expect(kinds(0.7)[0]).toBe('p50 better')
  expect(kinds(1)[0]).toBe('p50 within')
  expect(changed(1.3).changes[0]!.size).toMatch(/^\+(29|3[01]) %$/)
})
