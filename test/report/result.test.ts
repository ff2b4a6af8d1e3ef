import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Budget } from '../../src/budget/budget.ts'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import { percentileOf } from '../../src/measure/histogram.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import {
  judgedResult,
  type LoadResult,
  mergeResults,
  parseResult,
  type ResultFile,
  resultJsonSchema,
  resultText,
} from '../../src/report/result.ts'
import { aReport, aStep, latencies, spread, spreadOut } from '../builders/report.ts'
import { describe } from './described.ts'
import { aLongRun } from './html/a-long-run.ts'

const budgets = readBudgets({ p99: '40ms', rps: 500 }, { steps: [], target: false }).budgets as Budget[]

function aResult(over: Partial<LoadResult> = {}): LoadResult {
  return { name: 'checkout', file: '/project/a.load.test.ts', report: aLongRun(60, ['login'], { budgets }), ...over }
}

const plain = (value: unknown) => JSON.parse(JSON.stringify(value))

test('a result goes to JSON and back', () => {
  const report = aLongRun(60, ['login'], { verdicts: [], budgets })
  const result = aResult({ report, commit: '1a2b3c4d5', branch: 'main', ciUrl: 'https://ci/1' })
  const back = parseResult(resultText(result, '/project'), 'result.json')
  expect(back).toEqual(plain({ ...result, file: 'a.load.test.ts', report: back.report }))
  // Its paths alone are others.
  const { workflow, errors } = report
  expect({ ...back.report, workflow, errors }).toEqual(plain(report))
})

test('a file says first what programs ask for: verdict, figures and budgets in numbers, and where it comes from', () => {
  const { budgets } = readBudgets(
    { p99: '40ms', errorRate: 0, steps: { login: { p50: '100ms' } } },
    { steps: ['login'], target: false },
  )
  const at = { file: '/project/docs/shop.arazzo.yaml', line: 3, column: 5 }
  const errors = [{ step: 'login', kind: 'criterion', message: 'no', count: 2, at, exemplars: [] }]
  const run = aReport({ budgets, errors, steps: { login: aStep() }, responseTime: spreadOut(4000, 10, 60) })
  const report = { ...run, verdicts: judge(run, budgets) }
  const text = resultText(aResult({ report, test: 'peak > checkout', runs: 2 }), '/project')
  const { $schema, version, tool, verdict, file, test, runs, summary, verdicts, ...rest } = JSON.parse(text)
  expect({ $schema, version, tool, verdict, file, test, runs }).toEqual({
    $schema: 'https://unpkg.com/vitest-arazzo/schemas/result.v1.json',
    version: 1,
    tool: { name: 'vitest-arazzo', version: JSON.parse(readFileSync('package.json', 'utf8')).version },
    verdict: 'fail',
    file: 'a.load.test.ts',
    test: 'peak > checkout',
    runs: 2,
  })
  expect(summary).toMatchObject({
    startedAt: report.startedAt,
    durationMs: report.measured,
    requestsPerSecond: report.rps,
    latencyMs: { p99: report.responseTime.p99 },
  })
  const [p99, ...others] = verdicts
  const { value, margin, lower, upper, doubts } = report.verdicts[0]!.judged!
  expect(p99).toEqual(
    plain({
      ...{ key: 'p99', metric: 'percentile', quantile: 0.99, operator: '<=', bound: 40, unit: 'milliseconds' },
      ...{ verdict: 'fail', value, margin, lower, upper, doubts },
    }),
  )
  expect(margin).toBeGreaterThan(0)
  expect(others.map(({ key, step, unit }: ResultFile['verdicts'][number]) => [key, step, unit])).toEqual([
    ['errorRate', undefined, 'share'],
    ['steps.login.p50', 'login', 'milliseconds'],
  ])
  expect(rest.report.errors[0].at.file).toBe('docs/shop.arazzo.yaml')
})

test('the verdict of a file is never a pass for nothing', () => {
  const verdictOf = (over: Partial<LoadReport>) => {
    const report = aReport(over)
    return JSON.parse(resultText({ name: 'a', file: 'a.test.ts', report })).verdict
  }
  const pass = {
    budget: 'p99',
    title: 'p99 <= 1 s',
    value: '9 ms',
    verdict: 'pass',
    because: '',
    reasons: [] as never[],
  } as const
  expect(verdictOf({ verdicts: [] })).toBe('none')
  expect(verdictOf({ verdicts: [pass] })).toBe('pass')
  expect(verdictOf({ verdicts: [pass], state: 'cut short' })).toBe('inconclusive')
  expect(verdictOf({ verdicts: [pass, { ...pass, verdict: 'inconclusive' }] })).toBe('inconclusive')
  expect(verdictOf({ verdicts: [], state: 'not run' })).toBe('fail')
  const { measuredArrivals } = aReport()
  const failed = { ...measuredArrivals, passed: 0, failed: measuredArrivals.passed }
  expect(verdictOf({ verdicts: [], measuredArrivals: failed })).toBe('fail')
  expect(verdictOf({ verdicts: [pass], measuredArrivals: failed })).toBe('fail')
})

test('two halves that went to JSON and back give the percentiles of the whole, and are judged anew', () => {
  const samples = [...spread(4000, 10, 60)]
  const half = (part: number[], startedAt: string) => {
    const summary = latencies(part)
    const report = aReport({ budgets, responseTime: summary, serviceTime: summary, startedAt })
    return parseResult(resultText(aResult({ report })), 'result.json')
  }
  const merged = mergeResults([
    half(
      samples.filter((_, i) => i % 3 === 0),
      '2026-03-01T12:00:00.000Z',
    ),
    half(
      samples.filter((_, i) => i % 3 !== 0),
      '2026-03-01T13:00:00.000Z',
    ),
  ])
  const whole = latencies(samples)
  for (const q of [0.5, 0.9, 0.99, 0.999])
    expect(percentileOf(merged.report.responseTime, q)).toBe(percentileOf(whole, q))
  expect(merged.report.verdicts.map(({ budget, verdict }) => [budget, verdict])).toEqual([
    ['p99', 'fail'],
    ['rps', 'pass'],
  ])
})

test('a doubt of a later version is kept as it is', () => {
  const doubts = [{ kind: 'of a later version', found: 'Nobody knows.', extent: 3 }] as unknown as LoadReport['doubts']
  const { report } = parseResult(resultText(aResult({ report: aLongRun(60, ['login'], { doubts }) })), 'result.json')
  expect(report.doubts).toEqual(doubts)
})

test('what is no result says all that is wrong with it', () => {
  expect(() => parseResult('{', 'a.json')).toThrow('Failed to read a.json: it is not JSON')
  expect(() => parseResult('{"version":9}', 'a.json')).toThrow(
    'Failed to read a.json: it is of version 9, and this package knows versions up to 1. Use a newer vitest-arazzo.',
  )
  const { name: _, ...unnamed } = JSON.parse(resultText(aResult()))
  const broken = JSON.stringify({ ...unnamed, report: { ...unnamed.report, rps: -1 } })
  expect(() => parseResult(broken, 'a.json')).toThrow(
    /^Failed to read a\.json: it is not a result: name: .*; report\.rps: .*\. Give a result\.json/,
  )
})

test('the JSON Schema in the package is that of the code, and describes every field of the type', {
  timeout: 120_000,
}, async () => {
  const schema = resultJsonSchema()
  expect(describe(schema, 'src/report/result.ts', 'ResultFile')).toEqual([])
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot('../../schemas/result.v1.json')
  expect(JSON.parse(readFileSync('schemas/result.v1.json', 'utf8')).required).toEqual(
    expect.arrayContaining(['$schema', 'version', 'verdict', 'name', 'verdicts', 'report']),
  )
})

test('two bounds of one key have each the verdict that it was judged by, in whatever order', () => {
  const of = (p99: string, startedAt: string) => {
    const budgets = readBudgets({ p99 }, { steps: [], target: false }).budgets as Budget[]
    const report = aReport({ budgets, startedAt })
    return aResult({ report: { ...report, verdicts: judge(report, budgets) } })
  }
  const [early, late] = ['2026-03-01T12:00:00.000Z', '2026-03-01T13:00:00.000Z'] as const
  for (const [first, second] of [
    ['100ms', '20ms'],
    ['20ms', '100ms'],
  ] as const) {
    const { verdict, verdicts }: ResultFile = JSON.parse(resultText(mergeResults([of(first, early), of(second, late)])))
    expect(verdict).toBe('fail')
    const told = verdicts.map(({ bound, verdict, margin = 0 }) => [bound, verdict, margin > 0])
    expect(told.sort()).toEqual([
      [100, 'pass', false],
      [20, 'fail', true],
    ])
  }
})

test('a file that has no verdict on a budget is judged as it is read for a report', () => {
  const report = aReport({ budgets, verdicts: [] })
  expect(judgedResult(aResult({ report })).report.verdicts.map(({ verdict }) => verdict)).toEqual(['fail', 'pass'])
  const whole = aResult({ report: { ...report, verdicts: judge(report, budgets) } })
  expect(judgedResult(whole)).toBe(whole)
  const idle = aResult({ report: { ...report, state: 'not run' } })
  expect(judgedResult(idle)).toBe(idle)
})
