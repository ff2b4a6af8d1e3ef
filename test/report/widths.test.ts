import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Budgets } from '../../src/budget/budget.ts'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import type { Doubt, LoadReport } from '../../src/measure/report.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { widthOf } from '../../src/report/text.ts'
import { aNodeTarget, anEndpoint, aReport, aStep } from '../builders/report.ts'

/* Whatever names and figures there are, a table fits into its terminal, and is no longer than it may be. */

const doubts: Doubt[] = [
  {
    kind: 'late starts',
    p99: 80,
    found:
      'One in a hundred iterations started more than 80 ms late although a virtual user was free: the machine was busy with something else, or the load is too much for 1 thread. End other programs, use 2 threads, or ask for less load.',
  },
  {
    kind: 'late answers',
    p99: 20,
    found:
      'At one in a hundred moments a load thread got to what was due more than 20 ms late: its work comes in lumps, or it stood still. Use 2 threads, or ask for less load.',
  },
  {
    kind: 'stolen CPU',
    longest: 12,
    share: 0.02,
    found:
      "The host took 2 % of this machine's CPU time for others (steal), up to 12 ms at a time: both generator and API stood still meanwhile. Run again, or on a machine with cores of its own.",
  },
  {
    kind: 'warm-up never steady',
    waited: 8_000,
    change: 0.04,
    found:
      "After 8 s of warm-up the load was not steady (mean latency from 12 ms to 12.5 ms), and the measured window began all the same. The API still got faster or slower: compilers, caches, pools, a queue that grows. Wait longer (warmUp: '16s'), or ask for less load if a queue grows.",
  },
]

const long = 95
/** Columns that a line has for its text, however far it is indented. */
const LEAST_TEXT = 20
const name = fc.constantFrom(
  'checkout',
  'checkout-of-a-cart-'.repeat(9).slice(0, long),
  'a checkout at a busy hour '.repeat(9).slice(0, long),
)
const words = ['pay', 'inventory.list-warehouses-', 'x'.repeat(long)]
const steps = fc.constantFrom(
  ['pay'],
  words,
  Array.from({ length: 20 }, (_, i) => words[i % 3]!),
)

function reportOf(steps: string[], budgets: (key: string) => Budgets, isBusy: boolean, target: string): LoadReport {
  const names = steps.map((step, i) => (step + i).slice(-long))
  const report = aReport({
    steps: Object.fromEntries(names.map(name => [name, aStep({ errors: 12 })])),
    errors: names.map((step, i) => ({
      step,
      kind: 'criterion',
      message: '$response.body#/items/0/availability == "in-stock" is not met ("out-of-stock")',
      count: 40 - i,
      at: { file: `/project/${target}.arazzo.yaml`, line: 31, column: 9 },
      exemplars: [],
    })),
    doubts: isBusy ? doubts : [],
    target: aNodeTarget(),
    targets: { [target]: anEndpoint() },
    warnings: [`Failed to check the response of ${target}: it has no content type.`],
  })
  const read = readBudgets(budgets(names[0]!), { steps: names, target: true, targets: { [target]: true }, cores: 2 })
  expect(read.problems).toEqual([])
  return { ...report, budgets: read.budgets, verdicts: judge(report, read.budgets) }
}

const kept = (step: string): Budgets => ({
  ...{ rps: 590, mean: '1s', p50: '1s', p95: '1s', p99: '1s', max: '1h', errorRate: '1%', memory: '1GB', cpu: '90%' },
  steps: { [step]: { p50: '1s', p95: '1s', p99: '1s' } },
})
/** Two that are missed. */
const missed = (step: string): Budgets => ({ ...kept(step), memory: '100MB', cpu: '10%' })

const reports = new Map<string, LoadReport>()

/** Judged once: percentiles of thousands of samples take a while. */
function knownReport(steps: string[], isKept: boolean, isBusy: boolean, target: string): LoadReport {
  const key = JSON.stringify([steps, isKept, isBusy, target])
  const report = reports.get(key) ?? reportOf(steps, isKept ? kept : missed, isBusy, target)
  reports.set(key, report)
  return report
}

const some = fc.record({
  name,
  steps,
  isBusy: fc.boolean(),
  target: fc.constantFrom('pay', 'x'.repeat(long)),
  width: fc.integer({ min: 60, max: 140 }),
  isKept: fc.boolean(),
})

type Some = typeof some extends fc.Arbitrary<infer T> ? T : never

const renderer = ({ name, steps, isBusy, target, isKept }: Some) => {
  const report = knownReport(steps, isKept, isBusy, target)
  const render = (width: number, verbose: boolean) => renderLoadReport(report, { name, color: false, width, verbose })
  return { report, render }
}

test('no line is wider than the terminal, none is indented so far that nothing fits, and no word is broken', () => {
  fc.assert(
    fc.property(some, of => {
      const { render } = renderer(of)
      const [short, whole, wide] = [render(of.width, false), render(of.width, true), render(2_000, true)]
      for (const line of [...short.split('\n'), ...whole.split('\n')]) {
        expect(widthOf(line), line).toBeLessThanOrEqual(of.width)
        expect(line.search(/\S|$/), line).toBeLessThanOrEqual(of.width - LEAST_TEXT)
      }
      const words = new Set(wide.split(/\s+/))
      const broken = whole.split(/\s+/).filter(word => !words.has(word) && !word.includes('…'))
      expect(broken).toEqual([])
    }),
    { numRuns: 40 },
  )
})

test('a run that passed takes at most 15 lines with that of its page, one with two missed budgets 40', () => {
  fc.assert(
    fc.property(some, of => {
      const width = Math.max(80, of.width)
      const { report, render } = renderer(of)
      const short = render(width, false)
      const count = (verdict: string) => report.verdicts.filter(one => one.verdict === verdict).length
      fc.pre(count('inconclusive') === 0)
      expect(count('fail')).toBe(of.isKept ? 0 : 2)
      expect(short.split('\n').length, short).toBeLessThanOrEqual(of.isKept ? 14 : 39)
      expect(short.split('\n').length, short).toBeGreaterThan(6)
    }),
    { numRuns: 40 },
  )
})

test.each([
  [1, ''],
  [3, '3 warnings, the first: '],
])('the warning of a report with %i is told whole at 80 columns', (count, lead) => {
  const text =
    '1 of the 2 agents that it asked for ran the load (eu-1, eu-2): it has 2 users at most, and an agent without one ' +
    'would begin nothing. Give it more users (vus, maxVus), or ask for 2 agents.'
  const report = aReport({ warnings: [text, 'another', 'a third'].slice(0, count) })
  const lines = renderLoadReport(report, { width: 80, color: false }).split('\n')
  const from = lines.findIndex(line => line.startsWith('  ! '))
  const told = lines.slice(from, from + 4).map(line => line.trim())
  expect(told.join(' ')).toContain(`! ${lead}${text}`)
  for (const line of lines) expect(widthOf(line)).toBeLessThanOrEqual(80)
})
