import { unitOf } from '../budget/metrics/index.ts'
import { ended } from '../ground/fault.ts'
import { plain } from '../ground/plain.ts'
import { formatBytes, formatCount, type Milliseconds } from '../ground/units.ts'
import { capitalized } from '../ground/words.ts'
import { causeWords } from '../report/cause.ts'
import { escaped, folded, table, VERDICT_MARKS } from '../report/markdown-parts.ts'
import type { Card, PageSection } from '../report/page-section.ts'
import { cut } from '../report/text.ts'
import type { ComparedBudget, ComparedStep, Comparison, Difference, StoredComparison } from './comparison.ts'
import { SIDES, type SideName } from './pair.ts'
import * as words from './words.ts'

/** A comparison and the name it goes by: that of its load test. */
type Named = Pick<StoredComparison, 'name' | 'comparison'>

const WORDS: Record<ComparedBudget['verdict'], string> = { pass: 'pass', fail: 'fail', inconclusive: 'undecided' }
/** Columns of a sentence and of a name: responses and names are as long as others made them. */
export const WIDEST = 600
const WIDEST_NAME = 200
const WIDEST_STEP = 100
/** Steps of a workflow may be many. */
const MOST_BESIDE = 30

/** The worst of its budgets' verdicts. What was not measured to the end has failed. */
export function comparedVerdict({ budgets, cause }: Pick<Comparison, 'budgets' | 'cause'>): ComparedBudget['verdict'] {
  if (cause !== undefined || budgets.some(({ verdict }) => verdict === 'fail')) return 'fail'
  if (budgets.length === 0) return 'inconclusive'
  return budgets.some(({ verdict }) => verdict === 'inconclusive') ? 'inconclusive' : 'pass'
}

/**
 * A comparison as GitHub Markdown: its budgets in sight, what else changed folded away. Ends with a line break.
 *
 * @param isShort without what is folded.
 */
export function comparisonMarkdown({ name, comparison }: Named, isShort = false): string {
  const { beside, cause, notes, steps = [] } = comparison
  const [verdict, told] = [comparedVerdict(comparison), words.reportedBudgets(comparison)]
  const own = cut(plain(name), WIDEST_NAME)
  const title = /head against base/i.test(own) ? own : `${own}, head against base`
  const parts = [
    `### ${VERDICT_MARKS[verdict]} ${escaped(title)}: ${WORDS[verdict]}`,
    ...(cause === undefined ? [] : [`**Not compared to the end**: ${escaped(cut(plain(cause), WIDEST))}`]),
    ...words.repairOf(cause).map(escaped),
    ...(told.length > 0 ? [sentences(comparison), tableOf(told)] : []),
    ...words.beyondLines(comparison).map(line => escaped(ended(cut(plain(line), WIDEST)))),
    ...(beside.length > 0 && !isShort
      ? [folded('What else changed', firstOf(CHANGE_HEADS, beside.map(changeCells)))]
      : []),
    ...(steps.length > 0 && !isShort ? [folded('What each step got', firstOf(STEP_HEADS, steps.map(stepCells)))] : []),
    escaped(capitalized(ended(words.describeComparison(comparison)))),
    ...notes.map(note => `> [!NOTE]\n> ${escaped(ended(cut(plain(note), WIDEST)))}`),
  ]
  return `${parts.join('\n\n')}\n`
}

/** One sentence per budget, as plain text. */
export function comparedSentences(comparison: Comparison) {
  const sentence = (found: ComparedBudget) => {
    const cause = found.cause && `Cause: ${causeWords(found.cause)}`
    return cut(plain([words.sentenceOf(found, comparison.pairTook), cause].filter(Boolean).join(' ')), WIDEST)
  }
  return words.reportedBudgets(comparison).map(found => ({ verdict: found.verdict, text: sentence(found) }))
}

function sentences(comparison: Comparison): string {
  const each = comparedSentences(comparison)
  return each.map(({ verdict, text }) => `- ${VERDICT_MARKS[verdict]} ${escaped(text)}`).join('\n')
}

function tableOf(budgets: readonly ComparedBudget[]): string {
  const rows = budgets.map(found => [
    ...changeCells(found),
    words.allowedOf(found.budget),
    `${VERDICT_MARKS[found.verdict]} ${WORDS[found.verdict]}`,
  ])
  return table([...CHANGE_HEADS, 'Allowed', 'Verdict'], rows, [...CHANGE_ALIGN, 'right', ''])
}

/** A name in the first column, and numbers in the others. */
function firstOf(heads: readonly string[], rows: readonly string[][]): string {
  const left = rows.length - MOST_BESIDE
  const all = table(heads, rows.slice(0, MOST_BESIDE), ['', ...heads.slice(1).map(() => 'right' as const)])
  return left > 0 ? `${all}\n\nand ${left} more` : all
}

const STEP_HEADS = ['Step', 'Statuses of base', 'Statuses of head', 'Bytes of base', 'Bytes of head']

/** Name and route of a step, how many responses of which status each side gave, and how large they were. */
function stepCells({ step, route, statuses, bytes }: ComparedStep): string[] {
  const name = cut(plain(route === undefined ? step : `${step}: ${route}`), WIDEST_STEP)
  const counts = (side: SideName) =>
    Object.entries(statuses[side])
      .map(([status, count]) => `${formatCount(count)} × ${status}`)
      .join(', ') || '–'
  const size = (side: SideName) => (bytes === undefined ? '–' : formatBytes(bytes[side]))
  return [name, counts('base'), counts('head'), size('base'), size('head')]
}

const CHANGE_HEADS = ['Budget', 'Base', 'Head', 'Change']
const CHANGE_ALIGN = ['', 'right', 'right', 'right']

/** Name, base's figure, head's, and the change. */
const changeCells = (found: ComparedBudget): string[] => [
  words.shortSubject(found.budget),
  ...SIDES.map(side => figureOf(found, side)),
  words.changeWords(found),
]

function figureOf({ budget, figures }: ComparedBudget, side: SideName): string {
  const { allowed } = budget
  const unit = 'amount' in allowed ? allowed.amount : 0
  return figures === undefined ? '–' : unitOf(budget).write(figures[side], 3, unit)
}

/** Budget for the page of its load test. */
function cardOf(found: ComparedBudget, pairTook: Milliseconds): Card {
  const { budget, verdict, change, cause } = found
  const name = words.shortSubject(budget)
  // A decision is all in the figures.
  const why = verdict === 'inconclusive' ? words.sentenceOf(found, pairTook) : words.remarksOf(found)
  return {
    verdict,
    name,
    value: change === undefined ? '–' : words.changeAlone(budget, change.mean),
    facts: [
      ...(found.figures ? [`base ${figureOf(found, 'base')}, head ${figureOf(found, 'head')}`] : []),
      ...(change ? [`95 %: ${words.range(budget, change.low, change.high)}`] : []),
      `allowed ${words.allowedOf(budget)}`,
    ],
    texts: [why, cause ? `Cause: ${causeWords(cause)}` : ''].filter(Boolean).map(text => cut(plain(text), WIDEST)),
  }
}

const TONES = { pass: 'pass', fail: 'fail', inconclusive: 'unsure' } as const

/**
 * How head compares with base, for the page of its load test.
 *
 * @param at when it was made: ISO 8601. A page may be of a run that took place at another time.
 */
export function comparisonSection(comparison: Comparison, at: string): PageSection {
  const { beside, cause, notes, steps = [], differences = [] } = comparison
  const verdict = comparedVerdict(comparison)
  const heads = CHANGE_HEADS
  return {
    title: 'Head against base',
    tone: TONES[verdict],
    word: WORDS[verdict],
    fault: cause && ended(cut(plain(cause), WIDEST)),
    cards: words.reportedBudgets(comparison).map(found => cardOf(found, comparison.pairTook)),
    tables: [
      { title: 'What else changed', heads, rows: beside.map(changeCells), numbers: 3 },
      { title: 'What each step got', heads: STEP_HEADS, rows: steps.map(stepCells), numbers: 4 },
      {
        title: 'Differences outside the code',
        heads: ['', 'Base', 'Head'],
        rows: differences.map(differenceCells),
        numbers: 0,
      },
    ].filter(({ rows }) => rows.length > 0),
    notes: [
      capitalized(ended(words.describeComparison(comparison))),
      `Compared at ${at.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}.`,
      ...words.beyondLines({ ...comparison, differences: [] }).map(line => ended(cut(plain(line), WIDEST))),
      ...words.repairOf(cause),
      ...notes.map(note => ended(cut(plain(note), WIDEST))),
    ],
  }
}

const differenceCells = ({ what, base, head }: Difference) => [what, base, head].map(text => cut(plain(text), WIDEST))
