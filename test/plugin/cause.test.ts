import { expect, test } from 'vitest'
import { causeFor } from '../../plugin/cause.ts'
import type { ComparedBudget } from '../../src/compare/comparison.ts'
import type { Cause } from '../../src/measure/report.ts'

const FOUND: Cause = {
  kind: 'function',
  function: { name: 'priceOf', file: 'src/prices.ts', line: 41 },
  added: 0.05,
  share: { low: 0.6, high: 1 },
  beyond: [],
}

const missed = (metric: ComparedBudget['budget']['metric'], base: number, head: number) =>
  ({ budget: { metric }, figures: { base, head } }) as ComparedBudget

test.each<[string, ComparedBudget, number, boolean]>([
  ['CPU time', missed('cpuPerRequest', 1, 1.1), 0.1, true],
  ['a rate that falls as CPU time grows', missed('rps', 100, 90), 0.1, true],
  ['a latency that grows with it', missed('percentile', 5, 6), 0.15, true],
  ['a latency that grows by a wait', missed('percentile', 5, 25), 0.02, false],
  ['a rate that falls by a wait', missed('rps', 100, 20), 0.1, false],
])('a function is the cause of a budget only if its CPU time explains it: %s', (_, budget, growth, isFound) => {
  const cause = causeFor(budget, FOUND, growth)
  if (isFound) expect(cause).toBe(FOUND)
  else expect(cause).toMatchObject({ kind: 'not found', reason: expect.stringContaining('the application waits') })
})
