import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { percentileOf } from '../../src/measure/histogram.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { mergeReports } from '../../src/report/merge.ts'
import { aNodeTarget, anEndpoint, aReport, aStep, latencies, someProcesses } from '../builders/report.ts'
import { aLongRun } from './html/a-long-run.ts'

const start = '2026-03-01T12:00:00.000Z'
const later = '2026-03-01T13:00:00.000Z'

const counts = (passed: number, failed: number) => ({
  due: passed + failed,
  dropped: 0,
  started: passed + failed,
  passed,
  failed,
  aborted: 0,
})

function half(samples: number[], over: Partial<LoadReport> = {}): LoadReport {
  const summary = latencies(samples)
  return aReport({
    responseTime: summary,
    serviceTime: summary,
    requests: samples.length,
    measuredArrivals: counts(samples.length, 0),
    steps: { login: aStep({ requests: samples.length, serviceTime: summary }) },
    ...over,
  })
}

test('two halves have the percentiles of the whole', () => {
  const samples = fc.array(fc.double({ min: 0.001, max: 50_000, noNaN: true }), {
    minLength: 1,
    maxLength: 400,
  })
  fc.assert(
    fc.property(samples, fc.nat(), (all, cut) => {
      const at = 1 + (cut % all.length)
      const merged = mergeReports([half(all.slice(0, at)), half(all.slice(at), { startedAt: later })])
      const whole = latencies(all)
      for (const q of [0, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 1]) {
        expect(percentileOf(merged.responseTime, q)).toBe(percentileOf(whole, q))
        expect(percentileOf(merged.steps.login!.serviceTime, q)).toBe(percentileOf(whole, q))
      }
      expect(merged.requests).toBe(all.length)
    }),
    { numRuns: 50 },
  )
})

test('one after the other: times add up, rates do not', () => {
  const [first, second] = [
    half([1, 2], { measured: 30_000, rps: 600 }),
    half([3], { startedAt: later, measured: 10_000, rps: 200 }),
  ]
  const merged = mergeReports([second, first])
  expect(merged).toMatchObject({
    startedAt: start,
    measured: 40_000,
    rps: 500,
    threads: 1,
    state: 'completed',
  })
})

test('at the same time: rates and threads add up, time does not', () => {
  const merged = mergeReports([half([1, 2], { rps: 600 }), half([3], { rps: 200, threads: 2 })])
  expect(merged).toMatchObject({ measured: 30_000, rps: 800, threads: 3 })
})

test('targets come together by name: peaks, means, and of growth all that it may be', () => {
  const growing = (value: number) => ({ perMinute: { value, lower: value - 10, upper: value + 10 } })
  const one = aLongRun(10, [], {
    target: aNodeTarget({ memoryGrowth: growing(100) }),
    targets: { db: anEndpoint() },
  })
  const two = aLongRun(10, [], {
    target: aNodeTarget({ memoryGrowth: growing(300), cpuPerRequest: 2 }),
    targets: { db: anEndpoint({ missing: {} }), cache: someProcesses() },
    startedAt: later,
  })
  const { target, targets } = mergeReports([one, two])
  expect(target!.memoryGrowth).toEqual({ perMinute: { value: 300, lower: 90, upper: 310 } })
  expect(target!.cpuPerRequest).toBeCloseTo((0.92 + 2) / 2)
  expect(target!.node).toMatchObject({ heapPeak: 71e6, gc: { count: 80, longest: 7.5 } })
  expect(targets!.cache).toEqual(someProcesses())
  expect(targets!.db!.series!.queue).toEqual({ min: 0, mean: 3.25, max: 14, last: 2 })
  expect(targets!.db!.missing).toBeUndefined()
})

test('counts, errors, resources and doubts come together; verdicts are for a judge', () => {
  const one = aLongRun(10, ['login', 'list'], {
    measuredArrivals: counts(90, 10),
    target: someProcesses({ memoryPeak: 200e6, cpu: 0.5 }),
  })
  const two = aLongRun(10, ['login', 'list'], {
    measuredArrivals: counts(99, 1),
    target: someProcesses({ memoryPeak: 150e6, cpu: 1 }),
    startedAt: later,
  })
  const merged = mergeReports([one, two])
  expect(merged.measuredArrivals).toEqual(counts(189, 11))
  expect(merged.errorRate).toBeCloseTo(11 / 200, 10)
  expect(merged.errors).toHaveLength(1)
  expect(merged.errors[0]!.count).toBe(24)
  expect(merged.target).toMatchObject({ memoryPeak: 200e6, cpu: 0.75, samples: 240 })
  expect(merged.doubts).toHaveLength(1)
  expect(merged.series).toHaveLength(20)
  expect(merged.series[10]!.start).toBe(10_000)
  expect(Object.keys(merged.steps)).toEqual(['login', 'list'])
  expect(merged.verdicts).toEqual([])
})

test('seconds of runs at the same time add up', () => {
  const merged = mergeReports([aLongRun(10, ['login']), aLongRun(12, ['login'])])
  expect(merged.series).toHaveLength(12)
  expect(merged.series[5]!.requests).toBe(1200)
})

describe('runs that do not go together', () => {
  test.each([
    ['none', [], 'there are none. Give at least one.'],
    [
      'another workflow',
      [aReport(), aReport({ workflow: { file: 'a', workflowId: 'pay' } })],
      'one is of workflow checkout, another of pay. Merge only runs of the same load test.',
    ],
    [
      'another model',
      [aReport(), aReport({ model: 'closed' })],
      'one is of model open, another of closed. Merge only runs of the same load test.',
    ],
  ] as const)('%s', (_, reports, found) => {
    expect(() => mergeReports(reports)).toThrow(`Failed to merge results: ${found}`)
  })

  test('one that did not run is not forgotten', () => {
    const merged = mergeReports([aReport(), aReport({ state: 'not run', cause: 'refused' })])
    expect(merged).toMatchObject({ state: 'cut short', cause: '1 of 2 runs did not run', requests: 18_000 })
    expect(mergeReports([aReport({ state: 'not run', cause: 'refused' })]).state).toBe('not run')
  })
})
