import { expect, test } from 'vitest'
import { bucketOf } from '../../src/load/counts/intervals.ts'
import { durationBucketOf, ResponseCounter, ResponseTotals } from '../../src/load/counts/response-counts.ts'
import { DURATION_BOUNDS } from '../../src/measure/latency-counts.ts'
import { mergeResponses } from '../../src/measure/report/failures.ts'
import { sideBySide } from '../builders/report.ts'

const methods = new Map([
  ['login', 'POST'],
  ['list', 'GET'],
])
const keys = [...methods.keys()]

const brief = (totals: ResponseTotals) =>
  totals.groups.map(({ step, method, status, requests, errors }) => [step, method, status, requests, errors])

test('attempts are counted by step and status, and handed out once', () => {
  const counter = new ResponseCounter(keys)
  counter.add(0, 200, true, 3, undefined)
  counter.add(0, 503, true, 40, 'criterion')
  counter.add(0, 200, true, 0.4, undefined)
  counter.add(1, undefined, true, undefined, 'refused')
  counter.add(1, undefined, false, undefined, 'request')
  counter.addCall('pay', 'criterion')
  const totals = new ResponseTotals(methods)
  totals.add(counter.take())
  expect(counter.take()).toBeUndefined()
  counter.add(0, 200, true, 20_000, undefined)
  totals.add(counter.take())
  expect(brief(totals)).toEqual([
    ['login', 'POST', '200', 3, {}],
    ['login', 'POST', '503', 1, { criterion: 1 }],
    ['list', 'GET', 'none', 1, { refused: 1, request: 1 }],
    ['pay', 'none', 'none', 0, { criterion: 1 }],
  ])
  const [{ durations, buckets }] = totals.groups as [(typeof totals.groups)[number]]
  expect(durations).toBeCloseTo(20_003.4)
  expect(buckets.map((count, i) => [DURATION_BOUNDS[i] ?? 'more', count]).filter(([, count]) => count)).toEqual([
    [0.5, 1],
    [5, 1],
    ['more', 1],
  ])
})

test('a bound belongs to the bucket below it', () => {
  for (const [i, bound] of DURATION_BOUNDS.entries()) {
    expect(durationBucketOf(bound)).toBe(i)
    expect(durationBucketOf(bound * 1.001)).toBe(i + 1)
  }
  expect(durationBucketOf(0)).toBe(0)
})

test('ten statuses of a step are kept apart, over all threads and intervals together', () => {
  const totals = new ResponseTotals(methods)
  for (const from of [200, 205, 210]) {
    const counter = new ResponseCounter(keys)
    for (let interval = 0; interval < 2; interval++) {
      for (let status = from; status < from + 15; status++) counter.add(0, status, true, 1, undefined)
      counter.add(1, 200, true, 1, undefined)
      const taken = counter.take()!
      expect(taken.filter(({ step }) => step === 'login')).toHaveLength(11)
      totals.add(taken)
    }
  }
  const login = totals.groups.filter(({ step }) => step === 'login')
  expect(login.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, (_, i) => String(200 + i)), 'other'])
  expect(login.reduce((sum, { requests }) => sum + requests, 0)).toBe(90)
  expect(totals.groups.find(({ step }) => step === 'list')).toMatchObject({ status: '200', requests: 6 })
})

test('those of several runs add up, and the runs keep theirs', () => {
  const totals = new ResponseTotals(methods)
  const counter = new ResponseCounter(keys)
  counter.add(0, 200, true, 3, undefined)
  counter.add(0, 503, true, 3, 'criterion')
  totals.add(counter.take())
  const whole = mergeResponses([...totals.groups], [...totals.groups], sideBySide)!
  expect(whole.map(({ status, requests, durations, errors }) => [status, requests, durations, errors])).toEqual([
    ['200', 2, 6, {}],
    ['503', 2, 6, { criterion: 2 }],
  ])
  expect(totals.groups[0]!.requests).toBe(1)
})

test('what is within a bound and what is above it are two buckets here, and one where percentiles are read', () => {
  expect([0.999, 1, 1.001].map(durationBucketOf)).toEqual([4, 4, 5])
  expect(new Set([0.999, 1, 1.001].map(bucketOf)).size).toBe(1)
})
