import { expect, test } from 'vitest'
import type { Budgets } from '../../../src/budget/budget.ts'
import { judge } from '../../../src/budget/judge.ts'
import { readBudgets } from '../../../src/budget/read.ts'
import type { LoadReport } from '../../../src/measure/report.ts'
import { aReport, latencies, spread } from '../../builders/report.ts'
import { failing } from './failing.ts'

function reportWith(budgets: Budgets, over: Partial<LoadReport> = {}): LoadReport {
  const report = aReport(over)
  const read = readBudgets(budgets, { steps: Object.keys(report.steps), target: true })
  return { ...report, verdicts: judge(report, read.budgets) }
}

const few = { responseTime: latencies(spread(100, 13, 49)) }

test('passes when every budget does', () => {
  expect(reportWith({ rps: 500, p99: '100ms' })).toMeetItsBudgets()
  expect(reportWith({ rps: 500, p99: '10ms' })).not.toMeetItsBudgets()
})

test('shows each budget when one fails', () => {
  expect(failing(() => expect(reportWith({ rps: 500, p99: '10ms' })).toMeetItsBudgets())).toMatchInlineSnapshot(`
    "expect(report).toMeetItsBudgets()

    Expected: every budget to pass
    Received: 1 of 2 passed

    ✓ rps >= 500/s: 600/s
    ✗ Expected p99 <= 10 ms, received 49 ms (4.9 times the bound). Slowest step: pay, p99 22 ms."
  `)
})

test('with .not shows that all passed', () => {
  expect(failing(() => expect(reportWith({ rps: 500 })).not.toMeetItsBudgets())).toMatchInlineSnapshot(`
    "expect(report).not.toMeetItsBudgets()

    Expected: not every budget to pass
    Received: 1 of 1 passed

    ✓ rps >= 500/s: 600/s"
  `)
})

test('an inconclusive budget does not pass, and is no failure either', () => {
  const report = reportWith({ rps: 500, p99: '100ms' }, few)
  expect(failing(() => expect(report).toMeetItsBudgets())).toMatchInlineSnapshot(`
    "expect(report).toMeetItsBudgets()

    Expected: every budget to pass
    Received: 1 of 2 passed, 1 inconclusive

    ✓ rps >= 500/s: 600/s
    ? Expected p99 <= 100 ms, received 49 ms, which decides nothing: 100 samples are too few for p99, 299 are needed. Measure for 90 s or longer at this rate."
  `)
  expect(failing(() => expect(report).not.toMeetItsBudgets())).toContain('1 of 2 passed')
  expect(reportWith({ rps: 5000, p99: '100ms' }, few)).not.toMeetItsBudgets()
})

test('a run without budgets, or one that did not run, fails either way', () => {
  expect(failing(() => expect(aReport()).toMeetItsBudgets())).toMatchInlineSnapshot(`
    "expect(report).toMeetItsBudgets()

    Expected: every budget to pass
    Received: no verdicts

    The run had no budgets. Give runLoad budgets: { … }."
  `)
  expect(failing(() => expect(aReport()).not.toMeetItsBudgets())).toContain('no budgets')
  const notRun = reportWith({ rps: 500 }, { state: 'not run', cause: 'connection refused.' })
  expect(failing(() => expect(notRun).toMeetItsBudgets())).toMatchInlineSnapshot(`
    "expect(report).toMeetItsBudgets()

    Expected: every budget to pass
    Received: no verdicts

    The load did not run: connection refused."
  `)
})

test('other values are refused, either way', () => {
  expect(failing(() => expect([]).toMeetItsBudgets())).toMatchInlineSnapshot(`
    "expect(report).toMeetItsBudgets()

    Expected: a LoadReport, as runLoad resolves with
    Received: a list"
  `)
  expect(failing(() => expect(null).not.toMeetItsBudgets())).toContain('Received: null')
})

test('a run of which nothing passed meets no budgets, whatever they are, and does not fail them either', () => {
  const measuredArrivals = { ...aReport().measuredArrivals, passed: 0, failed: 320 }
  const report = reportWith({ rps: 500 }, { measuredArrivals })
  for (const assert of [() => expect(report).toMeetItsBudgets(), () => expect(report).not.toMeetItsBudgets()])
    expect(failing(assert)).toMatch(/Nothing passed: all 320 iterations failed\./)
  expect(reportWith({ rps: 5000 }, { measuredArrivals })).not.toMeetItsBudgets()
})
