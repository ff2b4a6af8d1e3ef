import { expect, test } from 'vitest'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import { sentenceOf } from '../../src/ground/fault.ts'
import { figuresOf } from '../../src/load/metrics/figures.ts'
import { expose, textOf } from '../../src/load/metrics/registry.ts'
import type { LoadReport, NodeUsage, ResourceUsage } from '../../src/measure/report.ts'
import { detailsOf } from '../../src/report/figures.ts'
import { mergeReports } from '../../src/report/merge.ts'
import { aNodeTarget, aReport } from '../builders/report.ts'

const DB = '127.0.0.1:5432'

/** Of so many requests. */
function withTrips(to: Record<string, number>, requests = 18_000, more: Partial<NodeUsage> = {}): LoadReport {
  const target = aNodeTarget() as ResourceUsage & { node: NodeUsage }
  const trips = Object.entries(to).map(([name, count]) => [name, { count, waited: count * 2 }])
  const roundTrips = { requests, to: Object.fromEntries(trips) }
  return aReport({ target: { ...target, node: { ...target.node, roundTrips, ...more } } })
}

function told(report: LoadReport, roundTrips: unknown): string {
  const { budgets, problems } = readBudgets({ roundTrips }, { steps: [], target: true })
  expect(problems).toEqual([])
  return judge(report, budgets)
    .map(({ verdict, because, note }) => [verdict, because, note].join(' ').trim())
    .join('\n')
}

const wrong = (roundTrips: unknown) =>
  readBudgets({ roundTrips }, { steps: [], target: true }).problems.map(sentenceOf).join('\n')

test('round trips to all destinations, and to one, are held against bounds', () => {
  const report = withTrips({ [DB]: 36_000, '127.0.0.1:6379': 18_000 })
  expect(told(report, 3)).toBe('pass')
  expect(told(report, { [DB]: 2, 'localhost:6379': '< 2' })).toBe('pass\npass')
  expect(told(report, 2)).toBe(
    'fail Expected roundTrips <= 2, received 3 (50 % over; 2 to 127.0.0.1:5432, waited 4 ms; 1 to 127.0.0.1:6379, ' +
      'waited 2 ms; pid 4711 and 2 children).',
  )
  expect(told(report, { [DB]: 1 })).toContain(`fail Expected roundTrips.${DB} <= 1, received 2`)
})

test('requests that the ends of the window cut do not move a whole number', () => {
  expect(told(withTrips({ [DB]: 54_006 }), 3)).toBe('pass')
  expect(told(withTrips({ [DB]: 55_000 }), 3)).toContain('fail Expected roundTrips <= 3, received 3.06')
  expect(told(withTrips({ [DB]: 150 }, 50), 3)).toMatch(/^inconclusive .*Measure longer, or leave some room\./)
  expect(told(withTrips({ [DB]: 600 }, 50), 3)).toMatch(/^fail/)
})

test('without figures no bound is kept', () => {
  const target = aNodeTarget()
  const { node: _, ...others } = target
  expect(told(aReport({ target: others }), 3)).toMatch(/^fail .* no probe is loaded into/)
  expect(told(withTrips({}), 3)).toMatch(/^fail .* no round trip was seen while 18,000 requests got a response/)
  expect(told(withTrips({}), 0)).toBe('pass')
  expect(told(withTrips({ [DB]: 1 }, 0), 3)).toMatch(/^fail .* no request got a response/)
  expect(told(withTrips({ 'db:5432': 18_000 }), { [DB]: 2 })).toMatch(
    /^fail .* no round trip to 127\.0\.0\.1:5432 was seen\. Those that were seen went to db:5432\.$/,
  )
  expect(told(withTrips({ [DB]: 36_000 }, 18_000, { unread: 900 }), 3)).toMatch(/^inconclusive/)
})

test('what is wrong with a bound is reported', () => {
  expect(wrong({})).toContain('it has no bound')
  expect(wrong({ postgres: 2 })).toContain("it is no destination. Write such as '127.0.0.1:5432'.")
  expect(wrong({ [DB]: 0 })).toContain('the bound is 0')
  expect(wrong({ bound: 3, abortOnFail: true })).toContain('round trips are counted when the run is over')
  expect(wrong('many')).toContain('Failed to read budget roundTrips')
  const facts = { kind: 'process', node: false, series: [] } as const
  const { problems } = readBudgets({ roundTrips: 3 }, { steps: [], target: facts })
  expect(problems.map(sentenceOf)[0]).toContain('Let the plugin load it (server: { probe: true })')
})

test('reports, merged ones and metrics have them', () => {
  const report = withTrips({ [DB]: 36_000 })
  const line = `round trips for each request: 2 to ${DB}, waited 4 ms`
  expect(detailsOf(report.target!)).toContain(line)
  const twice = mergeReports([report, { ...report, startedAt: '2026-03-01T13:00:00.000Z' }])
  expect(twice.target!.node!.roundTrips).toEqual({ requests: 36_000, to: { [DB]: { count: 72_000, waited: 144_000 } } })
  expect(textOf(expose(figuresOf(report)))).toContain(
    `target_round_trips_per_request{target="application",destination="${DB}"} 2`,
  )
})
