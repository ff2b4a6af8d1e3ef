import { describe, expect, test } from 'vitest'
import { cases } from '../builders/thorough.ts'
import { settled, simulateAdaptive } from './adaptive.ts'
import {
  degradingServer,
  exponentialServer,
  fixedServer,
  type MakeServer,
  pausingServer,
  sharingServer,
} from './servers.ts'

/*
 * Adaptive runs in virtual time against servers whose knee is known.
 *
 * Knee: the number of users at which the mean response time is the latency asked for, T. With c workers and a mean
 * service time S, and users that loop, the response time is S up to c users and L S / c for L of them beyond (the
 * workers never rest, so by Little's law L = c/S x response time): the knee is c T / S. It is the same for first come
 * first served and for processor sharing, whatever the distribution. A server that stops for a share a of the time has
 * (1 - a) of that. The degrading server takes S (1 + slope (L - k) / k) beyond k users: k (1 + (T/S - 1) / slope).
 *
 * Settled: the second minute of two; the first one begins at a tenth of maxVus. The mean of the limit over it, weighted
 * by time, lies within 15 % of the knee. Swing: the highest limit of that minute less the lowest, as a share of the
 * mean: below 20 %.
 */

const T = 50
const servers: Record<string, { make: MakeServer; knee: number }> = {
  'fixed service times, 16 workers': { make: fixedServer(16, 20), knee: (16 * T) / 20 },
  'exponential service times, 16 workers': { make: exponentialServer(16, 20), knee: (16 * T) / 20 },
  'processor sharing on 16 cores': { make: sharingServer(16, 20), knee: (16 * T) / 20 },
  'pauses of 100 ms every 2 s': { make: pausingServer(16, 20, 2_000, 100), knee: (0.95 * 16 * T) / 20 },
  'slower with every user beyond 30': { make: degradingServer(30, 20, 3), knee: 30 * (1 + (T / 20 - 1) / 3) },
}

describe('settles at the knee', () => {
  test.each(Object.entries(servers))('%s', async (_, { make, knee }) => {
    for (const seed of cases([1], [2, 3])) {
      const shape = { adaptive: { maxVus: 100, latency: T }, warmUp: '60s', duration: '60s', threads: 2 }
      const { limits, settling } = await simulateAdaptive(shape, make, seed)
      const { mean, swing } = settled(limits, 60_000)
      expect(mean / knee, `seed ${seed}: mean against knee`).toBeGreaterThan(0.85)
      expect(mean / knee, `seed ${seed}: mean against knee`).toBeLessThan(1.15)
      expect(swing, `seed ${seed}: swing`).toBeLessThan(0.2)
      expect(settling, `seed ${seed}: ${settling.because}`).toMatchObject({ settled: true })
    }
  })
})

/*
 * When the limit first came within 15 % of the knee, with windows of a second and of as many iterations as a mean takes
 * near to the latency: 13 to 15 s; of eight workers from one user on 28 s, and one change in 13 s.
 */
test('it uses the time that it has', async () => {
  const reached = async (make: MakeServer, knee: number, over: object) => {
    const shape = { adaptive: { maxVus: 100, latency: T, ...over }, warmUp: 0, duration: '30s', threads: 2 }
    const { limits } = await simulateAdaptive(shape, make)
    return limits.find(({ users }) => users >= knee * 0.85)!.from
  }
  for (const { make, knee } of Object.values(servers)) expect(await reached(make, knee, {})).toBeLessThan(5_000)
  expect(await reached(fixedServer(8, 40), 10, { maxVus: 20, from: 1 })).toBeLessThan(8_000)
})

test('a run that ends on its way up has not settled', async () => {
  const shape = { adaptive: { maxVus: 1_000, latency: T, from: 1 }, warmUp: 0, duration: '3s', threads: 1 }
  const { settling } = await simulateAdaptive(shape, fixedServer(500, 20))
  expect(settling).toEqual({ settled: false, because: 'it still rose at the end: measure longer' })
})

test('a latency that the server never keeps: one user is left', async () => {
  const shape = { adaptive: { maxVus: 100, latency: 10 }, warmUp: 0, duration: '60s' }
  const { limits } = await simulateAdaptive(shape, fixedServer(16, 20))
  expect(limits.at(-1)!.users).toBe(1)
})

test('a latency that it always keeps: maxVus', async () => {
  const shape = { adaptive: { maxVus: 30, latency: 500 }, warmUp: 0, duration: '60s' }
  const { limits, changes, settling } = await simulateAdaptive(shape, fixedServer(16, 20))
  expect(limits.at(-1)!.users).toBe(30)
  expect(settling.because).toMatch(/^\d+ to 30 users since .* s, which is maxVus$/)
  expect(Math.max(...changes.map(({ to }) => to))).toBe(30)
})

test('threads take turns in beginning and resting, and the same limit is decided for one as for three', async () => {
  const run = async (threads: number) => {
    const shape = { adaptive: { maxVus: 100, latency: T }, warmUp: 0, duration: '60s', threads }
    return settled((await simulateAdaptive(shape, fixedServer(16, 20))).limits, 20_000).mean
  }
  const [one, three] = [await run(1), await run(3)]
  expect(three / one).toBeGreaterThan(0.9)
  expect(three / one).toBeLessThan(1.1)
})
