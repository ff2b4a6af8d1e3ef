import { expect, test } from 'vitest'
import type { Interval } from '../../src/measure/report.ts'
import { limitEntries } from '../../src/report/figures.ts'
import { aReport } from '../builders/report.ts'

const interval = (phase: Interval['phase'], limit: number): Interval => ({
  start: 0,
  length: 1_000,
  phase,
  due: 0,
  started: 0,
  dropped: 0,
  passed: 0,
  failed: 0,
  requests: 0,
  errors: 0,
  inFlight: 0,
  p50: 0,
  p95: 0,
  p99: 0,
  mean: 0,
  limit,
})
const change = { at: 14_000, from: 38, to: 42, signal: 44, because: 'mean 44 ms is under 50 ms' }
const textOf = (over: Parameters<typeof aReport>[0]) => limitEntries(aReport(over)).map(({ text }) => text)

test('where the limit was in the measured window, and its last change', () => {
  const series = [interval('warm-up', 10), interval('measured', 36), interval('measured', 42), interval('measured', 40)]
  const limitChanges = [{ ...change, at: 1_000 }, change]
  expect(textOf({ series, limitChanges })).toEqual([
    '36 to 42 users, 39 on average; 2 changes, the last at 14 s from 38 to 42: mean 44 ms is under 50 ms',
  ])
  expect(textOf({ series: series.slice(0, 2), limitChanges: [change] })).toEqual([
    '36 users; 1 change, the last at 14 s from 38 to 42: mean 44 ms is under 50 ms',
  ])
  expect(textOf({ series: [interval('measured', 1)], limitChanges: [] })).toEqual(['1 user; it never changed'])
})

test('whether it has settled, and why not', () => {
  const series = [interval('measured', 40)]
  const of = (limitSettling: { settled: boolean; because: string }) =>
    textOf({ series, limitChanges: [], limitSettling })[0]
  expect(of({ settled: true, because: '36 to 42 users since 4.2 s' })).toBe('settled: 36 to 42 users since 4.2 s')
  expect(of({ settled: false, because: 'it still rose\u001b[2J' })).toMatch(/^not settled: it still rose/)
  expect(of({ settled: false, because: 'it still rose\u001b[2J' })).not.toContain('\u001b')
})

test('nothing of runs without one', () => {
  expect(textOf({})).toEqual([])
  expect(textOf({ state: 'not run', limitChanges: [] })).toEqual([])
})
