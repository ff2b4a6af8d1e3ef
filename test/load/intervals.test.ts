import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { IntervalCounts } from '../../src/load/counts/intervals.ts'
import {
  addCounts,
  bucketOf,
  emptyCounts,
  IntervalCounter,
  intervalOf,
  intervalsIn,
  percentileOfBuckets,
} from '../../src/load/counts/intervals.ts'
import { readShape } from '../../src/load/plan/shape.ts'

const plan = readShape({ rate: 10, duration: '2500ms', rampUp: 500, warmUp: '1500ms', rampDown: 200 }).plan!

describe('intervals of a run', () => {
  test('last a second, end with their phase, and go on while iterations drain', () => {
    const { counter, closed } = counting()
    counter.close(6_000)
    expect(closed.map(({ start, length, phase }) => `${start} + ${length} ${phase}`)).toEqual([
      '0 + 500 ramp-up',
      '500 + 1000 warm-up',
      '1500 + 500 warm-up',
      '2000 + 1000 measured',
      '3000 + 1000 measured',
      '4000 + 500 measured',
      '4500 + 200 ramp-down',
      '4700 + 1000 ramp-down',
      '5700 + 300 ramp-down',
    ])
  })

  test('have parts of a quarter of a second in short runs, which add up to them over all threads', () => {
    const threads = [1, 3].map(by => {
      const { counter, closed } = counting()
      for (const at of [10, 200, 260, 499, 500, 1_100, 1_499, 2_300]) {
        counter.roll(at)
        counter.counts.requests += by
        counter.counts.passed += by
        for (let i = 0; i < by; i++) counter.latency(at)
      }
      counter.close(2_600)
      return closed
    })
    for (const [i, sum] of threads[0]!.entries()) {
      addCounts(sum, threads[1]![i]!)
      const { parts = [], ...whole } = intervalOf(sum)
      const total = (of: 'requests' | 'passed' | 'length') => parts.reduce((all, part) => all + part[of], 0)
      expect([total('requests'), total('passed'), total('length')]).toEqual([
        whole.requests,
        whole.passed,
        whole.length,
      ])
    }
    const first = intervalOf(threads[0]![0]!).parts!
    expect(first.map(({ start, length, requests }) => [start, length, requests])).toEqual([
      [0, 250, 8],
      [250, 250, 8],
    ])
    expect(first[0]!.p99).toBeCloseTo(200, -1)
    expect(first[1]!.p50).toBeCloseTo(260, -1)
    const { counter, closed } = counting(readShape({ rate: 10, duration: '30s', warmUp: 0 }).plan!)
    counter.close(2_000)
    expect(closed.map(({ parts }) => parts)).toEqual([undefined, undefined])
  })

  test('follow one another wherever a phase begins, also within a millisecond', () => {
    const fraction = fc.double({ min: 0, max: 20_000, noNaN: true })
    // (4930.4 - 1930.4) / 1000 is 2.9999999999999996.
    const examples: [number, number][] = [[826, 1_104.4]]
    fc.assert(
      fc.property(fraction, fraction, (rampUp, warmUp) => {
        const from = intervalsIn({ ...plan, rampUp, warmUp, duration: 11_044 })
        let at = 0
        for (let count = 0; count < 60; count++) {
          const { end } = from(at)
          expect(end).toBeGreaterThan(at)
          expect(end - at).toBeLessThan(1_000.001)
          at = end
        }
      }),
      { examples },
    )
  })

  test('count what happened in them, and what was in flight at their end', () => {
    const { counter, closed } = counting()
    counter.counts.due += 3
    counter.flies(2, 0)
    counter.roll(500)
    counter.counts.due += 1
    counter.roll(1_499)
    counter.flies(-1, 1_000)
    counter.roll(1_500)
    expect(closed.map(({ due, inFlight }) => ({ due, inFlight }))).toEqual([
      { due: 3, inFlight: 2 },
      { due: 1, inFlight: 1 },
    ])
  })

  test('a run cut short ends with a short interval', () => {
    const { counter, closed } = counting()
    counter.close(700)
    expect(closed.at(-1)).toMatchObject({ start: 500, length: 200 })
    counter.close(700)
    expect(closed).toHaveLength(2)
  })
})

describe('latencies of an interval', () => {
  test.each([0.001, 0.05, 0.9, 1, 7.3, 100, 1_234, 60_000])(
    '%d ms is found again within half a bucket, 1.6 percent',
    latency => {
      const buckets = emptyCounts(0, 'measured').buckets
      buckets[bucketOf(latency)]!++
      expect(Math.abs(percentileOfBuckets(buckets, 1, 0.5) / latency - 1)).toBeLessThan(0.0157)
    },
  )

  test('what cannot be is put into the first or the last bucket', () => {
    expect(bucketOf(0)).toBe(0)
    expect(bucketOf(-1)).toBe(0)
    expect(bucketOf(1e12)).toBe(emptyCounts(0, 'measured').buckets.length - 1)
  })

  test('percentiles take the right sample', () => {
    const counts = emptyCounts(0, 'measured')
    for (let i = 1; i <= 100; i++) counts.buckets[bucketOf(i)]!++
    expect(percentileOfBuckets(counts.buckets, 100, 0.5) / 50).toBeCloseTo(1, 1)
    expect(percentileOfBuckets(counts.buckets, 100, 0.99) / 99).toBeCloseTo(1, 1)
    expect(percentileOfBuckets(emptyCounts(0, 'measured').buckets, 0, 0.99)).toBe(0)
  })

  test('know how many iterations were in flight on average, also when a start is told of late', () => {
    const { counter, closed } = counting()
    counter.roll(500)
    counter.flies(2, 750)
    counter.flies(1, 1_000)
    counter.roll(1_500)
    counter.flies(1, 1_400)
    counter.flies(-4, 1_750)
    counter.roll(2_000)
    expect(closed.map(counts => intervalOf(counts).concurrency)).toEqual([0, 2, 2])
    expect(intervalOf({ ...closed[1]!, ...{ flightTime: 3_000, length: 1_000 } }).concurrency).toBe(3)
  })

  test('of several threads add up', () => {
    const [a, b] = [counting(), counting()]
    for (let i = 0; i < 99; i++) a.counter.latency(10)
    b.counter.latency(1_000)
    a.counter.counts.passed = 99
    b.counter.counts.failed = 1
    a.counter.close(400)
    b.counter.close(500)
    const sum = a.closed[0]!
    addCounts(sum, b.closed[0]!)
    const { p50, p99, mean, ...rest } = intervalOf(sum)
    expect(rest).toMatchObject({ start: 0, length: 500, passed: 99, failed: 1 })
    expect(rest).not.toHaveProperty('buckets')
    expect(mean).toBe(19.9)
    expect([p50 / 10, p99 / 10]).toEqual([expect.closeTo(1, 1), expect.closeTo(1, 1)])
  })

  test('how late iterations began: of all threads, and not of closed models', () => {
    const [a, b] = [counting(), counting()]
    for (let i = 0; i < 99; i++) a.counter.late(2)
    b.counter.late(80)
    b.counter.late(90)
    for (const { counter } of [a, b]) counter.close(400)
    const sum = a.closed[0]!
    expect(intervalOf(sum).lateness! / 2).toBeCloseTo(1, 1)
    addCounts(sum, b.closed[0]!)
    expect(intervalOf(sum).lateness! / 80).toBeCloseTo(1, 1)
    expect(intervalOf(emptyCounts(0, 'measured')).lateness).toBeUndefined()
  })

  test('an interval in which nothing ended has none', () => {
    expect(intervalOf(emptyCounts(0, 'measured'))).toMatchObject({ p50: 0, p95: 0, p99: 0, mean: 0 })
  })
})

function counting(of = plan) {
  const closed: IntervalCounts[] = []
  const counter = new IntervalCounter(of, counts => closed.push(counts))
  return { counter, closed }
}
