import { expect } from 'vitest'
import { assertBalanced } from '../../src/load/thread/ledger.ts'
import type { Interval, LoadReport } from '../../src/measure/report.ts'

const counted = ['due', 'started', 'dropped', 'passed', 'failed'] as const

const sum = <T>(list: readonly T[], of: (item: T) => number) => list.reduce((total, item) => total + of(item), 0)

/** Expects of a report what is true of every one, whatever happened. */
export function expectConsistent(report: LoadReport): void {
  const { arrivals, measuredArrivals, series, state } = report
  assertBalanced(arrivals, 'the run')
  assertBalanced(measuredArrivals, 'the window')
  for (const [field, count] of Object.entries(measuredArrivals))
    expect(count, field).toBeLessThanOrEqual(arrivals[field as keyof typeof arrivals])

  expect(Object.fromEntries(counted.map(field => [field, sum(series, interval => interval[field])]))).toEqual(
    Object.fromEntries(counted.map(field => [field, arrivals[field]])),
  )
  expectContiguous(series)
  const inWindow = series.filter(({ phase }) => phase === 'measured')
  const requests = sum(inWindow, interval => interval.requests)
  // What is answered while a run that was cut short or counted drains, is after its window.
  if (state === 'completed' && !('iterations' in report.shape)) expect(report.requests).toBe(requests)
  else expect(report.requests).toBeLessThanOrEqual(requests)

  const { passed, failed, aborted } = measuredArrivals
  expect(report.errorRate).toBe(passed + failed > 0 ? failed / (passed + failed) : 0)
  // Who is aborted after the graceful stop counts; who is aborted because the run is cut short does not.
  const finished = passed + failed
  expect(report.responseTime.count).toBeLessThanOrEqual(finished + aborted)
  expect(report.responseTime.count).toBeGreaterThanOrEqual(finished + (state === 'completed' ? aborted : 0))
  expect(report.serviceTime.count).toBe(report.responseTime.count)
  expect(report.rps).toBeCloseTo(report.measured > 0 ? (report.requests * 1_000) / report.measured : 0, 6)

  const steps = Object.values(report.steps)
  expect(sum(report.errors, ({ count }) => count)).toBe(sum(steps, ({ errors }) => errors))
  for (const { requests, errors, serviceTime } of steps) {
    expect(serviceTime.count).toBeLessThanOrEqual(requests)
    expect(serviceTime.count).toBeGreaterThanOrEqual(requests - errors)
  }
  expect(JSON.parse(JSON.stringify(report))).toEqual(structuredClone(report))
}

/** One interval after another, none of no length, and nothing in flight after the last. */
function expectContiguous(series: readonly Interval[]): void {
  let end = 0
  for (const { start, length, phase, inFlight } of series) {
    expect(start).toBeCloseTo(end, 6)
    expect(length).toBeGreaterThan(0)
    expect(length).toBeLessThanOrEqual(phase === 'ramp-down' ? Infinity : 1_000)
    expect(inFlight).toBeGreaterThanOrEqual(0)
    end = start + length
  }
  expect(series.at(-1)?.inFlight ?? 0).toBe(0)
}
