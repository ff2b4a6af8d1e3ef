import { describe, expect, test } from 'vitest'
import type { Budgets } from '../../src/budget/budget.ts'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import { allSubjects } from '../../src/load/counts/watched.ts'
import { BudgetWatch } from '../../src/load/run/budget-watch.ts'
import { usageBy } from '../../src/load/run/host-figures.ts'
import { LostHosts } from '../../src/load/run/lost-hosts.ts'
import { emptySummary } from '../../src/measure/histogram.ts'
import type { Doubt, Interval, LoadReport } from '../../src/measure/report.ts'
import { aReport, aStep, latencies, someProcesses, spreadOut } from '../builders/report.ts'

/* Verdicts on a load of which a host was lost. */

const lost = (share: number, host = 'eu-1'): Doubt => {
  return { kind: 'lost host', host, at: 1_000, share, text: `Host ${host} was lost.` }
}
const open = (over: Partial<LoadReport>) => aReport({ model: 'open', doubts: [lost(0.25)], ...over })

function verdictOf(report: LoadReport, input: Budgets) {
  const { budgets, problems } = readBudgets(input, { steps: ['pay'], target: false })
  expect(problems).toEqual([])
  return judge(report, budgets)[0]!.verdict
}

const failing = (failed: number) => ({
  measuredArrivals: { due: 1_000, dropped: 0, started: 1_000, passed: 1_000 - failed, failed, aborted: 0 },
  errorRate: failed / 1_000,
})
/** Six of ten that ended failed; of those that were due most were dropped, which a missing host might not have done. */
const dropping = {
  measuredArrivals: { due: 10_000, dropped: 9_000, started: 1_000, passed: 400, failed: 600, aborted: 0 },
  errorRate: 0.6,
}
const slow = { responseTime: spreadOut(1_000, 900, 2_000), serviceTime: spreadOut(1_000, 900, 2_000) }

test.each<[string, Budgets, LoadReport, string]>([
  ['a rate that the whole load might not have reached', { rps: '>= 100' }, open({ rps: 750 }), 'inconclusive'],
  ['a rate that is too high without it', { rps: '<= 700' }, open({ rps: 750 }), 'fail'],
  ['a rate that it might have made too high', { rps: '<= 800' }, open({ rps: 750 }), 'inconclusive'],
  ['too many errors, whatever it would have had', { errorRate: '5%' }, open(failing(600)), 'fail'],
  ['errors among few that were not dropped', { errorRate: '20%' }, open(dropping), 'inconclusive'],
  ['errors that it might have thinned out', { errorRate: '5%' }, open(failing(60)), 'inconclusive'],
  ['no errors', { errorRate: '5%' }, open(failing(0)), 'inconclusive'],
  ['one error too many', { errorRate: 0 }, open(failing(1)), 'fail'],
  ['all slow, however fast it would have been', { p90: '100ms' }, open(slow), 'fail'],
  ['some slow', { p99: '1900ms' }, open(slow), 'inconclusive'],
  ['all fast', { p99: '10s' }, open(slow), 'inconclusive'],
  ['users who would have come more often', { p90: '100ms' }, open({ ...slow, model: 'closed' }), 'inconclusive'],
  ['so much lost that nothing is left', { p90: '100ms' }, open({ ...slow, doubts: [lost(1)] }), 'inconclusive'],
  [
    'two that might together have thinned out what each alone could not',
    { errorRate: '20%' },
    open({ ...failing(600), doubts: [lost(0.4, 'eu-1'), lost(0.4, 'eu-2')] }),
    'inconclusive',
  ],
])('%s', (_, budgets, report, verdict) => {
  expect(verdictOf(report, budgets)).toBe(verdict)
})

describe('what only it had measured', () => {
  const none = { responseTime: emptySummary(), serviceTime: emptySummary() }
  test.each<[string, Budgets, Partial<LoadReport>]>([
    ['latencies', { p99: '100ms' }, none],
    ['in a run that all hosts left', { p99: '100ms' }, { ...none, state: 'cut short', cause: 'all were lost' }],
    [
      'passes, of a step whose other requests failed',
      { steps: { pay: { p99: '1s' } } },
      { steps: { pay: aStep({ requests: 1, errors: 1, serviceTime: latencies([5]) }) } },
    ],
  ])('%s: nobody is to blame', (_, budgets, over) => {
    expect(verdictOf(open(over), budgets)).toBe('inconclusive')
    expect(verdictOf(open({ ...over, doubts: [] }), budgets)).toBe('fail')
  })
})

test('an application that could not be measured is no matter of hosts', () => {
  const { budgets } = readBudgets({ memory: '1GB' }, { steps: [], target: true })
  expect(judge(open({ target: undefined }), budgets)[0]!.verdict).toBe('fail')
})

test('a budget ends no run because of what a lost host does not do', () => {
  const rule = { abortOnFail: true, hold: 0 }
  const endedBy = (budgets: Budgets, isWhole: boolean) => {
    const read = readBudgets(budgets, { steps: [], target: false }).budgets
    const ended: (string | undefined)[] = []
    const onFail = ({ budget }: { budget: string }) => void ended.push(budget)
    const subjects = allSubjects(read, [])
    const watch = new BudgetWatch({ budgets: read, subjects, isWhole: () => isWhole, usage: () => ({}), onFail })
    const counts = { due: 50, started: 50, dropped: 0, passed: 25, failed: 25, requests: 50, errors: 25 }
    const rest = { inFlight: 0, p50: 0, p95: 0, p99: 0, mean: 0 }
    for (let n = 0; n < 5; n++) {
      const second: Interval = { start: n * 1_000, length: 1_000, phase: 'measured', ...counts, ...rest }
      watch.add(second, [{ requests: 50, errors: 25, histograms: [latencies([5]).histogram] }])
    }
    return { ended, windows: watch.windows()?.rps?.map(({ standing }) => standing) }
  }
  const rate = { iterationRate: { bound: '>= 90', ...rule } } as const
  expect([endedBy(rate, true).ended, endedBy(rate, false).ended]).toEqual([['iterationRate'], []])
  const error = { errorRate: { bound: 0, ...rule } }
  expect(endedBy(error, false).ended).toEqual(['errorRate'])
  const windows = { rps: { bound: '>= 90', everyWindow: '5s' } } as const
  expect([endedBy(windows, true).windows, endedBy(windows, false).windows]).toEqual([['missed'], ['open']])
})

test('what it had told counts, and what others tell does not count twice', () => {
  const hosts = new LostHosts(2, allSubjects([], ['pay']))
  const told = (ms: number) => [
    { requests: 0, errors: 0, histograms: [latencies([ms]).histogram] },
    { requests: 3, errors: 1, histograms: [latencies([ms, ms]).histogram] },
  ]
  for (const thread of [0, 1]) for (const ms of [10, 20]) hosts.told(thread, told(ms))
  expect(hosts.figures('open')).toEqual([])
  expect(hosts.lose('eu-2', 1, 5_000)).toBe(true)
  const [figures, ...others] = hosts.figures('closed')
  expect(others).toEqual([])
  expect(figures).toMatchObject({
    responseTime: { count: 2, min: 10, max: expect.closeTo(20, 1) },
    serviceTime: { count: 2 },
    steps: { pay: { requests: 6, errors: 2, serviceTime: { count: 4 } } },
  })
  expect(hosts.figures('open')[0]!.serviceTime).toBeUndefined()
})

test('CPU a request is by what threads counted, unless all hosts are lost and the window is not known', () => {
  const target = someProcesses({ cpu: 0.5, cpuPerRequest: 9 })
  const of = (measured: number, hosts?: () => []) => {
    const threads = hosts ? { hosts } : {}
    return usageBy(threads, { target, targets: { db: target } }, { requests: 100, measured })
  }
  const both = (usage: ReturnType<typeof of>) => [usage.target!.cpuPerRequest, usage.targets!.db!.cpuPerRequest]
  expect([both(of(2_000, () => [])), both(of(0, () => [])), both(of(2_000))]).toEqual([
    [10, 10],
    [9, 9],
    [9, 9],
  ])
})
