import { expect, test } from 'vitest'
import { comparedCodeOf, exitCodeOf, worstOf } from '../../src/cli/verdict.ts'
import type { ComparedBudget, StoredComparison } from '../../src/compare/comparison.ts'
import type { Verdict } from '../../src/measure/report.ts'
import { aReport } from '../builders/report.ts'

const aVerdict = (verdict: Verdict['verdict']): Verdict => ({
  ...{ budget: 'p99', title: 'p99 <= 40 ms', value: '20 ms', because: '', reasons: [] },
  verdict,
})

test.each([
  ['pass', 0],
  ['fail', 1],
  ['inconclusive', 3],
] as const)('a load of which a budget is %s has exit code %i', (verdict, code) => {
  expect(exitCodeOf(aReport({ verdicts: [aVerdict('pass'), aVerdict(verdict)] }))).toBe(code)
})

test('a load without budgets has exit code 0 unless it did not run', () => {
  expect(exitCodeOf(aReport({ verdicts: [] }))).toBe(0)
  expect(exitCodeOf(aReport({ verdicts: [], state: 'not run' }))).toBe(1)
})

const compared = (verdicts: Verdict['verdict'][], cause?: string) => {
  const budgets = verdicts.map(verdict => ({ verdict }) as ComparedBudget)
  return comparedCodeOf({ comparison: { budgets, cause } } as StoredComparison)
}

test('a comparison passes only if something was compared', () => {
  expect(compared(['pass', 'pass'])).toBe(0)
  expect(compared([])).toBe(3)
  expect(compared(['pass'], 'base did not start')).toBe(3)
  expect(compared(['pass', 'inconclusive'])).toBe(3)
  expect(compared(['inconclusive', 'fail'], 'base did not start')).toBe(1)
})

test('a failure is worse than what is not decided', () => {
  expect(worstOf([3, 1, 0])).toBe(1)
  expect(worstOf([0, 3])).toBe(3)
  expect(worstOf([])).toBe(0)
})
