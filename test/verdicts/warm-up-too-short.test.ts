import { expect, test } from 'vitest'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import { fixedServer } from '../simulate/servers.ts'
import { runIn, UNHARMED } from './world.ts'

const load = { rate: 500, duration: 4_000, warmUp: 500, threads: 1 } as const

/** Of an application that takes 8 ms for a request if it is not another one, and `slower` times more at first. */
async function verdictsAt(decay: number, slower: number, atMost: number, server = fixedServer(64, 8)) {
  const cold = { slower, decay, warmUp: { atLeast: 1_000, atMost } }
  const report = await runIn(load, 1, server, { ...UNHARMED, cold }, 1)
  const verdictOf = (key: 'p50' | 'p99', bound: number) => {
    const { budgets } = readBudgets({ [key]: bound }, { steps: ['step1'], target: false })
    return judge(report, budgets)[0]!.verdict
  }
  return { report, verdictOf }
}

test('an application that is still slow when the warm-up is over misses no bound that it keeps when it is warm', async () => {
  const { report, verdictOf } = await verdictsAt(2_000, 3, 2_500)
  expect(report.warmUpCut).toMatchObject({ steady: false })
  expect(report.responseTime.p99).toBeGreaterThan(11)
  expect([verdictOf('p50', 8.1), verdictOf('p99', 8.5)]).toEqual(['inconclusive', 'inconclusive'])
  expect([verdictOf('p50', 4), verdictOf('p99', 60)]).toEqual(['fail', 'pass'])
})

test('nor where it became faster so slowly that it was taken for steady', async () => {
  const { report, verdictOf } = await verdictsAt(3_500, 1, 4_000)
  expect(report.warmUpCut).toMatchObject({ steady: true })
  expect(report.doubts).toMatchObject([{ kind: 'warm-up never steady' }])
  expect(report.responseTime.p50).toBeGreaterThan(8.8)
  expect([verdictOf('p50', 8.1), verdictOf('p99', 8.5)]).toEqual(['inconclusive', 'inconclusive'])
  expect([verdictOf('p50', 4), verdictOf('p99', 60)]).toEqual(['fail', 'pass'])
})

test('and one that is warm is judged', async () => {
  const { report, verdictOf } = await verdictsAt(200, 3, 4_000)
  expect(report.warmUpCut).toMatchObject({ steady: true })
  expect(report.doubts).toEqual([])
  expect([verdictOf('p99', 7.9), verdictOf('p99', 8.5)]).toEqual(['fail', 'pass'])
})

test('a queue from when it was slow may be all of the latency: no verdict, unless it is too slow for the load', async () => {
  const cold = await verdictsAt(3_000, 3, 2_500, fixedServer(1, 1.5))
  expect(cold.report.responseTime.min).toBeGreaterThan(100)
  for (const bound of [5, 20, 100]) expect(cold.verdictOf('p50', bound)).toBe('inconclusive')
  expect(cold.verdictOf('p50', 60_000)).toBe('pass')
  const slow = await verdictsAt(200, 1, 2_500, fixedServer(1, 4))
  expect(slow.report.doubts).toMatchObject([{ kind: 'warm-up never steady' }, {}])
  for (const bound of [5, 20, 100]) expect(slow.verdictOf('p50', bound)).toBe('fail')
})
