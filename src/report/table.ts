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
   * Whether all is shown. Default: false, a run that passed takes about 15 lines and another one about 35; what they
   * leave out is named.
   */
  verbose?: boolean
}

const INDENT = '  '
/** Steps that are shown of a run that passed, and of another one. */
const MOST_STEPS = { passed: 5, other: 12 }

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
  const hasPassed = block.tone === 'pass' && !verbose
  const parts = partsOf(report, options.history, { width, colors, verbose, hasPassed }).filter(
    ({ lines }) => lines.length > 0,
  )
  const isShown = ({ when }: Part) => verbose || when === 'always' || (when === 'in trouble' && !hasPassed)
  const gap = hasPassed ? [] : ['']
  const all = parts.filter(isShown).flatMap(({ lines }) => lines)
  const shown = all.at(-1) === '' ? all.slice(0, -1) : all
  const left = parts.filter(part => !isShown(part)).map(({ label }) => label)
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
  verbose: boolean
  hasPassed: boolean
}

/** Parts after the verdict, in display order. */
function partsOf(report: LoadReport, history: History | undefined, layout: Layout): Part[] {
  const { width, colors, verbose, hasPassed } = layout
  const ran = report.state !== 'not run'
  const isLong = Object.keys(report.steps).length > (hasPassed ? MOST_STEPS.passed : MOST_STEPS.other)
  const targets = ran ? figures.targetsOf(report) : []
  const application = report.target === undefined ? [] : targets.slice(0, 1)
  const others = targets.slice(application.length)
  const ofApplication = application.flatMap(([, usage]) => figures.targetEntries(usage))
  const { errors, warnings = [] } = report
  const of = (when: Part['when'], label: string, entries: Entry[]): Part => {
    return { label, when, lines: section(label, entries, width, colors) }
  }
  return [
    {
      label: 'requests',
      when: 'always',
      lines: ran ? [...latencyTable(report, width, colors, isLong && !verbose), ''] : [],
    },
    ...(isLong && ran && !verbose ? [{ label: 'steps', when: 'verbose' as const, lines: [''] }] : []),
    { label: 'hosts', when: 'in trouble', lines: spaced(figures.hostTable(report, width, colors)) },
    { label: 'rates tried', when: 'in trouble', lines: spaced(figures.curveTable(report, width, colors)) },
    of('verbose', 'iterations', ran ? [figures.ledgerEntry(report)] : []),
    of('verbose', 'warm-up', ran ? figures.warmUpEntries(report) : []),
    of('in trouble', 'limit', figures.limitEntries(report)),
    of('always', 'capacity', figures.capacityEntries(report)),
    // The most common error was shown before.
    of('in trouble', 'errors', errors.length > 1 ? figures.errorEntries(errors, colors) : []),
    of('always', 'retried', entriesOf(figures.retriedIn(report))),
    of('in trouble', 'slowest', ran ? figures.slowestEntries(report) : []),
    of('in trouble', 'application', ofApplication),
    of('verbose', 'targets', figures.namedTargetEntries(others)),
    of('verbose', 'connections', ran ? [figures.connectionsEntry(report)] : []),
    // Unchecked bodies must always be visible.
    of('always', 'bodies', entriesOf(figures.bodiesInPart(report))),
    of('verbose', 'body sizes', verbose && ran ? entriesOf(figures.bodySizes(report)) : []),
    of('verbose', 'generator', ran ? [figures.generatorEntry(report)] : []),
    of('verbose', 'history', historyEntries(history, colors)),
    of('verbose', 'warnings', verbose || warnings.length > 1 ? figures.warningEntries(warnings, colors) : []),
  ]
}

const entriesOf = (texts: readonly string[]): Entry[] => texts.map(text => ({ text }))

const spaced = (lines: string[]) => (lines.length > 0 ? [...lines, ''] : [])

/** Part of the output. */
interface Part {
  /** Label if it is left out. */
  label: string
  when: 'always' | 'in trouble' | 'verbose'
  /** Empty where there is nothing to show. An empty one at the end sets it off from what follows, if anything does. */
  lines: string[]
}

interface VerdictLayout {
  name: string
  width: number
  colors: Colors
  /** Nothing is shortened. */
  verbose: boolean
}

const MARKS = { pass: '✓', fail: '✗', unsure: '?', none: '•' } as const
const OF_VERDICTS = { pass: 'pass', fail: 'fail', inconclusive: 'unsure' } as const
/** Maximum number of lines. */
const MOST = { facts: 2, cause: 2, error: 2, footnote: 4 }
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

/** Each with its value and bound; in a line of its own if all is wanted. */
function keptLines(kept: readonly verdictBlock.BudgetLine[], layout: VerdictLayout): string[] {
  const { width, colors, verbose } = layout
  if (kept.length === 0) return []
  if (verbose) return openLines(kept, layout)
  const texts = kept.map(line => {
    const name = cutMiddle(plain(line.name), Math.floor(width / 2))
    const short = { ...line, name, interval: undefined, margin: undefined }
    return plain(verdictBlock.describeKept(short)).replaceAll(' ', TIED)
  })
  const text = texts.join(`${TIED}· `)
  const lines = paragraph({ lead: `${MARKS.pass} kept  `, text, paint: colors.green }, width, 'cut')
  return lines.map(line => line.replaceAll(TIED, ' '))
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
