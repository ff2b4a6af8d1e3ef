import { describe, expect, test } from 'vitest'
import type { Budgets } from '../../src/budget/budget.ts'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import type { LoadShape } from '../../src/measure/shape.ts'
import { amount } from '../builders/thorough.ts'
import { randomOf } from '../simulate/random.ts'
import { bimodalServer, fixedServer, type MakeServer } from '../simulate/servers.ts'
import { stretches } from './cases.ts'
import { type Harm, runIn, UNHARMED } from './world.ts'

const RUNS = amount(10, 20)
const open = (rate: number, seed: number): LoadShape => ({ rate, duration: 5_000, warmUp: 500, seed, threads: 1 })
const closed = (vus: number, seed: number): LoadShape => ({ vus, duration: 5_000, warmUp: 500, seed, threads: 1 })

/** Two programs that have the cores of generator and application for a quarter of the time and more. */
const busy = (length: number, random: () => number): Harm => ({
  ...UNHARMED,
  aways: stretches(length, 4, 0.25, random).map(one => ({ ...one, by: 'core' })),
  starved: stretches(length, 4, 0.2 + 0.15 * random(), random),
})

/** Reports of runs next to two programs that take the cores now and then, from generator and application. */
function beside(server: MakeServer, load: (seed: number) => LoadShape, cpu = 0.1): Promise<LoadReport[]> {
  const seeds = Array.from({ length: RUNS }, (_, i) => i + 1)
  return Promise.all(seeds.map(seed => runIn(load(seed), 1, server, busy(5_500, randomOf(seed)), seed, cpu)))
}

function verdictsOn(reports: readonly LoadReport[], budgets: Budgets) {
  const read = readBudgets(budgets, { steps: ['step1'], target: false })
  expect(read.problems).toEqual([])
  return reports.map(report => judge(report, read.budgets))
}

/** How many runs have which verdict on a budget. */
function countsOf(reports: readonly LoadReport[], budgets: Budgets): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { verdict } of verdictsOn(reports, budgets).flat()) counts[verdict] = (counts[verdict] ?? 0) + 1
  return counts
}

const BELOW: Budgets[] = [
  ...[{ p50: '50ms' }, { p95: '50ms' }, { p99: '50ms' }, { mean: '50ms' }, { max: '50ms' }],
  ...[{ requests: { p95: '50ms' } }, { steps: { step1: { p95: '25ms' } } }],
]

describe('slow on a busy machine, and by itself', () => {
  test.each([
    ['open', (seed: number) => open(500, seed)],
    ['closed', (seed: number) => closed(100, seed)],
  ])('a response that takes 500 ms misses bounds of a tenth of that in each run, %s model', async (_, load) => {
    const reports = await beside(fixedServer(1_000, 500), load)
    for (const budgets of BELOW) expect(countsOf(reports, budgets), JSON.stringify(budgets)).toEqual({ fail: RUNS })
    const kinds = reports.map(({ doubts }) => doubts.some(({ kind }) => kind === 'application starved'))
    expect(kinds).toEqual(reports.map(() => true))
  })

  test('54 responses of 400 ms, none of them shorter, miss a bound of 350 ms in spite of a second with many waits', async () => {
    const waits = Array.from({ length: 62 }, (_, i) => ({ from: 2_500 + i * 12, to: 2_506 + i * 12 }))
    const report = await runIn(open(10.8, 1), 1, fixedServer(100, 400), { ...UNHARMED, starved: waits }, 1, 0.05)
    expect(report.responseTime.count).toBe(54)
    expect(report.responseTime.min).toBeGreaterThan(399)
    expect(report.doubts).toMatchObject([{ kind: 'application starved', longest: expect.toSatisfy(ms => ms > 300) }])
    expect(countsOf([report], { p50: '350ms' })).toEqual({ fail: 1 })
  })

  test('half of the responses fast and half slow: the slow half is not taken for a delay of the machine', async () => {
    const reports = await beside(bimodalServer(1_000, 4, 600), seed => open(100, seed))
    expect(countsOf(reports, { p95: '60ms' })).toEqual({ fail: RUNS })
    expect(countsOf(reports, { p95: '2s' })).toEqual({ pass: RUNS })
  })
})

/** Ten programs that have the generator's core for most of the time, at times for long, and the application's as well. */
const crowded = (length: number, random: () => number): Harm => ({
  ...UNHARMED,
  aways: stretches(length, random() < 0.5 ? 30 : 90, 0.8, random).map(one => ({ ...one, by: 'core' })),
  starved: stretches(length, 25, 0.15, random),
})

describe('next to ten busy programs', () => {
  const runs = (server: MakeServer) =>
    Promise.all(
      Array.from({ length: RUNS }, (_, i) =>
        runIn(open(500, i + 1), 1, server, crowded(5_500, randomOf(i + 1)), i + 1, 0.15),
      ),
    )

  test('a response that takes 500 ms misses a tenth of that', async () => {
    const reports = await runs(fixedServer(1_000, 500))
    expect(countsOf(reports, { steps: { step1: { p95: '50ms' } } })).toEqual({ fail: RUNS })
  })

  test('and one that takes 4 ms, which is measured to take many times that, does not', async () => {
    for (const workers of [1, 100]) {
      const reports = await runs(fixedServer(workers, workers === 1 ? 0.3 : 4))
      for (const p95 of [5, 10, 20, 50])
        expect(countsOf(reports, { steps: { step1: { p95 } } }), `${p95}`).not.toHaveProperty('fail')
    }
  })
})

describe('slow on a busy machine alone', () => {
  test('a response that takes 10 ms is never red, and what it would be has a size', async () => {
    for (const load of [(seed: number) => open(80, seed), (seed: number) => closed(1, seed)]) {
      const reports = await beside(fixedServer(1, 10), load, 0.8)
      for (const budgets of [{ p50: '13ms' }, { p95: '40ms' }, { max: '100ms' }] as Budgets[])
        expect(countsOf(reports, budgets), JSON.stringify(budgets)).not.toHaveProperty('fail')
      const open = verdictsOn(reports, { p99: '20ms' })
        .flat()
        .filter(({ verdict }) => verdict === 'inconclusive')
      expect(open.length).toBeGreaterThan(0)
      for (const { because } of open) expect(because).toMatch(/Without .* it would be (between|\d).* ms/)
    }
  })

  test('nor where the machine stands still for most of a second, again and again', async () => {
    const frozen = [700, 1_900, 3_100, 4_300].map(from => ({ from, to: from + 800 }))
    const harm = { ...UNHARMED, starved: frozen }
    for (const load of [open(100, 1), closed(4, 1)]) {
      const report = await runIn(load, 1, fixedServer(64, 10), harm, 1, 0.1)
      expect(report.responseTime.max).toBeGreaterThan(500)
      for (const budgets of [{ p50: '50ms' }, { p95: '50ms' }, { p99: '50ms' }] as Budgets[])
        expect(countsOf([report], budgets), JSON.stringify(budgets)).not.toHaveProperty('fail')
    }
  })
})
