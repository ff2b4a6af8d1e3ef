import { plain } from '../ground/plain.ts'
import { counted } from '../ground/words.ts'
import type { LoadReport } from '../measure/report.ts'
import { bodiesInPart, bodySizes, retriedIn } from './bodies.ts'
import { capacityEntries, curveTable } from './capacity.ts'
import { type Colors, colorsOf } from './color.ts'
import {
  connectionsEntry,
  errorEntries,
  generatorEntry,
  ledgerEntry,
  namedTargetEntries,
  targetEntries,
  warmUpEntries,
  warningEntries,
} from './entries.ts'
import { fold, type Part } from './fold.ts'
import type { History } from './history.ts'
import { historyEntries } from './history-lines.ts'
import { hostTable } from './hosts.ts'
import { latencyTable } from './latency-table.ts'
import { limitEntries } from './limit.ts'
import { assertRenderOptions } from './render-options.ts'
import { type Entry, paragraph, section } from './section.ts'
import { slowestEntries } from './slowest.ts'
import { cut } from './text.ts'
import { targetsOf } from './usage.ts'
import { verdictBlockOf } from './verdict-block.ts'
import { verdictLines } from './verdict-lines.ts'

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
  const width = (options.width ?? Math.min(process.stdout.columns ?? 100, 120)) - INDENT.length
  const block = verdictBlockOf(report)
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
  verbose: boolean
}

/** Parts after the verdict, in display order. */
function partsOf(report: LoadReport, history: History | undefined, layout: Layout): Part[] {
  const { width, colors, verbose } = layout
  const ran = report.state !== 'not run'
  const targets = ran ? targetsOf(report) : []
  const application = report.target === undefined ? [] : targets.slice(0, 1)
  const others = targets.slice(application.length)
  const ofApplication = application.flatMap(([, usage]) => targetEntries(usage))
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
    { label: 'hosts', rank: 1, lines: spaced(hostTable(report, width, colors)) },
    { label: 'rates tried', rank: 2, lines: spaced(curveTable(report, width, colors)) },
    of(5, 'iterations', ran ? [ledgerEntry(report)] : []),
    of(6, 'warm-up', ran ? warmUpEntries(report) : []),
    of(4, 'limit', limitEntries(report)),
    of(-1, 'capacity', capacityEntries(report)),
    // The most common error was shown before.
    of(3, 'errors', errors.length > 1 ? errorEntries(errors, colors) : []),
    of(-1, 'retried', entriesOf(retriedIn(report))),
    of(7, 'slowest', ran ? slowestEntries(report) : []),
    of(8, 'application', ofApplication),
    of(9, 'targets', namedTargetEntries(others)),
    of(12, 'connections', ran ? [connectionsEntry(report)] : []),
    // Unchecked bodies must always be visible.
    of(-1, 'bodies', entriesOf(bodiesInPart(report))),
    of(14, 'body sizes', verbose && ran ? entriesOf(bodySizes(report)) : []),
    of(11, 'generator', ran ? [generatorEntry(report)] : []),
    of(10, 'history', historyEntries(history, colors)),
    of(13, 'warnings', verbose || warnings.length > 1 ? warningEntries(warnings, colors) : []),
  ]
}

const entriesOf = (texts: readonly string[]): Entry[] => texts.map(text => ({ text }))

const spaced = (lines: string[]) => (lines.length > 0 ? [...lines, ''] : [])
