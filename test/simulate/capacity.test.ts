import { describe, expect, test } from 'vitest'
import { cases } from '../builders/thorough.ts'
import { simulateCapacity } from './capacity.ts'
import { FailingUser } from './failing-user.ts'
import {
  degradingServer,
  exponentialServer,
  fixedServer,
  type MakeServer,
  pausingServer,
  sharingServer,
} from './servers.ts'

/*
 * Searches for the capacity in virtual time against servers whose knee is known: parts as in a real run, on two
 * threads.
 *
 * Knee: c workers with a mean service time S do c / S at the most. With so many workers, and an allowed latency of ten
 * times S, what queues below that is allowed, so this is where the latency budget is missed too: for D/M/8 with S = 20
 * ms, P(W > t) = C exp(-(c/S) (1 - s) t) with s = exp(-(c/S) (1 - s) / r) (Gross and Harris, Fundamentals of Queueing
 * Theory, 5.3) is 1 % at t = 180 ms for r = 387 of 400 a second. A server that stops for a share a of the time has (1 - a) of that.
 * Processor sharing has heavier tails, so its mean is judged: S / (1 - load), at most, is 200 ms for a load of 0.9 of
 * one fast core, and nearer to 1 for eight. The degrading server takes S (1 + slope (L - k) / k) with L = r x that
 * requests in hand: the rate is highest where that is steepest, and beyond it the latency has no end.
 */

const S = 20
const knee = (8 * 1000) / S
const servers: Record<string, { make: MakeServer; knee: number; latency?: string }> = {
  'fixed service times, 8 workers': { make: fixedServer(8, S), knee },
  'exponential service times, 8 workers': { make: exponentialServer(8, S), knee: 0.97 * knee },
  'processor sharing on 8 cores': { make: sharingServer(8, S), knee: 0.98 * knee, latency: 'mean < 200ms' },
  'pauses of 100 ms every 2 s': { make: pausingServer(8, S, 2_000, 100), knee: 0.95 * knee, latency: 'p99 < 400ms' },
}

describe.each(Object.entries(servers))('%s', (_, { make, knee, latency = 'p99 < 200ms' }) => {
  test.each(cases([1, 2], [3]))('seed %i: within 10 % of the knee, in less than a minute', async seed => {
    // Begins where doubling does not come to the knee by itself.
    const shape = { capacity: { latency, from: 70, hold: '5s' }, seed, threads: 2 }
    const { capacity, length } = await simulateCapacity(shape, make, { seed })
    expect(capacity.held / knee).toBeGreaterThan(0.9)
    expect(capacity.held / knee).toBeLessThan(1.1)
    expect(capacity.missed! / capacity.held).toBeLessThan(1.051)
    expect(capacity.limitedBy).toBe('latency')
    expect(length).toBeLessThan(60_000)
  })
})

describe('hosts that share no memory', () => {
  const far = { every: 100, travel: 100, lead: 600 }

  const twoServers = ['exponential service times, 8 workers', 'pauses of 100 ms every 2 s']

  test.each(twoServers)('%s: find what threads of one process do', async name => {
    const { make, knee, latency = 'p99 < 200ms' } = servers[name]!
    const shape = { capacity: { latency, from: 70, hold: '5s' }, duration: '2s', threads: 3 }
    const { capacity, measured, windows } = await simulateCapacity(shape, make, { seed: 4, apart: far })
    expect(capacity.held / knee).toBeGreaterThan(0.9)
    expect(capacity.held / knee).toBeLessThan(1.1)
    expect(capacity.missed! / capacity.held).toBeLessThan(1.051)
    expect(capacity.limitedBy).toBe('latency')
    expect(windows).toHaveLength(1)
    // All of them agree on where the measured window is.
    expect(measured.reduce((sum, { due }) => sum + due, 0) / (2 * capacity.held)).toBeCloseTo(1, 0)
  })

  test('a rate is not missed, nor does a server stand still, for what has not been told yet', async () => {
    const shape = { capacity: { latency: 'p99 < 60ms', from: 50, to: 200, hold: '2s' }, duration: '2s', threads: 3 }
    const { capacity } = await simulateCapacity(shape, fixedServer(8, S), { apart: { ...far, travel: 400, lead: 900 } })
    expect(capacity.probes.map(({ rate, held, disturbedBy }) => [rate, held, disturbedBy])).toEqual([
      [50, true, undefined],
      [100, true, undefined],
      [200, true, undefined],
      [200, true, undefined],
    ])
  })
})

test('a rate that hosts heard of too late, and then began at once, is not said to be too much for the server', async () => {
  const shape = { capacity: { latency: 'p99 < 60ms', from: 50, to: 200, hold: '2s' }, duration: '2s', threads: 3 }
  const late = { every: 100, travel: 900, lead: 60 }
  const { capacity } = await simulateCapacity(shape, fixedServer(8, S), { apart: late })
  const missed = capacity.probes.filter(({ held }) => !held)
  expect(missed.length).toBeGreaterThan(0)
  expect(missed.map(({ limitedBy, disturbedBy }) => [limitedBy, disturbedBy])).toEqual(
    missed.map(() => ['machine', 'it was heard of late']),
  )
})

test('the report tells of every rate, and the measured window is at the one that held', async () => {
  const shape = { capacity: { latency: 'p99 < 200ms', from: 70 }, duration: '3s', threads: 2 }
  const { capacity, windows, measured, recorded, series } = await simulateCapacity(shape, fixedServer(8, S))
  const { probes, held } = capacity
  // Doubled while a look was enough, then between what held and what did not.
  expect(probes.slice(0, 4).map(({ rate, held, isShort }) => [rate, held, isShort])).toEqual([
    [70, true, true],
    [140, true, true],
    [280, true, true],
    [560, false, false],
  ])
  expect(probes[3]).toMatchObject({ limitedBy: 'latency', ranAway: true })
  expect(probes[3]!.because).toMatch(/^p99 .* is over 200 ms \(given up after .*\)$/)
  expect(probes[3]!.length).toBeLessThan(2_000)
  for (const { rate, achieved } of probes)
    if (rate <= 395) expect(achieved / rate, `${rate}/s`).toSatisfy(ratio => Math.abs(ratio - 1) < 0.02)
  expect(probes.at(-1)).toMatchObject({ rate: held, isMeasured: true, held: true, length: 3_000 })

  const [from = 0] = windows
  expect(windows).toHaveLength(1)
  for (const { window } of recorded) expect(window).toEqual({ from, to: from + 3_000 })
  const due = measured.reduce((sum, arrived) => sum + arrived.due, 0)
  expect(Math.abs(due - 3 * held)).toBeLessThanOrEqual(2)
  // Intervals of both threads are the same, and those of the window are called so.
  const phases = [...series.keys()].map(key => key.split(' ')[0])
  expect(new Set(phases)).toEqual(new Set(['warm-up', 'search', 'measured', 'ramp-down']))
  const inWindow = [...series].filter(([key]) => key.startsWith('measured'))
  expect(inWindow.map(([key]) => key)).toEqual([0, 1_000, 2_000].map(at => `measured ${from + at}`))
  for (const [, requests] of inWindow) expect(Math.abs(requests / held - 1)).toBeLessThan(0.05)
})

test('an iteration of several requests: rates are those of requests', async () => {
  const shape = { capacity: { latency: 'p99 < 200ms', from: 70 }, threads: 2 }
  const makeUser = (server: never, clock: never, recorder: never) =>
    new FailingUser(server, clock, recorder, { requests: 4 })
  // The guess is wrong at first, and learned.
  const options = { makeUser: makeUser as never, requestsPerRun: 1 }
  const { capacity } = await simulateCapacity(shape, fixedServer(8, S), options)
  expect(capacity.held / knee).toSatisfy(ratio => Math.abs(ratio - 1) < 0.1)
  const { iterations, length } = capacity.probes.at(-1)!
  expect((iterations * 4_000) / length / capacity.held).toSatisfy(ratio => Math.abs(ratio - 1) < 0.05)
})

test('a server that refuses what is too much is limited by its errors', async () => {
  const shape = { capacity: { latency: 'p99 < 200ms', errorRate: '2%', from: 70 }, threads: 2 }
  const makeUser = (server: never, clock: never, recorder: never) =>
    new FailingUser(server, clock, recorder, { mostAtOnce: 8 })
  const { capacity } = await simulateCapacity(shape, fixedServer(64, S), { makeUser: makeUser as never })
  expect(capacity.limitedBy).toBe('errorRate')
  expect(capacity.because).toMatch(/ % of .* iterations failed/)
  expect(capacity.held / knee).toSatisfy(ratio => Math.abs(ratio - 1) < 0.1)
})

test('slower with every request in hand: beyond the knee there is no way back, and the search finds it', async () => {
  const shape = { capacity: { latency: 'p99 < 200ms', from: 70 }, threads: 2 }
  const { capacity } = await simulateCapacity(shape, degradingServer(15, S, 3))
  // L = r S (1 + 3 (L - 15) / 15) has a solution up to r = 15 / (3 S).
  const steepest = 15_000 / (3 * S)
  expect(capacity.held / steepest).toBeGreaterThan(1)
  expect(capacity.missed).toBeLessThan(3 * steepest)
  expect(capacity.probes.some(({ ranAway }) => ranAway)).toBe(true)
})

test('all rates up to the highest hold', async () => {
  const shape = { capacity: { latency: 'p99 < 200ms', from: 70, to: 250 }, threads: 2 }
  const { capacity } = await simulateCapacity(shape, fixedServer(8, S))
  expect(capacity).toMatchObject({ held: 250, to: 250 })
  expect(capacity.missed).toBeUndefined()
  expect(capacity.probes.at(-2)).toMatchObject({ rate: 250, isShort: false, length: 5_000 })
})

test('when the first rate is too high lower ones are tried', async () => {
  const shape = { capacity: { latency: 'p99 < 200ms', from: 2_000 }, threads: 2 }
  const { capacity } = await simulateCapacity(shape, fixedServer(8, S))
  expect(capacity.held / knee).toSatisfy(ratio => Math.abs(ratio - 1) < 0.1)
})

test('a latency that no rate keeps: none held, and nothing is measured', async () => {
  const shape = { capacity: { latency: 'p50 < 10ms', from: 8 }, maxDuration: '20s', threads: 1 }
  const { capacity, windows, measured, ended } = await simulateCapacity(shape, fixedServer(8, S))
  expect(capacity).toMatchObject({ held: 0, limitedBy: 'latency' })
  expect(windows).toEqual([])
  expect(measured[0]).toMatchObject({ due: 0 })
  expect(ended[0]).toMatchObject({ reason: 'completed' })
})

test('a rate that a budget asks about is tried', async () => {
  const shape = { capacity: { latency: 'p99 < 200ms', from: 70 }, threads: 2 }
  const { capacity } = await simulateCapacity(shape, fixedServer(8, S), { marks: [333] })
  expect(capacity.probes.map(({ rate }) => rate)).toContain(333)
})

test('a hiccup is no limit: what was missed without piling up is tried once more', async () => {
  const hiccup: MakeServer = (clock, random) => {
    const server = fixedServer(8, S)(clock, random)
    const began = clock.now()
    // Stands still for 400 ms, once, while 280/s is tried.
    const isStill = () => clock.now() - began > 6_000 && clock.now() - began < 6_400
    return { serve: done => void (isStill() ? clock.after(400, () => server.serve(done)) : server.serve(done)) }
  }
  const shape = { capacity: { latency: 'p99 < 200ms', from: 70 }, threads: 2 }
  const { capacity } = await simulateCapacity(shape, hiccup)
  expect(capacity.held / knee).toSatisfy(ratio => Math.abs(ratio - 1) < 0.1)
})

describe('the generator is not blamed on the application', () => {
  test('when a thread is busy all the time', async () => {
    const busy = { mark: () => {}, stop: () => {}, read: () => ({ busy: 0.97, waited: 0, longestWait: 0 }) }
    const shape = { capacity: { latency: 'p99 < 200ms', from: 70 }, threads: 2 }
    const { capacity } = await simulateCapacity(shape, fixedServer(8, S), { strain: busy })
    expect(capacity.limitedBy).toBe('generator')
    expect(capacity.because).toContain('a load thread was busy 97 % of the time')
  })

  test('when its users do not suffice', async () => {
    // 8 users of 20 ms do 400/s; the server could do four times that.
    const shape = { capacity: { latency: 'p99 < 200ms', from: 70 }, maxVus: 8, threads: 2 }
    const { capacity } = await simulateCapacity(shape, fixedServer(32, S))
    expect(capacity.limitedBy).toBe('generator')
    expect(capacity.because).toContain('all were busy (maxVus)')
    expect(capacity.held / knee).toSatisfy(ratio => Math.abs(ratio - 1) < 0.1)
  })
})

test('cut short: what was found so far is told, and the books balance', async () => {
  const shape = { capacity: { latency: 'p99 < 200ms', from: 70 }, threads: 2 }
  const { capacity, ended, recorded } = await simulateCapacity(shape, fixedServer(8, S), { stopAt: 6_000 })
  expect(ended.map(({ reason }) => reason)).toEqual(['cut short', 'cut short'])
  expect(capacity.held).toBe(140)
  const { from, to } = recorded[0]!.window
  expect(to - from).toBe(0)
})
