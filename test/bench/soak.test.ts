import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { accountsOf, unaccounted } from '../../bench/soak/accounts.ts'
import { FaultyApp, faults } from '../../bench/soak/faulty-app.ts'
import { type Bar, flatness } from '../../bench/soak/flat.ts'
import { readSoak } from '../../bench/soak/plan.ts'
import { runLoad } from '../../src/load/run/run.ts'

test('a soak has a duration and a rate; its trouble lies between the quarters that are compared', () => {
  expect(readSoak([])).toMatchObject({ duration: 600_000, rps: 5_000, warmUp: 60_000 })
  expect(readSoak(['30m', '500'])).toEqual({
    ...{ duration: 1_800_000, rps: 500, warmUp: 120_000 },
    trouble: { from: 540_000, to: 1_380_000, restarts: [750_000, 960_000, 1_170_000] },
    rehearsal: { from: 30_000, to: 60_000, restarts: [45_000] },
  })
  expect(() => readSoak(['20s'])).toThrow(`"20s" leaves nothing to compare. Give '1m' or more`)
  expect(() => readSoak(['10'])).toThrow('Failed to read duration "10"')
  expect(() => readSoak(['10m', 'fast'])).toThrow('"fast" is not a rate')
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
    ['connections ended under a request', 0],
    ['failed iterations, failed attempts', 0],
  ])
  app.books.answered--
  app.books.dealt.cut++
  expect(unaccounted(accountsOf(report, app.books))).toBe(2)
})
