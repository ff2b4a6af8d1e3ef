import { ended } from '../ground/fault.ts'
import { plain } from '../ground/plain.ts'
import type { Colors } from './color.ts'
import { describeWithout, type Footnote } from './footnotes.ts'
import { describeCommonError, describeSlowestStep } from './highlights.ts'
import { type Entry, paragraph } from './section.ts'
import { cutMiddle, padEnd, padStart, widthOf } from './text.ts'
import { type BudgetLine, describeKept, marksOf, type VerdictBlock } from './verdict-block.ts'

interface VerdictLayout {
  name: string
  width: number
  colors: Colors
  /** Nothing is shortened. */
  verbose: boolean
}

const MARKS = { pass: '✓', fail: '✗', unsure: '?', none: '•' } as const
const OF_VERDICTS = { pass: 'pass', fail: 'fail', inconclusive: 'unsure' } as const
/** Maximum number of lines; `others` are doubts without undecided budgets, all together. */
const MOST = { facts: 2, cause: 2, kept: 3, error: 2, footnote: 4, others: 3 }
const SHORTEST_NAME = 16
const GAP = '  '

/** The verdict on a run for a terminal: what comes first, and never is left out. */
export function verdictLines(block: VerdictBlock, layout: VerdictLayout): string[] {
  const { missed, undecided } = block
  const open = [...missed, ...undecided]
  const rest = [...keptLines(block, layout), ...highlightLines(block, layout), ...footnoteLines(block, layout)]
  return [
    ...headLines(block, layout),
    ...(open.length === 0 ? [] : ['', ...openLines(open, layout), ...(rest.length > 0 ? [''] : [])]),
    ...rest,
  ]
}

function headLines({ tone, headline, facts, remarks }: VerdictBlock, layout: VerdictLayout): string[] {
  const { name, width, colors } = layout
  const paint = painterOf(tone, colors)
  const lead = `${MARKS[tone]} `
  const shown = plain(name)
  const room = Math.max(SHORTEST_NAME, width - widthOf(`${lead}: ${headline}`))
  const title = paragraph({ lead, text: `${cutMiddle(shown, room)}: ${headline}` }, width, 'cut')
  return [
    ...title.map(line => colors.bold(paint(line))),
    ...shortened({ lead: GAP, text: plain(facts.join(' · ')), paint: colors.dim }, MOST.facts, layout),
    ...remarks.flatMap(({ why }) => paragraph({ lead: GAP, text: plain(why), paint }, width, 'cut')),
  ]
}

function painterOf(tone: VerdictBlock['tone'], colors: Colors): (line: string) => string {
  return { pass: colors.green, fail: colors.red, unsure: colors.yellow, none: (line: string) => line }[tone]
}

/* ---- budgets ---- */

/** A row for each: mark, name, value, bound, margin, interval, footnotes; below it why. */
function openLines(lines: readonly BudgetLine[], layout: VerdictLayout): string[] {
  const { width, colors } = layout
  const names = lines.map(({ name }) => plain(name))
  const widest = (texts: readonly string[]) => Math.max(0, ...texts.map(widthOf))
  const [value, bound, margin] = [
    widest(lines.map(({ value }) => plain(value))),
    widest(lines.map(({ bound }) => plain(bound))),
    widest(lines.map(({ margin = '' }) => margin)),
  ]
  const name = Math.min(widest(names), Math.max(SHORTEST_NAME, Math.floor(width / 3)))
  return lines.flatMap((line, i) => {
    const tone = OF_VERDICTS[line.verdict]
    const paint = painterOf(tone, colors)
    const cell = padStart(plain(line.value), value)
    const lead = `${MARKS[tone]} ${padEnd(cutMiddle(names[i]!, name), name)}${GAP}${cell}${GAP}`
    const cells = [
      padEnd(plain(line.bound), bound),
      ...(margin > 0 ? [padEnd(line.margin ?? '', margin)] : []),
      ...[line.interval ?? [], line.chance ?? []].flat(),
      marksOf(line.footnotes),
    ]
    const row = paragraph({ lead, text: cells.join(GAP).trimEnd(), paint }, width, 'cut')
    if (line.cause === '') return row
    return [...row, ...shortened({ lead: GAP + GAP, text: plain(line.cause) }, MOST.cause, layout)]
  })
}

/** A paragraph; of more lines than there may be the first, with a mark at their end. */
function shortened({ paint = line => line, ...entry }: Entry, most: number, { width, verbose }: VerdictLayout) {
  if (verbose) return paragraph({ ...entry, paint }, width, 'cut')
  // A word that takes a line of its own leaves the one before it empty.
  const words = entry.text.split(' ').map(word => cutMiddle(word, Math.max(SHORTEST_NAME, Math.floor(width / 2))))
  const lines = paragraph({ ...entry, text: words.join(' ') }, width, 'cut')
  if (lines.length <= most) return lines.map(paint)
  const last = lines[most - 1]!
  const isFull = widthOf(last) + 2 > width
  return [...lines.slice(0, most - 1), `${isFull ? last.slice(0, last.lastIndexOf(' ')) : last} …`].map(paint)
}

/**
 * In a few lines, each in one of its own if all is wanted. Every budget is shown: if there is no room, without its
 * interval, then without its margin, and then in as many lines as it takes.
 */
function keptLines({ kept }: VerdictBlock, layout: VerdictLayout): string[] {
  const { width, colors, verbose } = layout
  if (kept.length === 0) return []
  if (verbose) return openLines(kept, layout)
  const lead = `${MARKS.pass} kept  `
  const linesWithout = (...parts: ('interval' | 'margin')[]): string[] => {
    const without = Object.fromEntries(parts.map(part => [part, undefined]))
    const texts = kept.map(({ name, ...line }) => {
      const text = plain(describeKept({ ...line, ...without, name: cutMiddle(plain(name), Math.floor(width / 2)) }))
      return widthOf(lead + text) + 2 > width ? text : text.replaceAll(' ', TIED)
    })
    const lines = paragraph({ lead, text: texts.join(`${TIED}· `), paint: colors.green }, width, 'cut')
    return lines.map(line => line.replaceAll(TIED, ' '))
  }
  for (const parts of [[], ['interval'] as const]) {
    const lines = linesWithout(...parts)
    if (lines.length <= MOST.kept) return lines
  }
  return linesWithout('interval', 'margin')
}

/** A blank at which no line ends. */
const TIED = '\u00a0'

/* ---- below the budgets ---- */

function highlightLines({ slowestStep, commonError }: VerdictBlock, layout: VerdictLayout): string[] {
  const { width, colors } = layout
  const named = <T extends { step: string }>(of: T): T => ({
    ...of,
    step: cutMiddle(plain(of.step), Math.floor(width / 2)),
  })
  const step = slowestStep && { lead: 'slowest step  ', text: plain(describeSlowestStep(named(slowestStep))) }
  const error = commonError && {
    lead: 'errors        ',
    text: plain(describeCommonError(named(commonError))),
    paint: colors.red,
  }
  return [
    ...(step === undefined ? [] : paragraph(step, width, 'cut')),
    ...(error === undefined ? [] : shortened(error, MOST.error, layout)),
  ]
}

/**
 * Each doubt once: first those for which a budget is undecided. The others are only named where they would take many
 * lines.
 */
function footnoteLines({ footnotes, counts }: VerdictBlock, layout: VerdictLayout): string[] {
  const { colors, verbose } = layout
  const isJudged = counts.missed + counts.undecided + counts.kept > 0
  const isCertain = isJudged && counts.undecided === 0
  const linesOf = (notes: readonly Footnote[], paint: Entry['paint']) =>
    notes.flatMap(note => {
      const text = footnoteText(note, isCertain, verbose)
      return shortened({ lead: `[${note.number}] `, text, paint }, MOST.footnote, layout)
    })
  const decisive = footnotes.filter(({ isDecisive }) => isDecisive || !isJudged)
  const others = footnotes.filter(note => !decisive.includes(note))
  const [first, rest] = [linesOf(decisive, colors.yellow), linesOf(others, colors.dim)]
  if (verbose || rest.length <= MOST.others) return [...first, ...rest]
  const named = others.map(({ number, kinds, without: [first] }) => {
    const size = first === undefined ? '' : ` (${shortName(first.budget)} ${first.value})`
    return `[${number}] ${kinds.join(', ')}${size}`
  })
  const text = `${isCertain ? 'No verdict depends on these doubts' : 'Also to doubt'}: ${plain(named.join('; '))}.`
  return [...first, ...shortened({ text, paint: colors.dim }, MOST.others, layout)]
}

/** `late starts: one in a hundred iterations … late. End other programs. Without it p99 would be between …` */
function footnoteText(footnote: Footnote, isCertain: boolean, verbose: boolean): string {
  const { kinds, found, remedy, texts } = footnote
  const said = verbose ? texts : [ended(found), remedy]
  const parts = [
    `${kinds.join(', ')}:`,
    ...said,
    describeWithout(footnote, verbose ? undefined : MOST_BUDGETS, shortName),
  ]
  return [...parts, isCertain ? 'No verdict depends on it.' : ''].map(plain).filter(Boolean).join(' ')
}

const MOST_BUDGETS = 3
const WIDEST_BUDGET = 40

const shortName = (name: string) => cutMiddle(plain(name), WIDEST_BUDGET)
