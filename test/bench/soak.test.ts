import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { accountsOf, unaccounted } from '../../bench/soak/accounts.ts'
import { FaultyApp, faults } from '../../bench/soak/faulty-app.ts'
import { type Bar, courseOf, flatness } from '../../bench/soak/flat.ts'
import { HANG, momentsOf, readSoak } from '../../bench/soak/plan.ts'
import { runLoad } from '../../src/hosts/run.ts'

test('a soak has a duration and a rate; its trouble lies between the quarters that are compared', () => {
  expect(readSoak([])).toMatchObject({ duration: 600_000, rps: 5_000, maxVus: 1_000, warmUp: 100_000, leak: 0 })
  expect(readSoak(['30m', '500', '10KB'])).toEqual({
    duration: 1_800_000,
    rps: 500,
    maxVus: 100,
    warmUp: 180_000,
    leak: 10_000,
    trouble: { from: 585_000, to: 1_395_000, restarts: [787_500, 990_000, 1_192_500], hangs: [686_250, 888_750] },
    rehearsal: { from: 22_500, to: 135_000, restarts: [78_750], hangs: [50_625, 106_875] },
  })
  expect(() => readSoak(['20s'])).toThrow(`"20s" leaves nothing to compare. Give '1m' or more`)
  expect(() => readSoak(['10'])).toThrow('Failed to read duration "10"')
  expect(() => readSoak(['10m', 'fast'])).toThrow('"fast" is not a rate')
  expect(() => readSoak(['10m', '500', 'much'])).toThrow('"much"')
})

test.each(['1m', '6m', '30m'])('trouble of a soak of %s is rehearsed in its warm-up, one at a time', time => {
  const { warmUp, trouble, rehearsal, rps, maxVus } = readSoak([time])
  for (const { from, to, restarts, hangs } of [rehearsal, trouble]) {
    expect(restarts.length).toBeGreaterThan(0)
    expect(hangs.length).toBeGreaterThan(0)
    const moments = [from, ...restarts, ...hangs, to].toSorted((a, b) => a - b)
    // A hang lasts 2 s, a restart a little longer than one.
    for (const [n, at] of moments.slice(0, -1).entries()) expect(moments[n + 1]! - at).toBeGreaterThan(2_000)
  }
  expect(rehearsal.to).toBeLessThan(warmUp - 4_000)
  expect(trouble.from).toBeGreaterThan(warmUp)
  // More iterations of three requests come while it hangs than there are users.
  expect(((HANG / 1_000) * rps) / 3).toBeGreaterThan(maxVus)
})

test('flat is what has grown by no more than its bar from the first quarter to the last', () => {
  const readings = (last: number) =>
    Array.from({ length: 100 }, (_, at) => ({ at, value: at < 20 ? 900 : at < 60 ? 100 : last }))
  const bar: Bar = { share: 0.05, more: 0, of: 'median' }
  const of = (last: number, over: Partial<Bar> = {}) => flatness(readings(last), 20, 100, { ...bar, ...over })
  expect(of(105)).toEqual({ first: 100, last: 105, isFlat: true })
  expect(of(106).isFlat).toBe(false)
  expect(of(106, { more: 6 }).isFlat).toBe(true)
  expect(of(50).isFlat).toBe(true)
  expect(flatness([], 20, 100, bar).isFlat).toBe(false)
  const burst = readings(500).map(({ at, value }) => ({ at, value: at === 99 ? 100 : value }))
  expect(flatness(burst, 20, 100, { ...bar, of: 'least' })).toEqual({ first: 100, last: 100, isFlat: true })
  expect(flatness(burst, 20, 98, { ...bar, of: 'last' })).toEqual({ first: 100, last: 500, isFlat: false })
  const calm = readings(106).map(({ at, value }) => ({ at, value: at % 20 < 10 ? value : 50 }))
  expect(flatness(calm, 20, 100, { ...bar, of: 'most' })).toEqual({ first: 100, last: 106, isFlat: false })
})

test('a leak that is small beside what garbage collections move is seen in the live heap', () => {
  const { duration, warmUp } = readSoak(['6m'])
  const live = (leak: number) =>
    Array.from({ length: duration / 1_000 }, (_, n) => ({ at: n * 1_000, value: 18e6 + leak * n + (n % 7) * 20_000 }))
  const bar: Bar = { share: 0.05, more: 500_000, of: 'last' }
  expect(flatness(live(0), warmUp, duration, bar).isFlat).toBe(true)
  expect(flatness(live(5_000), warmUp, duration, bar).isFlat).toBe(false)
})

test('the course of readings is their median towards each moment, and the first of all at the start', () => {
  const plan = readSoak(['1m'])
  expect(momentsOf(plan).map(({ at }) => at)).toEqual([0, 20_000, 30_000, 40_000, 50_000, 60_000])
  const readings = Array.from({ length: 55 }, (_, n) => ({ at: n * 1_000 + 500, value: n }))
  expect(courseOf(readings, momentsOf(plan))).toEqual([0, 17, 27, 37, 47, Number.NaN])
})

test.each(['wire', 'undici'] as const)('each bad response is in the books of both sides (%s)', async transport => {
  const app = new FaultyApp()
  app.every = 5
  app.server.listen(0, '127.0.0.1')
  onTestFinished(() => void app.end())
  await once(app.server, 'listening')
  const load = { rps: 300, duration: 1_500, warmUp: 0, threads: 1 }
  const origin = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  const workflow = 'bench/documents/three-steps.arazzo.yaml#buy'
  const running = runLoad({ workflow, servers: origin, transport, load })
  const report = await running
  for (const fault of faults) expect(app.books.dealt[fault], fault).toBeGreaterThan(5)
  const accounts = accountsOf(report, app.books)
  expect(accounts.map(({ what, generator, application }) => [what, generator - application])).toEqual([
    ['responses that came whole', 0],
    ['of them 503', 0],
    ['malformed heads', 0],
    ['requests without a whole response', 0],
    ['failed iterations, failed attempts', 0],
  ])
  app.books.answered--
  app.books.dealt.cut++
  expect(unaccounted(accountsOf(report, app.books))).toBe(2)
})
