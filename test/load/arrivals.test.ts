import { describe, expect, test } from 'vitest'
import { arrivalsOf } from '../../src/load/pace/arrivals.ts'
import type { OpenPlan, PlanTimes } from '../../src/load/plan/load-plan.ts'
import { readShape } from '../../src/load/plan/shape.ts'
import { correlation, distance } from '../simulate/statistics.ts'

describe('iterations at a rate', () => {
  test('one thread takes every arrival', () => {
    expect(dueTimes({ rate: 4, duration: '2s' }, 0, 1)).toEqual([0, 250, 500, 750, 1000, 1250, 1500, 1750])
  })

  test('three threads take turns, and together take each arrival once', () => {
    expect(dueTimes({ rate: 4, duration: '2s' }, 0, 3)).toEqual([0, 750, 1500])
    expect(dueTimes({ rate: 4, duration: '2s' }, 1, 3)).toEqual([250, 1000, 1750])
    expect(dueTimes({ rate: 4, duration: '2s' }, 2, 3)).toEqual([500, 1250])
  })

  test('also on a ramp', () => {
    const shape = { rate: 40, duration: '1s', rampUp: '1s', rampDown: '1s' }
    const all = dueTimes(shape, 0, 1)
    const striped = [0, 1, 2].flatMap(thread => dueTimes(shape, thread, 3)).sort((a, b) => a - b)
    expect(all).toHaveLength(20 + 40 + 20)
    expect(striped).toEqual(all)
  })
})

describe('requests at a rate', () => {
  test('an iteration of three requests comes a third as often', () => {
    // 12 requests a second, 3 an iteration: one iteration every 250 ms.
    expect(dueTimes({ rps: 12, duration: '1s' }, 0, 1, 3)).toEqual([0, 250, 500, 750])
  })

  test('threads take turns here too', () => {
    expect(dueTimes({ rps: 12, duration: '1s' }, 0, 2, 3)).toEqual([0, 500])
    expect(dueTimes({ rps: 12, duration: '1s' }, 1, 2, 3)).toEqual([250, 750])
  })

  test.each([
    ['twice as many requests as the plan says (every one retried)', 6],
    ['a third of them (the first step fails)', 1],
  ])('the rate holds when an iteration makes %s', (_, requests) => {
    const arrivals = arrivalsOf(planOf({ rps: 1000, duration: '60s' }), { index: 0, count: 1 }, 3)
    let made = 0
    for (; arrivals.next !== undefined; arrivals.take()) {
      made += requests
      arrivals.learn(requests)
    }
    // 60,000 asked for; what the first guess was wrong by is at most 64 times the difference.
    expect(Math.abs(made - 60_000)).toBeLessThanOrEqual(64 * Math.abs(requests - 3) + requests)
  })

  test('the rate holds when the number of requests changes at random', () => {
    const arrivals = arrivalsOf(planOf({ rps: 1000, duration: '60s' }), { index: 0, count: 1 }, 3)
    let made = 0
    let seed = 1
    for (; arrivals.next !== undefined; arrivals.take()) {
      seed = (seed * 48_271) % 2_147_483_647
      const requests = 1 + (seed % 10)
      made += requests
      arrivals.learn(requests)
    }
    expect(Math.abs(made - 60_000)).toBeLessThan(60_000 * 0.01)
  })

  test('an iteration that made no request counts as one, so that the rate of iterations stays bounded', () => {
    const arrivals = arrivalsOf(planOf({ rps: 100, duration: '10s' }), { index: 0, count: 1 }, 1)
    let n = 0
    for (; arrivals.next !== undefined; arrivals.take(), n++) arrivals.learn(0)
    expect(n).toBe(1000)
  })
})

describe('Poisson arrivals', () => {
  const shape = { rate: 1_000, duration: '20s', arrivals: 'poisson' }

  test('have exponential gaps that know nothing of one another (Kolmogorov and Smirnov)', () => {
    for (const seed of [1, 2, 3]) {
      const gaps = gapsOf(dueTimes({ ...shape, seed }, 0, 1))
      expect(Math.abs(gaps.length - 20_000)).toBeLessThan(4 * Math.sqrt(20_000))
      expect(distance(gaps, gap => 1 - Math.exp(-gap))).toBeLessThan(1.95 / Math.sqrt(gaps.length))
      expect(Math.abs(correlation(gaps))).toBeLessThan(4 / Math.sqrt(gaps.length))
    }
  })

  test('which evenly spaced ones have not', () => {
    const gaps = gapsOf(dueTimes({ rate: 1_000, duration: '20s' }, 0, 1))
    expect(distance(gaps, gap => 1 - Math.exp(-gap))).toBeGreaterThan(0.5)
  })

  test('on a ramp they follow the curve: with its area for time, the gaps are exponential', () => {
    const ramp = { ...shape, duration: 1, rampUp: '20s' }
    const times = dueTimes(ramp, 0, 1)
    // 50/s more each second: 50 t^2 / 2 arrivals by t.
    const area = times.filter(t => t < 20_000).map(t => 25 * (t / 1_000) ** 2)
    const gaps = area.map((at, index) => at - (area[index - 1] ?? 0))
    expect(Math.abs(area.length - 10_000)).toBeLessThan(4 * Math.sqrt(10_000))
    expect(distance(gaps, gap => 1 - Math.exp(-gap))).toBeLessThan(1.95 / Math.sqrt(gaps.length))
  })

  test.each([2, 3, 7])('are the same on %i threads as on one', count => {
    const all = dueTimes({ ...shape, duration: '2s', seed: 9 }, 0, 1)
    const striped = Array.from({ length: count }, (_, index) =>
      dueTimes({ ...shape, duration: '2s', seed: 9 }, index, count),
    )
    expect(striped.flat().sort((a, b) => a - b)).toEqual(all)
  })

  test('of requests: as many a second as asked for, the same on three threads', () => {
    const rps = { rps: 1_000, duration: '60s', arrivals: 'poisson' }
    const all = dueTimes(rps, 0, 1, 3)
    expect(Math.abs(all.length - 20_000)).toBeLessThan(4 * Math.sqrt(20_000))
    expect([0, 1, 2].flatMap(index => dueTimes(rps, index, 3, 3)).sort((a, b) => a - b)).toEqual(all)
  })

  test('another seed, other arrivals', () => {
    expect(dueTimes({ ...shape, seed: 1 }, 0, 1)[0]).not.toBe(dueTimes({ ...shape, seed: 2 }, 0, 1)[0])
  })

  /** In mean gaps, from the beginning on. */
  function gapsOf(times: readonly number[]): number[] {
    return times.map((at, index) => at - (times[index - 1] ?? 0))
  }
})

test('arrivals are numbered over all threads', () => {
  const arrivals = arrivalsOf(planOf({ rate: 4, duration: '2s' }), { index: 1, count: 3 }, 1)
  const numbers: number[] = []
  for (; arrivals.next !== undefined; arrivals.take()) numbers.push(arrivals.number)
  expect(numbers).toEqual([1, 4, 7])
})

function planOf(shape: unknown): OpenPlan & PlanTimes {
  const { plan } = readShape({ warmUp: 0, ...(shape as object) })
  if (plan?.model !== 'open' || plan.kind === 'capacity') throw new Error('no open plan')
  return plan
}

function dueTimes(shape: unknown, index: number, count: number, requestsPerRun = 1): number[] {
  const arrivals = arrivalsOf(planOf(shape), { index, count }, requestsPerRun)
  const times: number[] = []
  for (; arrivals.next !== undefined; arrivals.take()) times.push(arrivals.next)
  return times
}
