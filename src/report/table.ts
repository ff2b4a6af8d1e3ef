import { plain } from '../ground/plain.ts'
import { formatMs } from '../ground/units.ts'
import { counted } from '../ground/words.ts'
import type { LoadReport } from '../measure/report.ts'
import { bodiesInPart } from './bodies.ts'
import { capacityEntries, curveTable } from './capacity.ts'
import { type Colors, colorsOf } from './color.ts'
import {
  connectionsEntry,
  errorEntries,
  generatorEntry,
  ledgerEntry,
  namedTargetEntries,
  targetEntries,
  verdictEntries,
  warmUpEntries,
  warningEntries,
} from './entries.ts'
import type { History } from './history.ts'
import { historyEntries } from './history-lines.ts'
import { latencyTable } from './latency-table.ts'
import { limitEntries } from './limit.ts'
import { whyNothingPassed } from './nothing.ts'
import { assertRenderOptions } from './render-options.ts'
import { type Entry, paragraph, section } from './section.ts'
import { describeShape } from './shape.ts'
import { slowestEntries } from './slowest.ts'

export interface TableOptions {
  /** Default: the workflow's id. */
  name?: string
  /** Default: what the terminal and `NO_COLOR` say. */
  color?: boolean
  /** Columns. Default: the terminal's, at most 120; 100 where there is none. */
  width?: number
  /** The runs before it. */
  history?: History | undefined
}

const INDENT = '  '

/**
 * The result of a run for a terminal: figures a step, errors, resources, budgets, doubts. Ends without a line break.
 */
export function renderLoadReport(report: LoadReport, options: TableOptions = {}): string {
  assertRenderOptions(options)
  const colors = colorsOf(options.color)
  const width = (options.width ?? Math.min(process.stdout.columns ?? 100, 120)) - INDENT.length
  const ran = report.state !== 'not run'
  const inPart = bodiesInPart(report)
  const doubted = report.doubts.map(({ text }) => text)
  const sections: [string, Entry[]][] = [
    ['iterations', ran ? [ledgerEntry(report)] : []],
    ['warm-up', ran ? warmUpEntries(report) : []],
    ['limit', limitEntries(report)],
    ['capacity', capacityEntries(report)],
    ['errors', errorEntries(report.errors, colors)],
    ['slowest', ran ? slowestEntries(report) : []],
    ['application', ran && report.target ? targetEntries(report.target) : []],
    ['targets', ran ? namedTargetEntries(report.targets) : []],
    ['connections', ran ? [connectionsEntry(report.transport)] : []],
    ['bodies', inPart === undefined ? [] : [{ text: inPart }]],
    ['generator', ran ? [generatorEntry(report.generator)] : []],
    ['budgets', verdictEntries(report, colors)],
    ['history', historyEntries(options.history, colors)],
    ['doubts', warningEntries(doubted, colors)],
    ['warnings', warningEntries(report.warnings ?? [], colors)],
  ]
  const curve = curveTable(report, width, colors)
  const lines = [
    ...heading(report, options.name, width, colors),
    ...(ran ? ['', ...latencyTable(report, width, colors), ''] : []),
    ...(curve.length > 0 ? [...curve, ''] : []),
    ...sections.flatMap(([label, entries]) => section(label, entries, width, colors)),
  ]
  return lines.map(line => (line === '' ? '' : INDENT + line)).join('\n')
}

function heading(report: LoadReport, name: string | undefined, width: number, colors: Colors): string[] {
  const threads = counted(report.threads, 'thread')
  const facts = [describeShape(report.shape), `${report.model} model`, threads, plain(report.transport.name)]
  const nothing = whyNothingPassed(report)
  const title = plain(name ?? report.workflow.workflowId)
  const first = paragraph({ lead: `${title}  `, text: facts.join(' · ') }, width)
  return [
    ...first.map((line, i) => (i === 0 ? colors.bold(title) + colors.dim(line.slice(title.length)) : colors.dim(line))),
    ...paragraph(stateOf(report, colors), width),
    ...(nothing === undefined ? [] : paragraph({ text: `nothing passed: ${nothing}`, paint: colors.red }, width)),
  ]
}

function stateOf(report: LoadReport, colors: Colors): Entry {
  const what = report.capacity === undefined ? 'warm-up and ramp-up' : 'warm-up and search'
  const before = report.warmUp > 0 ? ` after ${formatMs(report.warmUp)} of ${what}` : ''
  const measured = `measured ${formatMs(report.measured)}${before}`
  const cause = report.cause === undefined ? '' : `: ${plain(report.cause)}`
  switch (report.state) {
    case 'completed':
      return { text: measured, paint: colors.dim }
    case 'cut short':
      return { text: `${measured}, cut short${cause}`, paint: colors.yellow }
    case 'not run':
      return { text: `did not run${cause}`, paint: colors.red }
  }
}
