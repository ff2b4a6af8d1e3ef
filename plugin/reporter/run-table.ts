import { unitOf } from '../../src/budget/metrics/index.ts'
import type { ComparedBudget } from '../../src/compare/comparison.ts'
import { changeAlone, earlyOf, range, toldIn } from '../../src/compare/words.ts'
import { plain } from '../../src/ground/plain.ts'
import { formatMs, formatRate, formatShare } from '../../src/ground/units.ts'
import { counted } from '../../src/ground/words.ts'
import type { Verdict } from '../../src/measure/report.ts'
import { table } from '../../src/report/markdown-parts.ts'
import { cut } from '../../src/report/text.ts'
import type { RunState, RunTest } from './run-tests.ts'

/** Bytes of a table, of the 60,000 that a summary has. */
const MOST_BYTES = 12_000
const WIDEST_NAME = 80
const WIDEST_BUDGET = 160
/** Budgets that are named; of more only how many there are. */
const SHOWN = 3

const HEADS = ['Load test', 'Result', 'Budgets', 'Rate', 'p99', 'Failed']
const ALIGN = ['', '', '', 'right', 'right', 'right']
const WORDS = { fail: 'missed', inconclusive: 'undecided', pass: 'kept' } as const

/**
 * Every load test of a run in a row, in the order given: what became of it, which budgets are missed or undecided, and
 * its figures. As many as there is room for, and a line that counts the others.
 */
export function overview(tests: readonly RunTest[], marks: Record<RunState, string>): string[] {
  const rows: string[][] = []
  let size = 0
  for (const test of tests) {
    const row = rowOf(test, marks)
    size += Buffer.byteLength(table([], [row], []))
    if (size > MOST_BYTES) break
    rows.push(row)
  }
  const left = tests.length - rows.length
  return [table(HEADS, rows, ALIGN), ...(left > 0 ? [`_And ${counted(left, 'load test')} more._`] : [])]
}

function rowOf(test: RunTest, marks: Record<RunState, string>): string[] {
  const { report, state, notCompared } = test
  const name = cut(plain(test.name), WIDEST_NAME)
  const left = notCompared.length === 0 ? [] : [`${notCompared.length} not compared`]
  const budgets = [...budgetsOf(test), ...left].join('; ')
  const start = [name, `${marks[state]} ${state}`, budgets === '' ? '–' : budgets]
  if (report === undefined || report.state === 'not run') return [...start, ...figuresOfHead(test)]
  const { p99 } = report.model === 'open' ? report.responseTime : report.serviceTime
  return [...start, formatRate(report.rps), formatMs(p99), formatShare(report.errorRate)]
}

/** Rate, p99 and share of failures of head, as far as it was only compared and they are known. */
function figuresOfHead({ report, comparison }: RunTest): string[] {
  const all = report === undefined && comparison ? [...comparison.budgets, ...comparison.beside] : []
  return ['rps', 'p99', 'errorRate'].map(key => {
    const found = all.find(({ budget, figures }) => budget.key === key && figures !== undefined)
    return found ? unitOf(found.budget).write(found.figures!.head, 3, 0) : '–'
  })
}

function foundOf(found: ComparedBudget): string {
  const { budget, change, open, why } = found
  if (why.length > 0) return why.join(' ')
  if (open) return range(budget, open.low, open.high)
  return earlyOf(found) ?? (change ? changeAlone(budget, change.mean) : 'no data')
}

/** `missed p99 <= 40 ms: 49 ms`, `2 kept`. */
export function budgetsOf({ report, comparison }: RunTest): string[] {
  const found = [
    ...(report?.verdicts ?? []).map(({ title, value, verdict }) => ({ verdict, text: `${title}: ${value}` })),
    ...(comparison === undefined ? [] : toldIn(comparison)).map(one => ({
      verdict: one.verdict,
      text: `${one.budget.title}: ${foundOf(one)}`,
    })),
  ]
  const of = (wanted: Verdict['verdict']) => found.filter(({ verdict }) => verdict === wanted)
  const others = (['fail', 'inconclusive'] as const).flatMap(verdict =>
    of(verdict).map(({ text }) => `${WORDS[verdict]} ${cut(plain(text), WIDEST_BUDGET)}`),
  )
  const [cause] = comparison?.cause?.split('\n') ?? []
  const ended = cause === undefined ? [] : [`not compared to the end: ${cause}`]
  const more = others.length > SHOWN ? [`${others.length - SHOWN} more`] : []
  const kept = of('pass').length
  return [...ended, ...others.slice(0, SHOWN), ...more, ...(kept > 0 ? [`${kept} kept`] : [])]
}
