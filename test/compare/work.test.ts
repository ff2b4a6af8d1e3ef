import { expect, test } from 'vitest'
import { readBudgets } from '../../src/budget/read.ts'
import { comparisonOf } from '../../src/compare/comparison.ts'
import { differencesBetween, type Traits } from '../../src/compare/differences.ts'
import { ComparisonJudge } from '../../src/compare/judge.ts'
import { comparisonMarkdown, comparisonSection } from '../../src/compare/markdown.ts'
import { remarksOn, workIn } from '../../src/compare/work.ts'
import { aComparison } from '../plugin/reporter/runs.ts'
import { pairs, type Written } from './pairs.ts'

const { relative } = readBudgets(
  { cpuPerRequest: 'base + 5%', errorRate: 'base + 1%', steps: { search: { p50: 'base + 5%' } } },
  { steps: ['search', 'other'], target: true, base: true, model: 'closed' },
)
const [ofWork, ofErrors, ofStep] = relative

const bodies = (mean: number): Written => {
  const [launch] = pairs(1, () => ({ base: {}, head: {} }))
  const { search } = launch!.base.steps
  return { steps: { search: { ...search!, bodies: { responses: 400, bytes: 400 * mean, least: mean, most: mean } } } }
}
const remarksFor = (budget: typeof ofWork, base: Written, head: Written) =>
  remarksOn(workIn(pairs(5, () => ({ base, head }))), budget!)

test('a large difference of bytes is a remark of every budget that it may explain', () => {
  const [large, small] = [bodies(4_100), bodies(820)]
  const remark = 'step "search" is not the same work: a response has 820 B on head and 4.1 kB on base (-80 %)'
  expect(remarksFor(ofWork, large, small)).toEqual([remark])
  expect(remarksFor(ofStep, large, small)).toEqual([remark])
  expect(remarksFor({ ...ofStep!, step: 'other' }, large, small)).toEqual([])
  expect(remarksFor(ofErrors, large, small)).toEqual([])
  expect(remarksFor(ofWork, small, large)[0]).toContain('(+400 %)')
})

test('ids of another length are none, nor bodies of which nothing is known', () => {
  expect(remarksFor(ofWork, bodies(4_100), bodies(4_000))).toEqual([])
  expect(remarksFor(ofWork, bodies(20), bodies(30))).toEqual([])
  expect(remarksFor(ofWork, {}, bodies(30))).toEqual([])
})

test('another mix of statuses is a remark also where a budget has failed, or is about errors', () => {
  expect(remarksFor(ofErrors, {}, { status: 304 })).toEqual([
    'step "search" is not the same work: its statuses are 100 % 304 on head and 100 % 200 on base',
  ])
  const judge = new ComparisonJudge([ofWork!])
  for (const pair of pairs(5, n => ({ base: {}, head: { cpuTime: 900 + n } }))) judge.add(pair)
  for (const pair of pairs(9, () => ({ base: {}, head: { status: 304 } }))) judge.add(pair)
  expect(judge.findings()).toMatchObject([{ verdict: 'fail', remarks: [expect.stringContaining('% 304')] }])
})

const traits: Traits = {
  node: 'v22.11.0',
  flags: [],
  variables: ['HOME', 'PATH'],
  files: { 'package-lock.json': '1a2b3c4', 'tsconfig.json': 'aaaaaaa' },
  scripts: { build: 'tsc' },
}

test('what the sides do not have alike besides their code', () => {
  expect(differencesBetween(traits, { ...traits })).toEqual([])
  expect(differencesBetween(traits, undefined)).toEqual([])
  // Of another platform nothing is known of the process.
  expect(differencesBetween(traits, { files: traits.files, scripts: traits.scripts })).toEqual([])
  const head: Traits = {
    node: 'v24.1.0',
    flags: ['--max-old-space-size=512'],
    variables: ['HOME', 'NEW_FLAG', 'PATH'],
    files: { 'package-lock.json': '5d6e7f8', 'vite.config.ts': 'bbbbbbb' },
    scripts: { build: 'tsc --sourceMap' },
  }
  expect(differencesBetween(traits, head)).toEqual([
    { what: 'Node.js', base: 'v22.11.0', head: 'v24.1.0' },
    { what: 'flags of Node.js', base: 'none', head: '--max-old-space-size=512' },
    { what: 'variables of one side only', base: 'none', head: 'NEW_FLAG' },
    { what: 'package-lock.json', base: '1a2b3c4', head: '5d6e7f8' },
    { what: 'tsconfig.json', base: 'aaaaaaa', head: 'none' },
    { what: 'vite.config.ts', base: 'none', head: 'bbbbbbb' },
    { what: 'script "build"', base: 'tsc', head: 'tsc --sourceMap' },
  ])
})

test('comment, page and comparison.json have all of it', () => {
  const comparison = aComparison(undefined, undefined, {
    steps: workIn(pairs(5, () => ({ base: bodies(4_100), head: bodies(820) }))),
    differences: [{ what: 'Node.js', base: 'v22.11.0', head: 'v24.1.0' }],
    newSteps: [{ step: 'pay', route: 'POST /pay', status: 404 }],
  })
  const told = [
    'New on head, and not compared: "pay" (POST /pay, status 404 on base).',
    'Base and head also differ in: Node.js (v22.11.0 on base, v24.1.0 on head).',
  ]
  const markdown = comparisonMarkdown({ name: 'shop', comparison })
  for (const line of told) expect(markdown).toContain(line)
  expect(markdown).toContain('| search | 2,000 × 200 | 2,000 × 200 | 4.1 kB | 820 B |')
  const { tables, notes } = comparisonSection(comparison, '2026-11-30T15:00:00.000Z')
  expect(notes).toContain(told[0])
  expect(tables.map(({ title, rows }) => [title, rows[0]]).slice(-2)).toEqual([
    ['What each step got', ['search', '2,000 × 200', '2,000 × 200', '4.1 kB', '820 B']],
    ['Differences outside the code', ['Node.js', 'v22.11.0', 'v24.1.0']],
  ])
  const stored = { version: 1, name: 'shop', file: 'a', at: '2026-11-30T15:00:00.000Z', comparison }
  const read = comparisonOf(JSON.parse(JSON.stringify(stored)), 'comparison.json').comparison
  expect([read.steps, read.differences, read.newSteps]).toEqual([
    comparison.steps,
    comparison.differences,
    comparison.newSteps,
  ])
  const broken = { ...stored, comparison: { ...comparison, differences: [{ what: 'Node.js' }] } }
  expect(() => comparisonOf(JSON.parse(JSON.stringify(broken)), 'comparison.json')).toThrow('it is not a comparison')
})
