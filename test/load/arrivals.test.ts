import { describe, expect, test } from 'vitest'
import { arrivalsOf } from '../../src/load/pace/arrivals.ts'
import type { OpenPlan, PlanTimes } from '../../src/load/plan/load-plan.ts'
import { readShape } from '../../src/load/plan/shape.ts'

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
