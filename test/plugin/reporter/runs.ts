import type { LoadRun, RunTest } from '../../../plugin/reporter/run-tests.ts'
import { readBudgets } from '../../../src/budget/read.ts'
import type { ComparedBudget, Comparison } from '../../../src/compare/comparison.ts'
import { ComparisonJudge } from '../../../src/compare/judge.ts'
import { aReport } from '../../builders/report.ts'
import { pairs, type Written, wave } from '../../compare/pairs.ts'

/** A comparison by these budgets, judged by pairs in which head is as `of` says. */
export function aComparison(
  written: object = { cpuPerRequest: 'base + 5%', p99: 'base + 10%' },
  of: (n: number) => Written = n => ({ cpuTime: 400 * 1.2 * (1 + 0.01 * wave(n)), latency: 5 + 0.05 * wave(n) }),
  over: Partial<Comparison> = {},
  count = 5,
): Comparison {
  const { relative } = readBudgets(written, { steps: ['search'], target: true, base: true, model: 'closed' })
  const judge = new ComparisonJudge(relative)
  const memory = readBudgets({ memory: 'base + 1%' }, { steps: [], target: true, base: true, model: 'closed' })
  for (const pair of pairs(count, n => ({ base: { cpuTime: 400 }, head: of(n) }))) judge.add(pair)
  return {
    base: { commit: '1a2b3c4', subject: 'Search is faster', from: 'git merge-base' },
    head: { commit: '5d6e7f8', subject: 'Prices come with tax', from: 'the working tree' },
    notes: ['The working tree has changes that are not committed'],
    seed: 42,
    pairs: count,
    pairTook: 4_000,
    took: 31_000,
    requests: { base: 2_100, head: 2_104 },
    budgets: judge.findings(),
    beside: memory.relative.map((budget): ComparedBudget => judge.beside(budget)),
    ...over,
  }
}

const verdict = (of: 'pass' | 'fail' | 'inconclusive', because: string) => ({
  ...{ budget: 'p99', title: 'p99 <= 40 ms', value: '49 ms', verdict: of, because, reasons: [] },
})

export const failedTest = (name = 'checkout at peak', over: Partial<RunTest> = {}): RunTest => ({
  name,
  state: 'failed',
  report: aReport({ verdicts: [verdict('fail', 'Expected p99 <= 40 ms, received 49 ms.')] }),
  errors: [],
  notCompared: [],
  again: { file: 'shop.load.test.ts', name, isBaseOfJob: false },
  ...over,
})

export const undecidedTest = (name = 'searching', over: Partial<RunTest> = {}): RunTest => ({
  name,
  state: 'undecided',
  report: aReport({ verdicts: [verdict('inconclusive', 'The generator was busy.')] }),
  errors: [],
  notCompared: [],
  again: { file: 'shop.load.test.ts', name, isBaseOfJob: false },
  ...over,
})

export const passedTest = (name = 'browsing', over: Partial<RunTest> = {}): RunTest => ({
  name,
  state: 'passed',
  report: aReport({ verdicts: [verdict('pass', '')] }),
  errors: [],
  notCompared: [],
  again: { file: 'shop.load.test.ts', name, isBaseOfJob: false },
  ...over,
})

/** So many load tests that are as one, but for their names: to make a report of each takes seconds. */
export const many = (count: number, one: RunTest): RunTest[] =>
  Array.from({ length: count }, (_, i) => ({ ...one, name: `test ${i}`, again: { ...one.again, name: `test ${i}` } }))

export function aRun(tests: RunTest[], over: Partial<LoadRun> = {}): LoadRun {
  const state = (['failed', 'undecided'] as const).find(state => tests.some(test => test.state === state)) ?? 'passed'
  return { state, tests, problems: [], isInterrupted: false, isNeutral: false, remarks: [], ...over }
}
