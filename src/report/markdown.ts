import { formatAttempts, messageOf } from '../budget/cause.ts'
import { shortPath } from '../ground/errors.ts'
import { continued } from '../ground/fault.ts'
import { formatMs, formatShare } from '../ground/units.ts'
import { capitalized, counted } from '../ground/words.ts'
import { describeMachine } from '../measure/environment.ts'
import type { HostFigures, LoadReport, Verdict } from '../measure/report.ts'
import * as figures from './figures.ts'
import { type History, historyTable, type MachineHistory } from './history.ts'
import type { NamedReport } from './html/page.ts'
import { latencyCells, latencyRows } from './latency-table.ts'
import { escaped, folded, table, VERDICT_MARKS } from './markdown-parts.ts'
import { verdictOf } from './overall.ts'
import * as verdictBlock from './verdict-block.ts'

const marks: Record<Verdict['verdict'], string> = VERDICT_MARKS
const tones = { pass: '✅', fail: '❌', unsure: '❔', none: '▫️' } as const
const MOST_FAILURES = 10
const MOST_RUNS = 10

/**
 * Runs as GitHub Markdown: budgets in sight, everything else folded away. Ends with a line break; empty without runs.
 *
 * @param isShort without what is folded.
 */
export function renderMarkdown(runs: readonly NamedReport[], isShort = false): string {
  const parts = (run: NamedReport) => [...inSight(run), ...(isShort ? [] : foldedAway(run))]
  return runs.map(run => `${parts(run).join('\n\n')}\n`).join('\n')
}

function inSight({ name, report }: NamedReport): string[] {
  const { word, tone } = verdictOf(report)
  const block = verdictBlock.verdictBlockOf(report)
  const { headline, facts, slowestStep, commonError, footnotes } = block
  const highlights = [
    ...(slowestStep ? [`- Slowest step: ${escaped(verdictBlock.describeSlowestStep(slowestStep))}`] : []),
    ...(commonError ? [`- Most common error: ${escaped(verdictBlock.describeCommonError(commonError))}`] : []),
  ]
  return [
    `### ${tones[tone]} ${escaped(name)}: ${word}`,
    `**${escaped(capitalized(headline))}** · ${escaped(facts.join(' · '))}`,
    ...block.remarks.map(({ what, why }) => `**${capitalized(what)}**: ${escaped(why)}`),
    ...(report.warmUpCut
      ? [escaped(`Warm-up cut ${formatMs(report.warmUpCut.at)} into the run: ${report.warmUpCut.because}`)]
      : []),
    ...budgets(block),
    ...(highlights.length > 0 ? [highlights.join('\n')] : []),
    ...capacity(report),
    ...footnotes.map(note => footnote(note, block)),
    ...(report.warnings ?? []).map(text => `> [!NOTE]\n> ${escaped(text)}`),
  ]
}

function foldedAway({ report, history }: NamedReport): string[] {
  return [
    ...historyOf(history),
    ...(report.state === 'not run' ? [] : [folded('Latency by step', steps(report))]),
    ...(report.errors.length > 0 ? [folded('Failures', failures(report))] : []),
    ...(report.hosts ? [folded('Hosts', hosts(report.hosts))] : []),
    folded('Environment', environment(report)),
  ]
}

/** Missed and undecided budgets as a table, with their reasons; kept ones in one line. */
function budgets({ missed, undecided, kept }: verdictBlock.VerdictBlock): string[] {
  const open = [...missed, ...undecided]
  const rows = open.map(line => {
    const { verdict, name, bound, value, margin = '', interval = '' } = line
    return [
      `${marks[verdict]} ${name}`,
      value,
      bound,
      margin,
      [interval, verdictBlock.marksOf(line.footnotes)].filter(Boolean).join(' '),
    ]
  })
  const why = open.flatMap(({ name, cause }) => (cause === '' ? [] : [`- ${escaped(`${name}: ${cause}`)}`]))
  return [
    ...(open.length > 0 ? [table(BUDGET_HEADS, rows, ['', 'right', '', '', ''])] : []),
    ...(why.length > 0 ? [why.join('\n')] : []),
    ...(kept.length > 0 ? [`${marks.pass} Kept: ${escaped(kept.map(verdictBlock.describeKept).join(' · '))}`] : []),
  ]
}

const BUDGET_HEADS = ['Budget', 'Value', 'Bound', 'Margin', 'Lies between']

function footnote(note: verdictBlock.Footnote, { counts }: verdictBlock.VerdictBlock): string {
  const isJudged = counts.missed + counts.undecided + counts.kept > 0
  const kind = note.isDecisive || !isJudged ? 'WARNING' : 'NOTE'
  const text = `${note.texts.join(' ')} ${verdictBlock.describeWithout(note)}`
  return `> [!${kind}]\n> **\\[${note.number}\\] ${escaped(note.kinds.join(', '))}**: ${escaped(text)}`
}

/** Folded: the last runs, the latest first. */
function historyOf(history: History | undefined): string[] {
  if (history === undefined) return []
  const tableOf = (machine: MachineHistory) => {
    const { heads, rows } = historyTable(machine, MOST_RUNS)
    return table(heads, rows, ['', ...heads.slice(1).map(() => 'right')])
  }
  const others = history.elsewhere.map(
    other => `On another machine, which compares with nothing above: ${escaped(other.machine)}\n\n${tableOf(other)}`,
  )
  return [folded('Last runs on this machine', [tableOf(history.here), ...others].join('\n\n'))]
}

/** Result of a search; its curve is folded. */
function capacity({ capacity, state }: LoadReport): string[] {
  if (capacity === undefined || state === 'not run') return []
  const { latency, errorRate, probes } = capacity
  const wanted = `with ${latency} and at most ${formatShare(errorRate)} errors`
  const rows = figures.curveOfProbes(capacity).map(figures.curveRow)
  const align = figures.CURVE_HEADS.map(head => (head === '' ? '' : 'right'))
  return [
    `**Capacity**, ${escaped(`${wanted}: ${figures.describeCapacity(capacity)}.`)}`,
    ...(probes.length > 0 ? [folded('Latency by rate', table(figures.CURVE_HEADS, rows, align))] : []),
  ]
}

function steps(report: LoadReport): string {
  const heads = ['', 'count', 'rate', 'p50', 'p95', 'p99', 'max', 'failed']
  const rows = latencyRows(report).map(row => [row.name, ...latencyCells(row, ['p50', 'p95', 'p99', 'max'], '–')])
  return table(heads, rows, alignOf(heads))
}

const alignOf = (heads: readonly string[]) => heads.map(head => (head === '' ? '' : 'right'))

function hosts(all: readonly HostFigures[]): string {
  const heads = ['', ...figures.HOST_HEADS]
  const rows = all.map(host => [escaped(host.host), ...figures.hostCells(host)])
  return table(heads, rows, alignOf(heads))
}

function failures({ errors }: LoadReport): string {
  const shown = errors.slice(0, MOST_FAILURES).map(error => {
    const { count, kind, step, at } = error
    const place = at === undefined ? '' : ` (${shortPath(at.file)}:${at.line}:${at.column})`
    return `- **${formatAttempts(count)}**: ${escaped(`${kind}, ${step}: ${continued(messageOf(error), place)}`)}`
  })
  const others = errors.length - shown.length
  return [...shown, ...(others > 0 ? [`- and ${others} more kinds`] : [])].join('\n')
}

function environment(report: LoadReport): string {
  const { generator, threads, transport, environment } = report
  const rows = [
    ...figures
      .targetsOf(report)
      .map(([name, usage]) => [
        capitalized(name),
        [`${usage.of}: ${figures.resourcesOf(usage)}`, ...figures.detailsOf(usage)].join('; '),
      ]),
    ['Generator', `${counted(threads, 'thread')}, ${transport.name}: ${figures.resourcesOf(generator)}`],
    ...figures.bodiesInPart(report).map(text => ['Bodies', text]),
    ...figures.retriedIn(report).map(text => ['Retried', escaped(text)]),
    ...(environment ? [['Machine', describeMachine(environment)]] : []),
  ]
  return table(['', ''], rows, ['', ''])
}
