import { judge } from '../../../src/budget/judge.ts'
import { comparisonSection } from '../../../src/compare/markdown.ts'
import { once } from '../../../src/ground/once.ts'
import type { LoadReport } from '../../../src/measure/report.ts'
import { historyOf } from '../../../src/report/history.ts'
import type { NamedReport } from '../../../src/report/html/page.ts'
import { aComparison } from '../../plugin/reporter/runs.ts'
import { aSimulatedRun } from './a-simulated-run.ts'

/* The pages that people are likely to meet, each simulated once. */

const STEPS = ['login', 'list items', 'pay']
const AT = '2026-03-01T13:00:00.000Z'

const budgets = { p95: '30ms', p99: '45ms', rps: 500, errorRate: '1%', cpu: '80%', steps: { pay: { p99: '30ms' } } }
const minute = { seconds: 60, steps: STEPS, budgets }

/** Everything is kept, and compares with runs before. */
export const passedRun = once((): NamedReport => {
  const report = aSimulatedRun(minute)
  return { name: 'checkout at peak', report, history: historyOf(report, earlierRuns()) }
})

const earlierRuns = once((): LoadReport[] => {
  return [2, 3, 4, 5].map(seed =>
    aSimulatedRun({ ...minute, seed, slower: 0.94, over: { startedAt: `2026-02-2${seed}T12:00:00.000Z` } }),
  )
})

/** Budgets are missed, for a slow stretch and for failures; a stall is among the slowest; head is worse than base. */
export const failedRun = once((): NamedReport => {
  const report = aSimulatedRun({ ...minute, seed: 7, slow: [30, 36], failing: [44, 52], stall: 33_880 })
  const sections = [comparisonSection(aComparison(), AT)]
  return { name: 'checkout at peak', report, history: historyOf(report, earlierRuns()), sections }
})

/** Nothing is missed, and one budget is not decided. */
export const inconclusiveRun = once((): NamedReport => {
  const found = 'One in a hundred iterations started more than 22 ms late although a virtual user was free'
  const advice = ['end other programs', 'give the generator a core of its own']
  const doubt = { kind: 'late starts' as const, p99: 22, found, cause: 'the generator is overloaded', advice }
  const run = aSimulatedRun({ ...minute, over: { doubts: [doubt] } })
  const { responseTime: slow } = aSimulatedRun({ ...minute, slower: 1.7 })
  const report = { ...run, responseTime: { ...slow, undelayed: run.responseTime.histogram } }
  return { name: 'checkout at peak', report: { ...report, verdicts: judge(report, report.budgets ?? []) } }
})

/** An hour, with a slow stretch of five minutes. */
export const longRun = once((): NamedReport => {
  const report = aSimulatedRun({ ...minute, seconds: 3600, rate: 40, slow: [2000, 2300], failing: [3000, 3010] })
  return { name: 'checkout for an hour', report }
})

/** Twenty steps, with names as people write them. */
export const manySteps = once((): NamedReport => {
  const names = Array.from({ length: 20 }, (_, i) =>
    i % 5 === 0 ? `a-step-with-a-rather-long-name-as-generated-from-an-operation-id-${i}` : `step-${i}`,
  )
  const report = aSimulatedRun({
    seconds: 60,
    steps: names,
    rate: 60,
    budgets: { p99: '900ms', steps: { 'step-19': { p95: '60ms' }, 'step-3': { p99: '60ms' } } },
  })
  return { name: 'a workflow of twenty steps', report }
})
