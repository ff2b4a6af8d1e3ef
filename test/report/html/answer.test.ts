import { expect, test } from 'vitest'
import type { LoadReport } from '../../../src/measure/report.ts'
import { chartDataOf } from '../../../src/report/html/chart-data.ts'
import { type NamedReport, renderHtmlReport } from '../../../src/report/html/page.ts'
import { verdictWith } from '../../../src/report/overall.ts'
import type { PageSection } from '../../../src/report/page-section.ts'
import { aReport } from '../../builders/report.ts'
import { aLongRun } from './a-long-run.ts'
import { failedRun, inconclusiveRun, longRun, passedRun } from './views.ts'

/** The first screen as text. */
function firstScreen(run: NamedReport): string {
  const [header = ''] = /<header class="answer[\s\S]*?<\/header>/.exec(renderHtmlReport([run])) ?? []
  return header
    .replaceAll(/<svg[\s\S]*?<\/svg>/g, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll(/\s+/g, ' ')
}

test('a passed run says so, which step takes most, and what changed since the last one', () => {
  const said = firstScreen(passedRun())
  expect(said).toMatch(/^ ?checkout at peak pass All 6 budgets kept\. 200 iterations\/s for 50s?/)
  expect(said).not.toContain(' Why ')
  expect(said).toMatch(/Which step pay takes \d+ % of an iteration: [\d.]+ ms on average, p99 [\d.]+ ms/)
  expect(said).toMatch(
    /Since the run of 2026-02-25 12:00 on this machine: p95 \+\d(\.\d)? %, worse : [\d.]+ ms \([\d.]+ ms to [\d.]+ ms\), was/,
  )
  expect(said).toMatch(
    / Others, of which ranges touch or are not known: p99 .*rps unchanged, errorRate unchanged, cpu unchanged/,
  )
  expect(said).toContain('What to do Nothing: everything that was asked for holds.')
})

test('a failed run says why, where to look, and how head compares with base', () => {
  const run = failedRun()
  const said = firstScreen(run)
  expect(said).toMatch(
    /checkout at peak fail [45] budgets missed, [12] kept; 400 iterations failed; head against base: fail\./,
  )
  expect(said).toMatch(/p99 ✗ missed [\d.]+ ms allowed ≤ 45 ms, \d+ % over/)
  expect(said).toMatch(/Why p95 <= 30 ms was [\d.]+ ms \(\d+ % over\)/)
  expect(said).toMatch(/Most common error: \d+ attempts at list items, status 503: /)
  expect(said).toMatch(/What to do Look at the failures : .* Look at the step pay , and at when it was slow \./)
  // Each place that it leads to is there.
  const page = renderHtmlReport([run])
  expect(page).toMatch(/cpuPerRequest<\/div>\n.*missed<\/div>\n.*\+20 %<\/div>\n[\s\S]*95 %: 18\.8 to 21\.2 %/)
  const links = Array.from(page.matchAll(/href="#([\w-]+)"/g), ([, id]) => id)
  expect(links).toEqual(expect.arrayContaining(['failures-0', 'steps-0', 'time-0', 'compared-0']))
  for (const id of links) expect(page).toContain(`id="${id}"`)
  expect(page).toMatch(/<th scope="rowgroup" colspan="6">3 ended at 33\.9 s: one stall of up to 800 ms/)
  expect(page).toContain('<th scope="col" class="number">no response</th>')
})

test('an undecided run says what would decide it', () => {
  const said = firstScreen(inconclusiveRun())
  expect(said).toMatch(
    /checkout at peak inconclusive 1 budget undecided, 5 kept\..* p95 \? undecided [\d.]+ ms allowed ≤ 30 ms, \d+ % over \[1\]/,
  )
  expect(said).toMatch(/What to do End other programs\. \[1\] Then run it again: what is undecided may be either\./)
})

test('a run is not better than what else was found of its load test', () => {
  const section = (tone: PageSection['tone'], word: string): PageSection => ({
    ...{ title: 'Head against base', tone, word, cards: [], tables: [], notes: [] },
  })
  const { report } = passedRun()
  expect(verdictWith(report, [section('fail', 'fail')])).toEqual({ tone: 'fail', word: 'fail' })
  expect(verdictWith(report, [section('unsure', 'undecided')])).toEqual({ tone: 'unsure', word: 'undecided' })
  expect(verdictWith(report, [section('pass', 'pass')])).toEqual({ tone: 'pass', word: 'pass' })
  const unjudged = { ...report, verdicts: [] }
  expect(verdictWith(unjudged, [section('pass', 'pass')]).tone).toBe('pass')
  expect(verdictWith({ ...report, state: 'not run' }, [section('pass', 'pass')]).word).toBe('did not run')
})

test('runs that were not judged, or came to nothing, do not pass on the first screen', () => {
  const said = (over: Partial<LoadReport>) => firstScreen({ name: 'x', report: aReport(over) })
  expect(said({})).toMatch(/no budgets No budgets\..* Set budgets, for nothing was judged/)
  const { measuredArrivals } = aReport()
  const none = { ...measuredArrivals, passed: 0, failed: measuredArrivals.started }
  const budget = {
    budget: 'p99',
    title: 'p99 <= 1 s',
    value: '9 ms',
    verdict: 'pass' as const,
    because: '',
    reasons: [],
  }
  expect(said({ measuredArrivals: none, verdicts: [budget] })).toMatch(/nothing passed .* Nothing passed: all 6,000/)
  expect(said({ state: 'cut short', cause: 'it was cancelled', verdicts: [budget] })).toMatch(
    /x cut short Cut short; 1 budget kept/,
  )
  expect(said({ state: 'not run', cause: 'connect ECONNREFUSED' })).toMatch(/did not run .* connect ECONNREFUSED/)
})

test('bounds are in the charts that they belong to, beside their line', () => {
  const { charts } = chartDataOf(passedRun().report)
  const bounds = charts.flatMap(({ title, bounds = [] }) =>
    bounds.map(({ label, value, column, isAtMost }) => [title, label, value, column, isAtMost]),
  )
  const steps = charts.find(({ title }) => title.startsWith('Service time by step'))?.columns
  expect(bounds).toEqual([
    ['Rate', 'rps >= 500/s', 500, 0, false],
    ['Response time of iterations', 'p95 <= 30 ms', 30, 1, true],
    ['Response time of iterations', 'p99 <= 45 ms', 45, 2, true],
    ['Response time of iterations: how many took how long', 'p95 <= 30 ms', 30, undefined, true],
    ['Response time of iterations: how many took how long', 'p99 <= 45 ms', 45, 1, true],
    ['Service time by step, mean', 'pay p99 <= 30 ms', 30, steps!.findIndex(({ step }) => step === 'pay'), true],
    ['Failed iterations', 'errorRate <= 1 %', 1, 0, true],
    ["Application's CPU", 'cpu <= 80 %', 80, 0, true],
  ])
})

test('an hour is bands; the partial last second and what a report lacks are left out', () => {
  const hour = chartDataOf(longRun().report)
  expect(hour.span).toBeGreaterThan(10)
  expect(hour.time.length).toBeLessThan(310)
  const [requests] = hour.charts[0]!.columns
  for (const [i, value] of requests!.values.entries()) {
    expect(requests!.low![i]).toBeLessThanOrEqual(value!)
    expect(requests!.high![i]).toBeGreaterThanOrEqual(value!)
  }
  const minute = chartDataOf(passedRun().report)
  expect([minute.span, minute.time.length]).toEqual([1, 60])
  expect(minute.charts[0]!.columns[0]).not.toHaveProperty('low')
  const titles = (report: LoadReport) => chartDataOf(report).charts.map(({ title }) => title)
  expect(titles(aLongRun(60, ['login']))).toEqual([
    ...['Rate', 'Response time of iterations', 'Errors', 'Concurrency', "Application's CPU", "Application's memory"],
  ])
  expect(titles(failedRun().report)).toEqual(
    expect.arrayContaining(['Service time by step, mean', 'Failed attempts by kind']),
  )
})

test('the cells of the heat map are as many as iterations ended', () => {
  const { report } = passedRun()
  const heat = chartDataOf(report).charts.find(({ heat }) => heat)!.heat!
  const total = heat.cells.flatMap(([, ...counts]) => counts).reduce((sum, count) => sum + count, 0)
  expect(total).toBe(report.series.slice(0, -1).reduce((sum, { passed, failed }) => sum + passed + failed, 0))
  expect(heat.edges).toEqual([...heat.edges].sort((a, b) => a - b))
})
