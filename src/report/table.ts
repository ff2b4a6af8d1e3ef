import { ended } from '../ground/fault.ts'
import { plain } from '../ground/plain.ts'
import { counted } from '../ground/words.ts'
import type { LoadReport } from '../measure/report.ts'
import { type Colors, colorsOf } from './color.ts'
import * as figures from './figures.ts'
import { type History, historyEntries } from './history.ts'
import { latencyTable } from './latency-table.ts'
import { assertRenderOptions } from './render-options.ts'
import { cut, cutMiddle, type Entry, padEnd, padStart, paragraph, section, terminalWidth, widthOf } from './text.ts'
import * as verdictBlock from './verdict-block.ts'

export interface TableOptions {
  /** Default: the workflow's id. */
  name?: string
  /** Default: what the terminal and `NO_COLOR` say. */
  color?: boolean
  /** Columns. Default: the terminal's, at most 120; 100 without a terminal. */
  width?: number
  /** The runs before it. */
  history?: History | undefined
  /**
   * Whether all is shown. Default: false, what there is no room for is named only: a run that passed takes at most 15
   * lines, another one about 40.
   */
  verbose?: boolean
}

const INDENT = '  '
/** Lines, one less than a reader is to meet: the plugin adds one that says where the page is. */
const ROOM = { passed: 14, other: 39 }

/**
 * The result of a run for a terminal: the verdict first, with what is missed and undecided, and why; then figures a
 * step, errors, resources, as far as there is room. Ends without a line break.
 */
export function renderLoadReport(report: LoadReport, options: TableOptions = {}): string {
  assertRenderOptions(options)
  const { verbose = false } = options
  const colors = colorsOf(options.color)
  const width = (options.width ?? terminalWidth()) - INDENT.length
  const block = verdictBlock.verdictBlockOf(report)
  const name = options.name ?? report.workflow.workflowId
  const first = [
    ...verdictLines(block, { name, width, colors, verbose }),
    ...(verbose ? [] : warningLines(report, width, colors)),
  ]
  const parts = partsOf(report, options.history, { width, colors, verbose })
  const room = verbose ? Number.POSITIVE_INFINITY : block.tone === 'pass' ? ROOM.passed : ROOM.other
  const gap = block.tone === 'pass' && !verbose ? [] : ['']
  const { shown, left } = fold(parts, room - first.length - gap.length)
  const more = left.length === 0 ? [] : [colors.dim(cut(`with verbose also: ${left.join(', ')}`, width))]
  const lines = [...first, ...(shown.length > 0 ? [...gap, ...shown] : []), ...more]
  return lines.map(line => (line === '' ? '' : INDENT + line)).join('\n')
}

/** All warnings are among the parts. Only one is shown where these are folded. */
function warningLines({ warnings = [] }: LoadReport, width: number, colors: Colors): string[] {
  const [one] = warnings
  if (one === undefined) return []
  const text = warnings.length === 1 ? one : `${counted(warnings.length, 'warning')}, the first: ${one}`
  return paragraph({ lead: '! ', text: plain(text), paint: colors.yellow }, width, 'cut')
}

interface Layout {
  width: number
  colors: Colors
  /** Nothing is shortened. */
  verbose: boolean
}

/** Parts after the verdict, in display order. */
function partsOf(report: LoadReport, history: History | undefined, layout: Layout): Part[] {
  const { width, colors, verbose } = layout
  const ran = report.state !== 'not run'
  const targets = ran ? figures.targetsOf(report) : []
  const application = report.target === undefined ? [] : targets.slice(0, 1)
  const others = targets.slice(application.length)
  const ofApplication = application.flatMap(([, usage]) => figures.targetEntries(usage))
  const { errors, warnings = [] } = report
  const of = (rank: number, label: string, entries: Entry[]): Part => {
    return { label, rank, lines: section(label, entries, width, colors) }
  }
  return [
    {
      label: 'steps',
      rank: 0,
      lines: ran ? [...latencyTable(report, width, colors), ''] : [],
      short: ran ? [...latencyTable(report, width, colors, true), ''] : [],
    },
    { label: 'hosts', rank: 1, lines: spaced(figures.hostTable(report, width, colors)) },
    { label: 'rates tried', rank: 2, lines: spaced(figures.curveTable(report, width, colors)) },
    of(5, 'iterations', ran ? [figures.ledgerEntry(report)] : []),
    of(6, 'warm-up', ran ? figures.warmUpEntries(report) : []),
    of(4, 'limit', figures.limitEntries(report)),
    of(-1, 'capacity', figures.capacityEntries(report)),
    // The most common error was shown before.
    of(3, 'errors', errors.length > 1 ? figures.errorEntries(errors, colors) : []),
    of(-1, 'retried', entriesOf(figures.retriedIn(report))),
    of(7, 'slowest', ran ? figures.slowestEntries(report) : []),
    of(8, 'application', ofApplication),
    of(9, 'targets', figures.namedTargetEntries(others)),
    of(12, 'connections', ran ? [figures.connectionsEntry(report)] : []),
    // Unchecked bodies must always be visible.
    of(-1, 'bodies', entriesOf(figures.bodiesInPart(report))),
    of(14, 'body sizes', verbose && ran ? entriesOf(figures.bodySizes(report)) : []),
    of(11, 'generator', ran ? [figures.generatorEntry(report)] : []),
    of(10, 'history', historyEntries(history, colors)),
    of(13, 'warnings', verbose || warnings.length > 1 ? figures.warningEntries(warnings, colors) : []),
  ]
}

const entriesOf = (texts: readonly string[]): Entry[] => texts.map(text => ({ text }))

const spaced = (lines: string[]) => (lines.length > 0 ? [...lines, ''] : [])

/** Part of the output, which may be too long. */
interface Part {
  /** Label if it is left out. */
  label: string
  /** Place among those that there is to be room for: the lowest first. */
  rank: number
  /** Empty where there is nothing to show. An empty one at the end sets it off from what follows, if anything does. */
  lines: string[]
  /** Short form if there is no room for all of it. */
  short?: string[]
}

/** Parts that fit, in their order, as lines; and the labels of incomplete ones. */
function fold(parts: readonly Part[], room: number): { shown: string[]; left: string[] } {
  const there = parts.filter(({ lines }) => lines.length > 0)
  const chosen = new Map<Part, string[]>()
  // One line says what is left out.
  let free = room - (there.reduce((sum, { lines }) => sum + lines.length, 0) > room ? 1 : 0)
  for (const part of [...there].sort((a, b) => a.rank - b.rank)) {
    const fitting = [part.lines, part.short ?? []].find(lines => lines.length > 0 && heightOf(lines) <= free)
    if (fitting === undefined) continue
    chosen.set(part, fitting)
    free -= fitting.length
  }
  const shown = there.flatMap(part => chosen.get(part) ?? [])
  const left = there.filter(part => chosen.get(part) !== part.lines).map(({ label }) => label)
  return { shown: shown.at(-1) === '' ? shown.slice(0, -1) : shown, left }
}

/** Lines that a part takes when it is the last one. */
const heightOf = (lines: readonly string[]): number => (lines.at(-1) === '' ? lines.length - 1 : lines.length)

interface VerdictLayout extends Layout {
  name: string
}

const MARKS = { pass: '✓', fail: '✗', unsure: '?', none: '•' } as const
const OF_VERDICTS = { pass: 'pass', fail: 'fail', inconclusive: 'unsure' } as const
/** Maximum number of lines. */
const MOST = { facts: 2, cause: 2, kept: 3, error: 2, footnote: 4 }
const SHORTEST_NAME = 16
const GAP = '  '

/** The verdict on a run for a terminal: what comes first, and never is left out. */
function verdictLines(block: verdictBlock.VerdictBlock, layout: VerdictLayout): string[] {
  const told = decisiveIn(block).map(({ number }) => number)
  const marked = (lines: verdictBlock.BudgetLine[]) =>
    lines.map(line => ({ ...line, footnotes: line.footnotes.filter(number => told.includes(number)) }))
  const open = marked([...block.missed, ...block.undecided])
  const rest = [
    ...keptLines(marked(block.kept), layout),
    ...highlightLines(block, layout),
    ...footnoteLines(block, layout),
  ]
  return [
    ...headLines(block, layout),
    ...(open.length === 0 ? [] : ['', ...openLines(open, layout), ...(rest.length > 0 ? [''] : [])]),
    ...rest,
  ]
}

function headLines({ tone, headline, facts, remarks }: verdictBlock.VerdictBlock, layout: VerdictLayout): string[] {
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

function painterOf(tone: verdictBlock.VerdictBlock['tone'], colors: Colors): (line: string) => string {
  return { pass: colors.green, fail: colors.red, unsure: colors.yellow, none: (line: string) => line }[tone]
}

/* ---- budgets ---- */

/** A row for each: mark, name, value, bound, margin, interval, footnotes; below it why. */
function openLines(lines: readonly verdictBlock.BudgetLine[], layout: VerdictLayout): string[] {
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
      verdictBlock.marksOf(line.footnotes),
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
function keptLines(kept: readonly verdictBlock.BudgetLine[], layout: VerdictLayout): string[] {
  const { width, colors, verbose } = layout
  if (kept.length === 0) return []
  if (verbose) return openLines(kept, layout)
  const lead = `${MARKS.pass} kept  `
  const linesWithout = (...parts: ('interval' | 'margin')[]): string[] => {
    const without = Object.fromEntries(parts.map(part => [part, undefined]))
    const texts = kept.map(({ name, ...line }) => {
      const text = plain(
        verdictBlock.describeKept({ ...line, ...without, name: cutMiddle(plain(name), Math.floor(width / 2)) }),
      )
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

function highlightLines({ slowestStep, commonError }: verdictBlock.VerdictBlock, layout: VerdictLayout): string[] {
  const { width, colors } = layout
  const named = <T extends { step: string }>(of: T): T => ({
    ...of,
    step: cutMiddle(plain(of.step), Math.floor(width / 2)),
  })
  const step = slowestStep && {
    lead: 'slowest step  ',
    text: plain(verdictBlock.describeSlowestStep(named(slowestStep))),
  }
  const error = commonError && {
    lead: 'errors        ',
    text: plain(verdictBlock.describeCommonError(named(commonError))),
    paint: colors.red,
  }
  return [
    ...(step === undefined ? [] : paragraph(step, width, 'cut')),
    ...(error === undefined ? [] : shortened(error, MOST.error, layout)),
  ]
}

/** Each doubt once, if a verdict depends on it. Verbose names the others. */
function footnoteLines(block: verdictBlock.VerdictBlock, layout: VerdictLayout): string[] {
  const { colors, width, verbose } = layout
  const told = decisiveIn(block)
  const others = block.footnotes.filter(note => !told.includes(note)).map(({ kinds }) => kinds.join(', '))
  const lines = told.flatMap(note => {
    const text = footnoteText(note, verbose)
    return shortened({ lead: `[${note.number}] `, text, paint: colors.yellow }, MOST.footnote, layout)
  })
  if (!verbose || others.length === 0) return lines
  return [...lines, colors.dim(cut(`No verdict depends on these doubts: ${plain(others.join('; '))}.`, width))]
}

/** Doubts on which a verdict depends. Without budgets all of them count, and why a run ended early always does. */
function decisiveIn({ footnotes, counts }: verdictBlock.VerdictBlock): verdictBlock.Footnote[] {
  const isJudged = counts.missed + counts.undecided + counts.kept > 0
  const isOfEnd = (kind: string) => kind === 'cut short' || kind === 'lost host'
  return footnotes.filter(({ isDecisive, kinds }) => isDecisive || !isJudged || kinds.some(isOfEnd))
}

/** `late starts: one in a hundred iterations … late. End other programs. Without it p99 would be between …` */
function footnoteText(footnote: verdictBlock.Footnote, verbose: boolean): string {
  const { kinds, found, remedy, texts } = footnote
  const said = verbose ? texts : [ended(found), remedy]
  const parts = [
    `${kinds.join(', ')}:`,
    ...said,
    verdictBlock.describeWithout(footnote, verbose ? undefined : MOST_BUDGETS, shortName),
  ]
  return parts.map(plain).filter(Boolean).join(' ')
}

const MOST_BUDGETS = 3
const WIDEST_BUDGET = 40

const shortName = (name: string) => cutMiddle(plain(name), WIDEST_BUDGET)
