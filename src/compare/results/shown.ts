import { unitOf } from '../../budget/metrics/index.ts'
import { ended } from '../../ground/fault.ts'
import { plain } from '../../ground/plain.ts'
import { formatMs } from '../../ground/units.ts'
import { capitalized, counted } from '../../ground/words.ts'
import { colorsOf } from '../../report/color.ts'
import { escaped, table, VERDICT_MARKS } from '../../report/markdown-parts.ts'
import { alignColumns, cut, paragraph, terminalWidth } from '../../report/text.ts'
import { budgetCounts } from '../../report/verdict-block.ts'
import type { ComparedBudget, StoredComparison } from '../comparison.ts'
import { comparedSentences, comparedVerdict, WIDEST } from '../markdown.ts'
import type { SideName } from '../pair.ts'
import * as words from '../words.ts'
import { type compareResults, LEAST_LAUNCHES } from './compare.ts'

type Results = ReturnType<typeof compareResults>

/** A comparison as people read it, wherever it comes from. */
export interface Shown {
  title: string
  /** Both sides, and how they were measured. */
  facts?: string
  /** Absent where there are no budgets, or not launches enough to decide any. */
  verdict?: ComparedBudget['verdict']
  budgets: { verdict?: ComparedBudget['verdict']; text: string }[]
  /** Rows below `HEADS`. */
  figures: string[][]
  notes: string[]
}

export function shownResults(comparison: Results): Shown {
  const { budgets, changes, isEnough } = comparison
  return {
    title: titleOf(comparison),
    ...(isEnough && budgets.length > 0 && { verdict: comparedVerdict(comparison) }),
    budgets: budgets.map(found => ({
      ...(isEnough && { verdict: found.verdict }),
      text: budgetSentence(found, comparison),
    })),
    figures: [...budgets, ...changes].filter(hasFigures).map(figureRow),
    notes: notesOf(comparison),
  }
}

/** One that was stored by a run that compared. */
export function shownStored({ name, at, comparison }: Pick<StoredComparison, 'name' | 'at' | 'comparison'>): Shown {
  const short = (text: string) => cut(plain(text), WIDEST)
  const { budgets, beside, notes, cause, pairTook } = comparison
  const when = at.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')
  const pairs = comparison.pairs > 0 ? ` A pair took ${formatMs(pairTook, 2)}.` : ''
  return {
    title: `${shortName(name)}, head against base: ${budgetCounts(countsOf(budgets))}`,
    facts: capitalized(words.describeComparison(comparison)),
    verdict: comparedVerdict(comparison),
    budgets: comparedSentences(comparison),
    figures: [...budgets, ...beside].filter(hasFigures).map(figureRow),
    notes: [
      ...(cause === undefined ? [] : [`Not compared to the end: ${short(cause)}`]),
      ...words.repairOf(cause),
      ...words.beyondLines(comparison).map(short),
      ...notes.map(short),
      `Made ${when}.${pairs}`,
    ],
  }
}

function countsOf(budgets: readonly ComparedBudget[]) {
  const of = (wanted: ComparedBudget['verdict']) => budgets.filter(({ verdict }) => verdict === wanted).length
  return { missed: of('fail'), undecided: of('inconclusive'), kept: of('pass') }
}

const hasFigures = ({ change, figures }: ComparedBudget) => change !== undefined && figures !== undefined

/**
 * Sentence for a budget:
 *
 * `p99: no slowdown beyond +10 %: -0.4 % (95 %: -2.1 to 1.3 %).` `p99: undecided, -1 to 8 % where +5 % is allowed;
 * about 6 more launches a side decide; noise 2.9 % a launch.`
 */
function budgetSentence(found: ComparedBudget, { isEnough }: Results): string {
  const { budget, verdict, change, open, why, pairs } = found
  if (verdict !== 'inconclusive' || why.length > 0 || change === undefined) return words.sentenceOf(found, 0)
  const allowed = `${words.allowedOf(budget)} allowed`
  if (!isEnough) return `${words.shortSubject(budget)}: not decided, ${changeOf(found)}, ${allowed}.`
  const seen = open && `${words.range(budget, open.low, open.high)} where ${words.allowedOf(budget)} is allowed`
  const noise = pairs > 1 ? words.noiseOf(found, 'launch') : ''
  return `${words.shortSubject(budget)}: undecided, ${[seen, takes(found), noise].filter(Boolean).join('; ')}.`
}

function takes({ needed }: ComparedBudget): string {
  if (needed !== undefined)
    return `about ${counted(needed, 'more launch').replace('launchs', 'launches')} a side decide`
  return 'it lies too close to what is allowed for any number of launches to decide'
}

/** `+8.1 % (95 %: 5.9 to 10.3 %)`; of one launch each without a range, which nothing is known of. */
function changeOf({ budget, change, pairs }: ComparedBudget): string {
  return pairs > 1 ? words.withRange(budget, change!) : words.changeAlone(budget, change!.mean)
}

/** Columns of the table of figures. */
const HEADS = ['', 'base', 'head', 'change', '95 % interval'] as const

/** A figure in these columns. */
function figureRow(found: ComparedBudget): string[] {
  const { budget, figures, change, open, pairs } = found
  const write = (side: SideName) => unitOf(budget).write(figures![side], 3, figures![side])
  const isKnown = pairs > 1 && words.earlyOf(found) === undefined
  // The sentence above has the limits by which it is decided.
  const isAbove = open !== undefined && pairs >= LEAST_LAUNCHES
  const interval = isAbove ? 'see above' : isKnown ? words.range(budget, change!.low, change!.high) : 'unknown'
  return [words.shortSubject(budget), write('base'), write('head'), words.changeAlone(budget, change!.mean), interval]
}

const WIDEST_NAME = 200

/** A name of others, such as that of a load test, no longer than it takes to know it. */
export const shortName = (name: string): string => cut(plain(name), WIDEST_NAME)

/** `checkout: head against base, 5 launches each`. */
function titleOf({ name, launches: { base, head } }: Results): string {
  const launches = (count: number) => (count === 1 ? '1 launch' : `${count} launches`)
  const count = base === head ? `${launches(base)} each` : `${launches(base)} of base, ${launches(head)} of head`
  return `${shortName(name)}: head against base, ${count}`
}

/** Further notes, as sentences that begin with a capital letter. */
function notesOf({ apart, notes }: Results): string[] {
  const why = apart.map(reason => `${capitalized(reason)} Their figures do not compare.`)
  return [...why, ...notes.map(capitalized)]
}

const MARKS = { pass: '✓', fail: '✗', inconclusive: '?' } as const

/** For a terminal, without a line break at the end. */
export function renderComparison({ title, facts, verdict, budgets, figures, notes }: Shown, width = terminalWidth()) {
  const colors = colorsOf()
  const paints = { pass: colors.green, fail: colors.red, inconclusive: colors.yellow }
  const paint = (line: string) => colors.bold(verdict ? paints[verdict](line) : line)
  const [head, ...heads] = HEADS
  const rows = figures.map(([name = '', ...cells]) => ({ name: plain(name), cells }))
  return [
    ...paragraph({ lead: verdict && `${MARKS[verdict]} `, text: title, paint }, width, 'cut'),
    ...(facts === undefined ? [] : paragraph({ lead: '  ', text: facts, paint: colors.dim }, width, 'cut')),
    ...(budgets.length > 0 ? [''] : []),
    ...budgets.flatMap(({ verdict, text }) => {
      const lead = verdict === undefined ? '  ' : `${MARKS[verdict]} `
      return paragraph({ lead, text, ...(verdict && { paint: paints[verdict] }) }, width, 'cut')
    }),
    ...(rows.length > 0
      ? ['', ...alignColumns([{ name: head, cells: heads, paint: colors.dim }, ...rows], width)]
      : []),
    ...(notes.length > 0 ? [''] : []),
    ...notes.flatMap(text => paragraph({ lead: '! ', text, paint: colors.yellow }, width, 'cut')),
  ].join('\n')
}

/** Renders GitHub Markdown, with a line break at the end. */
export function renderComparisonMarkdown({ title, facts, verdict, budgets, figures, notes }: Shown): string {
  const lines = budgets.map(one => `- ${one.verdict ? `${VERDICT_MARKS[one.verdict]} ` : ''}${escaped(one.text)}`)
  const parts = [
    `### ${verdict ? `${VERDICT_MARKS[verdict]} ` : ''}${escaped(title)}`,
    ...(facts === undefined ? [] : [escaped(ended(facts))]),
    ...(lines.length > 0 ? [lines.join('\n')] : []),
    ...(figures.length > 0 ? [table(HEADS, figures, ['', 'right', 'right', 'right', 'right'])] : []),
    ...notes.map(text => `> [!NOTE]\n> ${escaped(text)}`),
  ]
  return `${parts.join('\n\n')}\n`
}
