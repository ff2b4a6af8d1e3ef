import { expect, test } from 'vitest'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import type { LoadShape } from '../../src/measure/shape.ts'
import { randomOf } from '../simulate/random.ts'
import { fixedServer } from '../simulate/servers.ts'
import { runIn, UNHARMED } from './world.ts'

/** Bursts of random lengths, and a fifth of their rate in between. */
function bursts(rate: number, seed: number): LoadShape {
  const random = randomOf(seed)
  const stages = Array.from({ length: 16 }, () => [
    { rate: rate / 5, hold: 50 + 200 * random() },
    { rate, hold: 20 + 80 * random() },
  ])
  return { stages: [...stages.flat(), { rate: rate / 5, hold: 250 }], warmUp: 500, threads: 1 }
}

test('arrivals that all got a virtual user, later than they were due, do not fail a latency that the API keeps', async () => {
  const run = async (maxVus: number) => {
    const report = await runIn(bursts(1_000, 1), 1, fixedServer(64, 8), { ...UNHARMED, maxVus }, 1)
    const budgets = { p95: '9ms', p99: '7ms', steps: { step1: { p95: '9ms' } } }
    const read = readBudgets(budgets, { steps: ['step1'], target: false })
    return { report, verdicts: judge(report, read.budgets).map(({ verdict }) => verdict) }
  }
  const few = await run(6)
  expect(few.report.measuredArrivals.dropped).toBe(0)
  expect(few.report.responseTime.p95).toBeGreaterThan(10)
  // The service time alone is above 7 ms; how long a step takes with more users at once is not known.
  expect(few.verdicts).toEqual(['inconclusive', 'fail', 'inconclusive'])
  expect((await run(1_000)).verdicts).toEqual(['pass', 'fail', 'pass'])
})

test('requests that are few at once since users are few may take as long as all that waited, chance included', async () => {
  for (let seed = 1; seed <= 5; seed++) {
    const report = await runIn(bursts(800, seed), 1, fixedServer(1, 2), { ...UNHARMED, maxVus: 2 }, seed)
    const verdictOn = (p99: number) => {
      const read = readBudgets({ steps: { step1: { p99 } } }, { steps: ['step1'], target: false })
      return judge(report, read.budgets)[0]!.verdict
    }
    expect(report.steps.step1!.serviceTime.p99).toBeLessThan(5)
    expect(verdictOn(report.responseTime.p99 * 1.001)).toBe('inconclusive')
    expect(verdictOn(report.responseTime.max * 2)).toBe('pass')
  }
})
