import { formatAttempts, messageOf } from '../../budget/cause.ts'
import { unitOf } from '../../budget/metrics/index.ts'
import { shortPath } from '../../ground/errors.ts'
import { formatCount, formatMs, formatShare, type Milliseconds } from '../../ground/units.ts'
import { describeMachine } from '../../measure/environment.ts'
import type { Capacity, CapacityProbe, FailureExemplar, LoadReport, SlowRequest } from '../../measure/report.ts'
import { describeShown } from '../../workflow/text.ts'
import type { CurveData, HistoryData, PageData } from '../client/chart-data.ts'
import * as figures from '../figures.ts'
import { type History, historyTable, type MachineHistory, shortTime } from '../history.ts'
import { type OverallVerdict, verdictWith } from '../overall.ts'
import type { PageSection } from '../page-section.ts'
import { renderSvgChart } from '../svg.ts'
import { describeWithout, type VerdictBlock, verdictBlockOf } from '../verdict-block.ts'
import { answerOf } from './answer.ts'
import { chartDataOf, distributionOf, markList, marksOf } from './chart-data.ts'
import { pageOf } from './document.ts'
import { exampleList, iterationsSection } from './examples.ts'
import { icicleOf } from './icicle.ts'
import { html, Markup, numberCell, table, textTable } from './markup.ts'
import { stepsSection } from './steps.ts'
import { cardsOf } from './tiles.ts'

/** A run and the name it goes by: that of its load test. */
export interface NamedReport {
  name: string
  report: LoadReport
  /** The runs before it. */
  history?: History | undefined
  /** Further results: the comparison with base. */
  sections?: readonly PageSection[]
  /** Files and pages to look at: the result, the document, the job. */
  links?: readonly { text: string; href: string }[]
}

/**
 * One page for one run or several: an answer first (verdict, budgets, why, what changed, what to do), then charts over
 * time, steps, latency by percentile, failures, environment. It needs nothing but itself: no network, no other file.
 */
export function renderHtmlReport(runs: readonly NamedReport[]): string {
  const [{ name, report, sections: found } = runs[0]!] = runs
  const title = runs.length === 1 ? titleOf(name, verdictWith(report, found)) : `${runs.length} load tests`
  const histories = historiesOf(runs)
  const data: PageData = {
    histories: histories.map(historyDataOf),
    runs: runs.map(({ report }) => ({
      charts: chartDataOf(report),
      distribution: distributionOf(report),
      curve: curveDataOf(report),
    })),
  }
  const sections = runs.map((run, i) => runSection(run, i, run.history && histories.indexOf(run.history)))
  return pageOf(title, [runs.length > 1 && contents(runs), html`<main>${sections}</main>`], data)
}

/** `✗ checkout: fail`, which a tab of a browser shows. */
const titleOf = (name: string, { tone, word }: Pick<PageSection, 'word'> & { tone: OverallVerdict['tone'] }) =>
  `${TONE_MARKS[tone]} ${name}: ${word}`

const TONE_MARKS = { fail: '✗', unsure: '?', pass: '✓', none: '–' } as const

/** A page of a load test that did not run by itself: what else was found of it. */
export function renderSection(name: string, section: PageSection): string {
  const { tone, word } = section
  const title = html`<h1>${name} <span class="badge ${tone}">${word}</span></h1>`
  const article = html`<article class="run"><header class="answer ${tone}">${title}</header>
<section>${otherSection(section)}</section></article>`
  return pageOf(titleOf(name, section), [html`<main>${article}</main>`], { histories: [], runs: [] })
}

function contents(runs: readonly NamedReport[]): Markup {
  return html`<nav aria-label="Load tests"><ul>${runs.map(({ name, report, sections }, i) => {
    const { tone, word } = verdictWith(report, sections)
    return html`<li><a href="#run-${i}">${name}</a> <span class="badge ${tone}">${word}</span></li>`
  })}</ul></nav>`
}

const historiesOf = (runs: readonly NamedReport[]): History[] => runs.flatMap(({ history }) => history ?? [])

function runSection(run: NamedReport, i: number, place?: number): Markup {
  const { name, report, history, sections = [] } = run
  const ran = report.state !== 'not run'
  const block = verdictBlockOf(report)
  const parts: [id: string, title: string, part: Markup | false | undefined][] = [
    ['compared', sections[0]?.title ?? '', sections.length > 0 && html`${sections.map(otherSection)}`],
    ['doubts', 'Reasons to doubt the figures', doubtList(block)],
    ['warnings', 'Warnings', warningList(report)],
    ['capacity', 'Capacity', capacitySection(report)],
    ['time', 'Over time', ran && report.series.length > 0 && chartsSection(report)],
    ['steps', 'Steps', ran && stepsSection(report)],
    ['iterations', 'Iterations', iterationsSection(report)],
    ['distribution', 'Latency by percentile', ran && distributionSection()],
    ['failures', 'Failures', failureList(report)],
    ['slowest', 'Slowest requests', slowestTable(report)],
    ['examples', 'Examples', exampleList(report)],
    ['history', 'Last runs', history && historySection(history, place!)],
    ['hosts', 'Hosts', hostsTable(report)],
    ['environment', 'Environment', environmentTable(report)],
  ]
  const shown = parts.filter(([, , part]) => part)
  return html`<article class="run" id="run-${i}" data-run="${i}">
${answerOf(run, block, i)}
<nav aria-label="Contents of ${i + 1}: ${name}"><ul>${shown.map(
    ([id, title]) => html`<li><a href="#${id}-${i}">${title}</a></li>`,
  )}</ul></nav>
${shown.map(([id, , part]) => html`<section id="${id}-${i}">${part}</section>`)}
</article>`
}

/** Filled by the page's script; without one a small picture stands in. */
function chartsSection(report: LoadReport): Markup {
  const { span } = chartDataOf(report)
  return html`<h2>Over time</h2>
<p class="hint scripted">Drag across a chart to zoom all of them; double-click, or press 0, to see the whole run again.
With the keyboard: arrows read one moment after the other, with Shift they move, + and − zoom.
<button type="button" class="reset" hidden>Whole run</button></p>
${
  span > 1 &&
  html`<p class="hint">A point stands for ${span} seconds: the line is the median second, the band goes from the lowest
to the highest.</p>`
}
<div class="charts"></div>
<noscript>${new Markup(renderSvgChart(report))}
<p class="hint">This picture stands in for charts that need JavaScript.</p></noscript>
${markList(marksOf(report))}`
}

function distributionSection(): Markup {
  return html`<div class="scripted"><h2>Latency by percentile</h2>
<p class="hint">The right end is the rarest: one request in a hundred lies to the right of 99 %.</p>
<div class="distribution"></div></div>`
}

/** Section with further results of a load test. */
function otherSection({ title, tone, word, fault, cards, tables, notes, icicle }: PageSection): Markup {
  return html`<h2>${title} <span class="badge ${tone}">${word}</span></h2>
${fault && html`<p class="alert">${fault}</p>`}
${cardsOf(title, cards)}
${tables.map(
  table => html`${tables.length > 1 && html`<h3>${table.title}</h3>`}
${sectionTable(title, table)}`,
)}
${notes.map(note => html`<p class="hint">${note}</p>`)}
${icicle && html`<div>${icicleOf(icicle)}</div>`}`
}

function sectionTable(of: string, { title, heads, rows, numbers }: PageSection['tables'][number]): Markup {
  return textTable({ title: `${of}, ${title}`, heads, isFigure: i => i > 0 && i <= numbers }, rows)
}

/** Table of the hosts' shares of the load. */
function hostsTable({ hosts = [] }: LoadReport): Markup | undefined {
  if (hosts.length === 0) return undefined
  const heads = ['host', ...figures.HOST_HEADS, 'machine']
  const rows = hosts.map(host => [host.host, ...figures.hostCells(host), host.machine])
  return html`<h2>Hosts</h2>
${textTable({ title: 'Hosts', heads, isFigure: i => i > 0 && i <= figures.HOST_HEADS.length }, rows)}`
}

const SLOWEST_HEADS = ['Step', 'Latency', 'Sent at', 'Thread', 'Request', 'Response']

/** Rows in sight; the others are folded. */
const MOST_SLOWEST = 10

/** The slowest requests, those together that ended at one moment. */
export function slowestTable({ slowest }: LoadReport): Markup | undefined {
  if (slowest.length === 0) return undefined
  const groups = slowGroups(slowest)
  const rest = Math.max(0, slowest.length - MOST_SLOWEST)
  const first = atMost(groups, MOST_SLOWEST)
  const others = groups.map((group, i) => ({ ...group, requests: group.requests.slice(first[i]!.requests.length) }))
  return html`<h2>Slowest requests</h2>
${slowTable(first)}
${
  rest > 0 &&
  html`<details><summary>${formatCount(rest)} more</summary>
${slowTable(others)}</details>`
}`
}

/** Groups with so many requests at most in all. */
function atMost(groups: readonly SlowGroup[], most: number): SlowGroup[] {
  let left = most
  return groups.map(group => {
    const requests = group.requests.slice(0, left)
    left -= requests.length
    return { ...group, requests }
  })
}

function slowTable(groups: readonly SlowGroup[]): Markup {
  const filled = groups.filter(({ requests }) => requests.length > 0)
  const bodyOf = (group: SlowGroup) =>
    html`<tbody>${group.count > 1 && headOf(group)}${group.requests.map(rowOf)}</tbody>`
  const about = { title: 'Slowest requests', heads: SLOWEST_HEADS, isFigure: (i: number) => i > 0 && i <= 3 }
  return table(about, html`${filled.map(bodyOf)}`)
}

/** `6 ended at 8.88 s after one stall of up to 812 ms`. */
function headOf({ count, isStall, at, longest }: SlowGroup): Markup {
  const why = isStall ? `one stall of up to ${formatMs(longest)}` : `the longest took ${formatMs(longest)}`
  const what = `${formatCount(count)} ended at ${formatMs(at)}: ${why}`
  return html`<tr class="group"><th scope="rowgroup" colspan="${SLOWEST_HEADS.length}">${what}</th></tr>`
}

function rowOf(slow: SlowRequest): Markup {
  const { step, latency, at, request, status, failure, trace } = slow
  return html`<tr><th scope="row">${step}</th>
${[formatMs(latency), formatMs(at), figures.threadName(slow)].map(cell => numberCell(cell))}
<td><code>${request}</code>${trace !== undefined && html`<br><small>trace <code>${trace}</code></small>`}</td>
<td>${status ?? 'none'}${failure !== undefined && ` (${failure})`}</td></tr>`
}

/** Requests that ended at one moment. */
interface SlowGroup {
  requests: readonly SlowRequest[]
  count: number
  /** Whether they had been sent at different times: what ended them all is one event. */
  isStall: boolean
  /** When the last of them ended, from the start of the run. */
  at: Milliseconds
  /** The longest of them. */
  longest: Milliseconds
}

/** Responses that a stall held up come this close to one another: a share of how long they took, or milliseconds. */
const CLOSE = { share: 0.1, atLeast: 10 }

/** Fewest requests that a stall held up, and how many times further apart they were sent than they ended. */
const FEWEST_IN_STALL = 3
const APART = 3

function spreadOf(requests: readonly SlowRequest[], when: (request: SlowRequest) => Milliseconds): Milliseconds {
  const times = requests.map(when)
  return Math.max(...times) - Math.min(...times)
}

/** The slowest requests by the moment at which they ended; the group of the slowest one first. */
export function slowGroups(slowest: readonly SlowRequest[]): SlowGroup[] {
  const ended = ({ at, latency }: SlowRequest) => at + latency
  const groups: [SlowRequest, ...SlowRequest[]][] = []
  for (const request of [...slowest].sort((a, b) => ended(a) - ended(b))) {
    const group = groups.at(-1)
    const apart = group === undefined ? Number.POSITIVE_INFINITY : ended(request) - ended(group[0])
    // A group contains no request that was sent after another one had ended.
    const isHeldUp = group?.every(other => request.at < ended(other))
    if (isHeldUp && apart <= Math.max(CLOSE.atLeast, CLOSE.share * request.latency)) group!.push(request)
    else groups.push([request])
  }
  return groups
    .map(group => {
      const requests = [...group].sort((a, b) => b.latency - a.latency) as [SlowRequest, ...SlowRequest[]]
      const isStall =
        group.length >= FEWEST_IN_STALL && spreadOf(group, ({ at }) => at) > APART * spreadOf(group, ended)
      const at = Math.max(...requests.map(ended))
      return { requests, count: group.length, isStall, at, longest: requests[0].latency }
    })
    .sort((a, b) => b.longest - a.longest)
}

/** Runs that the table shows; the charts show all. */
const MOST_ROWS = 10

/** Only runs on the machine of the last run, because values in one chart are compared. */
function historyDataOf({ here }: History): HistoryData {
  return {
    labels: (here.figures[0]?.points ?? []).map(({ at }) => shortTime(at)),
    charts: here.figures.map(({ budget, points }) => {
      const [unit, factor] = unitOf(budget).drawn
      const scaled = (value: number | undefined) =>
        value === undefined ? null : Number((value * factor).toPrecision(4))
      return {
        title: budget.key,
        unit,
        values: points.map(({ value }) => scaled(value)),
        low: points.map(({ low }) => scaled(low)),
        high: points.map(({ high }) => scaled(high)),
        bound: scaled(budget.bound)!,
        changes: [],
      }
    }),
  }
}

/** @param place of its data in those of the page. */
function historySection({ here, elsewhere }: History, place: number): Markup {
  return html`<h2>Last runs of this plan on this machine</h2>
<p class="hint">${here.machine}. Bars are the ranges in which percentiles lie as far as the samples of one
run tell, and runs of one build differ by more; the dashed line is what is allowed.</p>
<div class="charts" data-history="${place}"></div>
${runsTable(here, 'Last runs')}
${elsewhere.map(
  other => html`<h3>On another machine</h3>
<p class="hint">${other.machine}. These figures compare with nothing above.</p>
${runsTable(other, 'Last runs on another machine')}`,
)}`
}

function runsTable(machine: MachineHistory, title: string): Markup {
  const { heads, rows } = historyTable(machine, MOST_ROWS)
  return textTable({ title, heads, isFigure: i => i > 0 }, rows)
}

const OUTCOMES = {
  held: 'held',
  missed: 'missed',
  generator: 'missed by the generator',
  machine: 'missed while others had the CPU',
} as const

function outcomeOf({ held, limitedBy }: CapacityProbe): keyof typeof OUTCOMES {
  if (held) return 'held'
  return limitedBy === 'generator' || limitedBy === 'machine' ? limitedBy : 'missed'
}

/** The curve as it is drawn; undefined where no rate was tried. */
export function curveDataOf({ capacity, state, shape }: LoadReport): CurveData | undefined {
  if (capacity === undefined || capacity.probes.length === 0 || state === 'not run') return undefined
  const probes = figures.curveOfProbes(capacity)
  const { key: figure = '', bound = 0 } = figures.wantedLatencyOf(shape) ?? {}
  const found = new Set(['held', 'missed', ...probes.map(outcomeOf)])
  const kinds = (Object.keys(OUTCOMES) as (keyof typeof OUTCOMES)[]).filter(kind => found.has(kind))
  return {
    figure,
    rates: probes.map(({ rate }) => rounded(rate)),
    outcomes: kinds.map(kind => ({
      kind,
      label: OUTCOMES[kind],
      latency: probes.map(one => (outcomeOf(one) === kind && one.latency > 0 ? rounded(one.latency) : null)),
    })),
    bound,
  }
}

/** Result of a search, in words, as a chart (drawn by the page's script) and as a table. */
function capacitySection({ capacity, state }: LoadReport): Markup | undefined {
  if (capacity === undefined || state === 'not run') return undefined
  const { latency, errorRate, probes } = capacity
  return html`<h2>Capacity</h2>
<p>With ${latency} and at most ${formatShare(errorRate)} errors: ${figures.describeCapacity(capacity)}.</p>
${probes.length > 0 && html`<div class="curve"></div>${curveTable(capacity)}`}`
}

function curveTable(capacity: Capacity): Markup {
  const heads = figures.CURVE_HEADS.map(head => head || 'outcome')
  const about = { title: 'Rates tried', kind: 'rates', heads, isFigure: (i: number) => i < heads.length - 1 }
  return table(about, figures.curveOfProbes(capacity).map(curveRowOf))
}

function curveRowOf(probe: CapacityProbe): Markup {
  const [rate, ...cells] = figures.curveRow(probe)
  const outcome = cells.pop()
  return html`<tr><th scope="row" class="number">${rate}</th>
${cells.map(cell => numberCell(cell))}<td${!probe.held && html` class="bad"`}>${outcome}</td></tr>`
}

const rounded = (value: number): number => Number(value.toPrecision(4))

/** The doubts, each once and with its number, and what the budgets that it touches would be without it. */
function doubtList({ footnotes }: VerdictBlock): Markup | undefined {
  if (footnotes.length === 0) return undefined
  return html`<h2>Reasons to doubt the figures</h2>
<ol class="doubts">${footnotes.map(
    note => html`<li><strong>[${note.number}] ${note.kinds.join(', ')}</strong>
${note.texts.join(' ')} ${describeWithout(note)}</li>`,
  )}</ol>`
}

function warningList({ warnings = [] }: LoadReport): Markup | undefined {
  if (warnings.length === 0) return undefined
  return html`<h2>Warnings</h2>
<ul class="doubts">${warnings.map(text => html`<li>${text}</li>`)}</ul>`
}

function failureList({ errors }: LoadReport): Markup | undefined {
  if (errors.length === 0) return undefined
  return html`<h2>Failures</h2>${errors.map(
    ({ step, kind, count, at, exemplars, ...rest }) => html`<details class="failure">
<summary><strong>${formatAttempts(count)}</strong> <span class="kind">${kind}</span>
${step !== '' && html`<span>${step}:</span> `}${messageOf({ ...rest, step, kind, count, exemplars })}</summary>
${at !== undefined && html`<p><code>${shortPath(at.file)}:${at.line}:${at.column}</code></p>`}
${exemplars.map(
  exemplar => html`<p>${whenOf(exemplar)}</p>
<pre tabindex="0">${describeShown(exemplar)}</pre>`,
)}
</details>`,
  )}`
}

function whenOf(exemplar: FailureExemplar): string {
  const { at, latency } = exemplar
  return `at ${formatMs(at)}, after ${formatMs(latency)}, thread ${figures.threadName(exemplar)}`
}

function environmentTable(report: LoadReport): Markup {
  const { transport, workflow, environment } = report
  const sizes = figures.bodySizes(report)
  const rows: [string, string][] = [
    ['Workflow', `${workflow.file}#${workflow.workflowId}`],
    ['Transport', `${transport.name} (${transport.why})`],
    ['Connections', figures.connectionsEntry(report).text],
    ...(sizes.length === 0 ? [] : [['Body sizes', sizes.join('; ')] as [string, string]]),
    ...figures.bodiesInPart(report).map((text): [string, string] => ['Bodies', text]),
    ...figures.retriedIn(report).map((text): [string, string] => ['Retried', text]),
    ['Generator', figures.generatorEntry(report).text],
    ...figures
      .targetsOf(report)
      .map(([name, usage]): [string, string] => [
        name === 'application' ? 'Application' : name,
        [`${usage.of}; ${figures.resourcesOf(usage)}`, ...figures.detailsOf(usage)].join('; '),
      ]),
    ...(environment
      ? ([
          ['Machine', describeMachine(environment)],
          ['Architecture', environment.architecture],
        ] as [string, string][])
      : []),
  ]
  return html`<h2>Environment</h2>
${textTable({ title: 'Environment', kind: 'facts' }, rows)}`
}
