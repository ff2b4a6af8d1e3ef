import { expect, test } from 'vitest'
import { testNameOf } from '../../src/budget/bound.ts'
import type { Budgets } from '../../src/budget/budget.ts'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import { parseBudgets } from '../../src/cli/budgets.ts'
import { sentenceOf } from '../../src/ground/fault.ts'
import { requestsOf } from '../../src/measure/all-requests.ts'
import type { EventStatistics, LoadReport } from '../../src/measure/report.ts'
import { mergeReports } from '../../src/report/merge.ts'
import { aReport, aStep, latencies, spread, spreadOut } from '../builders/report.ts'

const context = { steps: ['login', 'list', 'watch'], target: true }

const someEvents = (over: Partial<EventStatistics> = {}): EventStatistics => ({
  ...{ count: 60_000, streams: 6_000, firstEvent: spreadOut(6_000, 20, 90) },
  ...over,
})

const watching = (events: EventStatistics | undefined, over: Partial<LoadReport> = {}): LoadReport => {
  const report = aReport(over)
  report.steps.watch = aStep(events && { events })
  return { ...report, allRequests: requestsOf({ steps: { ...report.steps } }) }
}

function told(budgets: Budgets, report: LoadReport): string[] {
  const read = readBudgets(budgets, context)
  expect(read.problems).toEqual([])
  return judge(report, read.budgets).map(
    ({ verdict, title, because }) => `${verdict} ${title}${because && `: ${because}`}`,
  )
}

const wrong = (budgets: unknown, more = {}) => readBudgets(budgets, { ...context, ...more }).problems.map(sentenceOf)

test('budgets of events are read from options and from a command line, and have names of their own', () => {
  const written: Budgets = {
    firstEvent: { p99: '200ms', 'p99.9': '1s', mean: 50 },
    eventsRate: 900,
    requests: { p99: '1s' },
    steps: { watch: { firstEvent: { p99: '100ms' }, eventsRate: '>= 10', p99: '1s' } },
  }
  const { budgets, problems } = readBudgets(written, context)
  expect(problems).toEqual([])
  expect(budgets.map(({ title }) => title)).toEqual([
    'firstEvent p99 <= 200 ms',
    'firstEvent p99.9 <= 1 s',
    'firstEvent mean <= 50 ms',
    'eventsRate >= 900/s',
    'requests p99 <= 1 s',
    'watch firstEvent p99 <= 100 ms',
    'watch eventsRate >= 10/s',
    'watch p99 <= 1 s',
  ])
  expect(new Set(budgets.map(testNameOf)).size).toBe(budgets.length)
  expect(new Set(budgets.map(({ key }) => key)).size).toBe(budgets.length)
  expect(
    parseBudgets(['firstEvent.p99.9<1s', 'eventsRate>=900', 'steps.watch.firstEvent.p99<100ms', 'steps.a.b.p99<1s']),
  ).toEqual({
    firstEvent: { 'p99.9': '< 1s' },
    eventsRate: '>= 900',
    steps: { watch: { firstEvent: { p99: '< 100ms' } }, 'a.b': { p99: '< 1s' } },
  })
})

test('what is wrong with them is told, with what was meant', () => {
  expect(wrong({ firstEvent: '1s' })).toEqual([
    'Failed to read budget firstEvent: "1s" is not an object. Write an object, such as { p99: \'200ms\' }.',
  ])
  expect(wrong({ firstEvent: { errorRate: 0 } })[0]).toContain('Known keys are mean, max and any percentile')
  expect(wrong({ firstEvents: { p99: 1 } })[0]).toContain('Did you mean "firstEvent"?')
  expect(wrong({ 'firstEvent.p99': 1 })[0]).toContain('Did you mean firstEvent: { p99: … }?')
  expect(wrong({ requests: { firstEvent: { p99: 1 } } })[0]).toContain('unknown key')
  expect(wrong({ steps: { watch: { eventRate: 1 } } })[0]).toContain('Did you mean "eventsRate"?')
  expect(wrong({ firstEvent: { p99: 0 } })[0]).toContain('the bound is 0 ms')
  expect(wrong({ firstEvent: { p99: 'base + 10%' } }, { base: true })[0]).toContain('cannot be compared with a base')
  expect(wrong({ eventsRate: 'base - 10%' }, { base: true })[0]).toContain('cannot be compared with a base')
  const streams = ['watch']
  expect(wrong({ steps: { list: { eventsRate: 1, firstEvent: { p99: 1 } } } }, { streams })).toEqual([
    'Failed to read budget steps.list.eventsRate: the step reads no event stream. Say how with x-events, such as x-events: { most: 1 }.',
    'Failed to read budget steps.list.firstEvent: the step reads no event stream. Say how with x-events, such as x-events: { most: 1 }.',
  ])
  expect(wrong({ firstEvent: { p99: 1 }, eventsRate: 1, steps: { watch: { eventsRate: 1 } } }, { streams })).toEqual([])
})

test('they are judged by events, and not by the responses that these came in', () => {
  const report = watching(someEvents())
  expect(told({ firstEvent: { p99: '100ms' }, eventsRate: 900 }, report)).toEqual([
    'pass firstEvent p99 <= 100 ms',
    'pass eventsRate >= 900/s',
  ])
  const steps = { watch: { firstEvent: { p50: '10ms' }, eventsRate: 5_000 } }
  expect(told({ firstEvent: { p50: '10ms' }, eventsRate: 5_000, steps }, report)).toEqual([
    expect.stringMatching(/^fail firstEvent p50 <= 10 ms: /),
    expect.stringMatching(/^fail eventsRate >= 5,000\/s: /),
    expect.stringMatching(/^fail watch firstEvent p50 <= 10 ms: /),
    expect.stringMatching(/^fail watch eventsRate >= 5,000\/s: /),
  ])
})

const all: Budgets = {
  firstEvent: { p50: '1h', max: '1h' },
  eventsRate: '>= 0.001',
  steps: { watch: { firstEvent: { p50: '1h' }, eventsRate: '>= 0.001' } },
}

test.each([
  ['there are no figures of them', undefined],
  ['none came', someEvents({ count: 0, streams: 0, firstEvent: latencies([]) })],
  ['all streams were given up before one', someEvents({ count: 0, streams: 0, firstEvent: spreadOut(9, 1, 2) })],
])('none is kept where %s', (_, events) => {
  for (const verdict of told(all, watching(events))) expect(verdict).toMatch(/^fail .+no event.* came in the measured/)
})

test('none is kept where each request of the step failed', () => {
  const report = watching(someEvents())
  report.steps.watch!.errors = report.steps.watch!.requests
  const { measuredArrivals } = report
  const failed = { ...measuredArrivals, passed: 0, failed: measuredArrivals.passed + measuredArrivals.failed }
  for (const verdict of told(all, { ...report, measuredArrivals: failed })) expect(verdict).not.toMatch(/^pass/)
})

test('figures of all steps, and of several results as one, are added up exactly', () => {
  const halves = [latencies(spread(3_000, 4, 18)), latencies(spread(1_000, 70, 900))] as const
  const [one, other] = [someEvents({ firstEvent: halves[0] }), someEvents({ count: 60, firstEvent: halves[1] })]
  const sum = latencies([...spread(3_000, 4, 18), ...spread(1_000, 70, 900)])
  const steps = { a: aStep({ events: one }), b: aStep({ events: other }), c: aStep() }
  expect(requestsOf({ steps }).events).toEqual({ count: 60_060, streams: 12_000, firstEvent: sum })
  const [head, later] = [watching(one), watching(other, { startedAt: '2026-03-01T13:00:00.000Z' })]
  const merged = mergeReports([head, later])
  expect(merged.steps.watch!.events).toEqual({ count: 60_060, streams: 12_000, firstEvent: sum })
  expect(merged.allRequests!.events).toEqual(merged.steps.watch!.events)
})
