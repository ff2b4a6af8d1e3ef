import { expect, test } from 'vitest'
import { emptyCounts } from '../../src/load/counts/intervals.ts'
import { readShape } from '../../src/load/plan/shape.ts'
import { addProgress, joinIntervals } from '../../src/load/run/series.ts'
import type { Interval } from '../../src/measure/report.ts'

const counts = (start: number, passed: number, length = 1_000) => ({
  ...emptyCounts(start, 'measured'),
  passed,
  length,
})

test('an interval is complete when every thread has told of it, and comes in order', () => {
  const { series, seen } = watched(2)
  series.add(0, counts(0, 1))
  series.add(0, counts(1_000, 2))
  expect(seen).toEqual([])
  series.add(1, counts(0, 10))
  expect(seen).toEqual(['0: 11'])
  series.add(1, counts(1_000, 20))
  expect(seen).toEqual(['0: 11', '1000: 22'])
})

test('steps of all threads are in it: requests, their time, and what failed', () => {
  const { series } = watched(2)
  const of = (step: string, requests: number, errors = {}) => ({
    ...{ step, status: 200, requests, durations: requests * 2.5, buckets: new Uint32Array(18), errors },
  })
  series.add(0, { ...counts(0, 1), responses: [of('login', 4), of('pay', 2, { timeout: 1 })] })
  series.add(1, { ...counts(0, 1), responses: [of('login', 6, { reset: 1 }), of('pay', 0, { timeout: 2 })] })
  expect(series.intervals[0]).toMatchObject({
    stepRequests: { login: 10, pay: 2 },
    stepTimes: { login: 25, pay: 5 },
    errorKinds: { timeout: 3, reset: 1 },
  })
})

test('a thread that has ended is not waited for; what it told still counts', () => {
  const { series, seen } = watched(2)
  series.add(0, counts(0, 1))
  series.add(1, counts(0, 10))
  series.add(1, counts(1_000, 20, 300))
  series.end(1)
  expect(seen).toEqual(['0: 11'])
  series.add(0, counts(1_000, 2, 400))
  series.end(0)
  expect(seen).toEqual(['0: 11', '1000: 22'])
  expect(series.intervals[1]).toMatchObject({ start: 1_000, length: 400 })
})

test('the application is in it as it was when the first thread told', () => {
  let memory = 100
  const series = joinIntervals(
    2,
    () => ({ target: { memory, cpu: 0.5 } }),
    () => {},
  )
  series.add(0, counts(0, 1))
  memory = 200
  series.add(1, counts(0, 1))
  expect(series.intervals[0]!.target).toEqual({ memory: 100, cpu: 0.5 })
})

test('progress adds up; its share is of the time, or of the iterations', () => {
  const last = { ...interval(4_000), passed: 10, failed: 2, requests: 30 }
  const timed = addProgress(() => readShape({ rate: 12, duration: '9s', warmUp: '1s' }).plan!)
  timed({ ...last, start: 3_000, phase: 'warm-up' })
  expect(timed(last)).toEqual({
    elapsed: 5_000,
    total: 10_000,
    done: 0.5,
    phase: 'measured',
    last,
    recent: [last.p95, last.p95],
    passed: 20,
    failed: 4,
    requests: 60,
    wanted: (12 * 60) / 24,
  })
  const counted = addProgress(() => readShape({ vus: 4, iterations: 6 }).plan!)
  expect(counted(last)).toMatchObject({ done: 0.5, passed: 10, failed: 2 })
  expect(counted(last).total).toBeUndefined()
  expect(counted(last).wanted).toBeUndefined()
  const climbing = addProgress(() => readShape({ rps: 100, duration: '9s', rampUp: '10s', warmUp: 0 }).plan!)
  expect(climbing({ ...last, start: 2_000, phase: 'ramp-up' }).wanted).toBeCloseTo(25)
  expect(climbing({ ...last, start: 19_000, phase: 'ramp-down' }).wanted).toBeUndefined()
})

test('progress says how long no response has come, if iterations are in flight', () => {
  const counter = addProgress(() => readShape({ vus: 2, duration: '9s', warmUp: 0 }).plan!)
  const second = (n: number, requests: number, inFlight: number) =>
    counter({ ...interval(n * 1_000), requests, inFlight }).silent
  expect([second(0, 30, 2), second(1, 1, 2), second(2, 0, 2)]).toEqual([undefined, undefined, undefined])
  expect([second(3, 0, 2), second(4, 0, 2), second(5, 1, 2)]).toEqual([2_000, 3_000, undefined])
  expect([second(6, 0, 0), second(7, 0, 0), second(8, 0, 1)]).toEqual([undefined, undefined, undefined])
})

function watched(threads: number) {
  const seen: string[] = []
  const series = joinIntervals(
    threads,
    () => ({}),
    ({ start, passed }) => seen.push(`${start}: ${passed}`),
  )
  return { series, seen }
}

function interval(start: number): Interval {
  const zero = { due: 0, started: 0, dropped: 0, passed: 0, failed: 0, requests: 0, errors: 0, inFlight: 0 }
  return { start, length: 1_000, phase: 'measured', ...zero, p50: 0, p95: 0, p99: 0, mean: 0 }
}
