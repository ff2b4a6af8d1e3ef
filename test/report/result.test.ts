import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { Budget } from '../../src/budget/budget.ts'
import { readBudgets } from '../../src/budget/read.ts'
import { percentileOf } from '../../src/measure/histogram.ts'
import { type LoadResult, mergeResults, parseResult } from '../../src/report/result.ts'
import { resultJsonSchema } from '../../src/report/result-schema.ts'
import { aNodeTarget, aReport, latencies, spread } from '../builders/report.ts'
import { describe } from './described.ts'
import { aLongRun } from './html/a-long-run.ts'

const budgets = readBudgets({ p99: '40ms', rps: 500 }, { steps: [], target: false }).budgets as Budget[]

function aResult(over: Partial<LoadResult> = {}): LoadResult {
  return {
    version: 1,
    name: 'checkout',
    file: '/project/a.load.test.ts',
    budgets,
    report: aLongRun(60, ['login']),
    ...over,
  }
}

test('a result goes to JSON and back', () => {
  const result = aResult()
  const text = JSON.stringify(result)
  expect(parseResult(text, 'result.json')).toEqual(JSON.parse(text))
})

test('two halves that went to JSON and back give the percentiles of the whole, and are judged anew', () => {
  const samples = [...spread(4000, 10, 60)]
  const half = (part: number[], startedAt: string) => {
    const summary = latencies(part)
    const report = aReport({ responseTime: summary, serviceTime: summary, startedAt })
    return parseResult(JSON.stringify(aResult({ report })), 'result.json')
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

test('a result of an earlier version reads, and merges: what it did not tell counts as nothing', () => {
  const { environment: _, ...report } = aLongRun(60, ['login'], { target: aNodeTarget() })
  const { name, why, connectionsOpened, connectionsLost } = report.transport
  const { heap: __, processes: ___, ...node } = report.target!.node!
  const { gc: ____, ...thread } = report.generator.threads[0]!
  const earlier = {
    ...report,
    transport: { name, why, connectionsOpened, connectionsLost },
    target: { ...report.target, node },
    generator: { ...report.generator, threads: [thread] },
    doubts: [{ kind: 'of a later version', text: 'Nobody knows.', extent: 3 }],
  }
  const older = budgets.map(({ unit: _, path: __, ...budget }) => budget)
  const read = parseResult(JSON.stringify({ ...aResult(), budgets: older, report: earlier }), 'result.json')
  expect(read.report.budgets).toBeUndefined()
  const alone = mergeResults([read])
  expect(alone.report.verdicts.map(({ budget }) => budget)).toEqual(['p99', 'rps'])
  expect(alone.report.budgets).toEqual(alone.budgets)
  expect(read.report.transport).toMatchObject({ connectionsReopened: 0, requestsReused: 0, waitingTime: 0 })
  expect(read.report.doubts).toEqual(earlier.doubts)
  const merged = mergeResults([read, aResult()]).report
  expect(merged.transport.requestsReused).toBe(report.transport.requestsReused)
  expect(merged.target!.node).toMatchObject({ processes: 0 })
})

test('what is no result says all that is wrong with it', () => {
  expect(() => parseResult('{', 'a.json')).toThrow('Failed to read a.json: it is not JSON')
  expect(() => parseResult('{"version":9}', 'a.json')).toThrow(
    'Failed to read a.json: it is of version 9, and this package knows version 1. Use a newer vitest-arazzo.',
  )
  const { name: _, ...unnamed } = aResult()
  const broken = JSON.stringify({ ...unnamed, report: { ...unnamed.report, rps: -1 } })
  expect(() => parseResult(broken, 'a.json')).toThrow(
    /^Failed to read a\.json: it is not a result: name: .*; report\.rps: .*\. Give a result\.json/,
  )
})

test('the JSON Schema in the package is that of the code, and describes every field of the type', {
  timeout: 120_000,
}, async () => {
  const schema = resultJsonSchema()
  expect(describe(schema, 'src/report/result.ts', 'LoadResult')).toEqual([])
  await expect(`${JSON.stringify(schema, null, 2)}\n`).toMatchFileSnapshot('../../schemas/result.v1.json')
  expect(JSON.parse(readFileSync('schemas/result.v1.json', 'utf8')).required).toEqual(
    expect.arrayContaining(['version', 'name', 'budgets', 'report']),
  )
})
