import { expect, test } from 'vitest'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import { fixedServer } from '../simulate/servers.ts'
import { runIn, UNHARMED } from './world.ts'

test('arrivals that all got a virtual user, later than they were due, do not fail a latency that the API keeps', async () => {
  const load = { rate: 500, duration: 4_000, warmUp: 500, arrivals: 'poisson', threads: 1 } as const
  const run = async (maxVus: number) => {
    const report = await runIn(load, 1, fixedServer(64, 8), { ...UNHARMED, maxVus }, 1)
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
