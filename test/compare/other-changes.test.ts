import { expect, test } from 'vitest'
import { readBudgets } from '../../src/budget/read.ts'
import { ComparisonJudge } from '../../src/compare/judge.ts'
import { otherChanges } from '../../src/compare/run.ts'
import { otherChangeLines } from '../../src/compare/words.ts'
import { emptySummary } from '../../src/measure/histogram.ts'
import { aComparison } from '../plugin/reporter/runs.ts'
import { pairs, wave } from './pairs.ts'

const step = { requests: 100, errors: 0, serviceTime: emptySummary() }
const steps = { search: step, order: step, pay: step }
const ONE = { search: 1, order: 1, pay: 1 }

interface World {
  /** Price of each step on head; 1 on base. */
  prices?: (n: number) => Partial<typeof ONE>
  /** CPU time of a request on head; 1 on base. */
  whole?: (n: number) => number
  count?: number
  written?: object
  /** Prices of one user alone, as a factor of those under load. */
  alone?: number
}

/** Names of steps with CPU time, in their order. */
function stepsOf({ prices = () => ({}), whole = () => 1, count = 5, written, alone = 1 }: World) {
  const budgets = written ?? { cpuPerRequest: 'base + 5%' }
  const { relative } = readBudgets(budgets, { steps: ['search'], target: true, base: true, model: 'closed' })
  const judge = new ComparisonJudge(relative)
  const scaled = (each: typeof ONE) => Object.fromEntries(Object.entries(each).map(([key, one]) => [key, one * alone]))
  const all = pairs(count, n => ({
    base: { steps, prices: scaled(ONE), cpuTime: 400 },
    head: { steps, prices: scaled({ ...ONE, ...prices(n) }), cpuTime: 400 * whole(n) },
  }))
  for (const pair of all) judge.add(pair)
  const beside = otherChanges(judge, relative)
  expect(beside.some(({ budget }) => budget.quantile !== undefined)).toBe(false)
  return beside
    .filter(({ budget }) => budget.metric === 'cpuPerRequest' && budget.step)
    .map(({ budget }) => budget.step)
}

const noisy = (mean: number, noise: number) => (n: number) => mean * (1 + noise * wave(n))

test.each([0.6, 1, 2])('the step that costs more comes first, if one user alone finds %s of the price', alone => {
  const dearer = { prices: (n: number) => ({ pay: noisy(1.6, 0.04)(n), order: noisy(1, 0.03)(n) }), alone }
  expect(stepsOf({ ...dearer, whole: noisy(1.2, 0.01) })[0]).toBe('pay')
  const cheaper = { prices: (n: number) => ({ pay: noisy(0.5, 0.04)(n) }), alone, whole: noisy(0.83, 0.01) }
  expect(stepsOf(cheaper).at(-1)).toBe('pay')
  expect(stepsOf({ ...dearer, whole: noisy(1.2, 0.01), written: { p99: 'base + 10%' } })[0]).toBe('pay')
})

test('a step comes first if what it costs more is not shared, and one user alone has three times the rest', () => {
  const world = { prices: (n: number) => ({ pay: noisy(1.2, 0.01)(n) }), alone: 3, whole: noisy(1.2, 0.01) }
  expect(stepsOf(world)[0]).toBe('pay')
})

test.each<[string, World]>([
  ['one of them grew by more than the whole', { prices: () => ({ search: 2.97 }), whole: noisy(1.2, 0.01) }],
  ['all together fell, and the whole grew', { prices: () => ({ search: 0.7, pay: 0.9 }), whole: noisy(1.2, 0.01) }],
  ['none of them grew, and the whole did', { whole: noisy(1.2, 0.01) }],
  ['the whole fell, and none of them did', { whole: noisy(0.8, 0.01) }],
  ['the whole is undecided', { prices: () => ({ pay: 1.15 }), whole: noisy(1.05, 0.03) }],
  ['the machine was busy', { prices: n => ({ pay: noisy(1.6, 0.6)(n) }), whole: noisy(1.2, 0.01) }],
  ['there are few pairs', { prices: () => ({ pay: 1.6 }), whole: noisy(1.2, 0.01), count: 4 }],
])('no step is named if %s', (_, world) => {
  expect(stepsOf(world)).toEqual([])
})

test('a step is said to be measured by one user alone', () => {
  const { relative } = readBudgets(
    { cpuPerRequest: 'base + 5%' },
    { steps: [], target: true, base: true, model: 'closed' },
  )
  const [found] = aComparison().budgets
  const of = { ...relative[0]!, path: ['steps', 'pay', 'cpuPerRequest'], step: 'pay' }
  const lines = otherChangeLines(aComparison(undefined, undefined, { beside: [{ ...found!, budget: of }] }))
  expect(lines).toEqual([expect.stringMatching(/^pay cpuPerRequest \(one user alone\) \+20 %/)])
})
