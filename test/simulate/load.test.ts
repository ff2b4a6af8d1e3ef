import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rampsPacer } from '../../src/load/pace/arrivals.ts'
import type { FakeServer } from './fake-user.ts'
import { steadyServer } from './fake-user.ts'
import { simulate } from './simulate.ts'

/* What holds for every load, whatever the shape, the server and the end. */

const time = fc.integer({ min: 0, max: 3_000 })
const pause = fc.option(fc.oneof(time, fc.constant({ uniform: [0, 500] })), { nil: undefined })
const times = { warmUp: time, thinkTime: pause }
const ramped = { ...times, duration: fc.integer({ min: 1, max: 5_000 }), rampUp: time, rampDown: time }
const shapes = fc.oneof(
  fc.record({
    rate: fc.double({ min: 0.1, max: 300, noNaN: true }),
    maxVus: fc.integer({ min: 1, max: 50 }),
    ...ramped,
  }),
  fc.record({
    rps: fc.double({ min: 0.1, max: 300, noNaN: true }),
    maxVus: fc.integer({ min: 1, max: 50 }),
    ...ramped,
  }),
  fc.record({ vus: fc.integer({ min: 1, max: 20 }), pacing: pause, ...ramped }),
  fc.record({
    stages: fc.array(
      fc.record({
        vus: fc.integer({ min: 1, max: 20 }),
        duration: fc.integer({ min: 1, max: 2_000 }),
        hold: fc.integer({ min: 1, max: 2_000 }),
      }),
      { minLength: 1, maxLength: 4 },
    ),
  }),
  fc.record({
    vus: fc.integer({ min: 1, max: 20 }),
    iterations: fc.integer({ min: 1, max: 20 }),
    pacing: pause,
    maxDuration: fc.integer({ min: 1, max: 5_000 }),
    ...times,
  }),
)
/** Answers after some time, fails now and then, and does not answer at all now and then. */
const servers = fc.record({
  after: fc.integer({ min: 1, max: 2_000 }),
  failEvery: fc.integer({ min: 1, max: 10 }),
  hangEvery: fc.integer({ min: 1, max: 30 }),
})
const endings = fc.option(fc.integer({ min: -10, max: 15_000 }), { nil: undefined })
const means = fc.record({
  steps: fc.integer({ min: 1, max: 4 }),
  stopAt: endings,
  gracefulStop: time,
  isShared: fc.boolean(),
})

test('the books balance, and the intervals add up to them', async () => {
  await fc.assert(
    fc.asyncProperty(shapes, servers, means, async (shape, server, options) => {
      // `simulate` checks the ledgers itself.
      const run = await simulate(shape, moody(server), options)
      for (const field of ['due', 'started', 'dropped', 'passed', 'failed'] as const) {
        expect(run.intervals.reduce((sum, interval) => sum + interval[field], 0)).toBe(run.whole[field])
        expect(run.measured[field]).toBeLessThanOrEqual(run.whole[field])
      }
      expect(run.intervals.at(-1)?.inFlight ?? 0).toBe(0)
      const counted = run.measured.passed + run.measured.failed
      expect(run.responseTime.count).toBeGreaterThanOrEqual(counted)
      expect(run.responseTime.count).toBeLessThanOrEqual(counted + run.measured.aborted)
      expect(run.serviceTime.count).toBe(run.responseTime.count)
      expect(run.responseTime.mean).toBeGreaterThanOrEqual(run.serviceTime.mean * 0.998)
    }),
    { numRuns: 150 },
  )
})

test('as many iterations are due as the curve says, on however many threads', async () => {
  const rates = fc.record({ rate: fc.double({ min: 1, max: 200, noNaN: true }), ...ramped })
  await fc.assert(
    fc.asyncProperty(rates, fc.integer({ min: 1, max: 5 }), async (shape, count) => {
      const { rate, rampUp, warmUp, duration, rampDown } = shape
      const pacer = rampsPacer([
        { from: 0, to: rate, length: rampUp },
        { from: rate, to: rate, length: warmUp + duration },
        { from: rate, to: 0, length: rampDown },
      ])
      let expected = 0
      while (pacer.dueAt(expected) !== undefined) expected++
      let due = 0
      for (let index = 0; index < count; index++) {
        due += (await simulate(shape, steadyServer(5), { share: { index, count } })).whole.due
      }
      expect(due).toBe(expected)
    }),
    { numRuns: 30 },
  )
})

describe('threads that share a rate of requests', () => {
  test.each([1, 2, 3, 7])('%d of them make 300/s together, whatever an iteration turns out to make', async count => {
    // The plan says three requests; a third of the iterations fails at the first.
    let n = 0
    const server: FakeServer = {
      answer: () => ({ after: 2, ...(n++ % 5 === 0 && { failure: { kind: 'criterion', message: 'no' } }) }),
    }
    let requests = 0
    for (let index = 0; index < count; index++) {
      const shape = { rps: 300, duration: '30s', warmUp: '10s' }
      requests += (await simulate(shape, server, { steps: 3, share: { index, count } })).throughput.requests
    }
    expect(requests / 30).toBeGreaterThan(300 * 0.98)
    expect(requests / 30).toBeLessThan(300 * 1.02)
  })
})

function moody({ after, failEvery, hangEvery }: { after: number; failEvery: number; hangEvery: number }): FakeServer {
  let n = 0
  return {
    answer() {
      n++
      if (hangEvery > 1 && n % hangEvery === 0) return { after: 60_000 }
      if (failEvery > 1 && n % failEvery === 0) return { after, failure: { kind: 'criterion', message: 'no' } }
      return { after }
    },
  }
}
