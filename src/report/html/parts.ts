import { formatAttempts } from '../../budget/cause.ts'
import { sentencesOf } from '../../budget/judge.ts'
import { formatBytes, formatCount, formatMs, formatRate, formatShare } from '../../ground/units.ts'
import { counted } from '../../ground/words.ts'
import { describeMachine } from '../../measure/environment.ts'
import type { LatencySummary, LoadReport, Verdict } from '../../measure/report.ts'
import { describeShown } from '../../workflow/text.ts'
import { bodiesInPart } from '../bodies.ts'
import { connectionsEntry } from '../entries.ts'
import { type LatencyRow, latencyCells, latencyRows } from '../latency-table.ts'
import { whyNothingPassed } from '../nothing.ts'
import { describeShape } from '../shape.ts'
import { detailsOf, resourcesOf, targetsOf } from '../usage.ts'
import { html, type Markup } from './markup.ts'
import { verdictOf } from './verdict.ts'

/** The head of a run: its name, its verdict, and the few figures people look for first. */
export function summaryOf(name: string, report: LoadReport): Markup {
  const { tone, word } = verdictOf(report)
  const { model, startedAt, warmUp, measured, state, cause } = report
  const nothing = whyNothingPassed(report)
  const what = report.capacity === undefined ? 'warm-up and ramp-up' : 'warm-up and search'
  const before = warmUp > 0 ? ` after ${formatMs(warmUp)} of ${what}` : ''
  const cut = report.warmUpCut
  const stopped = state === 'not run' ? 'The load did not run' : 'The run was cut short'
  return html`<header>
<h1>${name} <span class="badge ${tone}">${word}</span></h1>
<p class="facts">${describeShape(report.shape)} · ${model} model · measured ${formatMs(measured)}${before} ·
<time datetime="${startedAt}">${startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}</time></p>
${cut !== undefined && html`<p class="facts">Warm-up cut ${formatMs(cut.at)} into the run: ${cut.because}</p>`}
${state !== 'completed' && html`<p class="alert">${stopped}${cause !== undefined && `: ${cause}`}</p>`}
${nothing !== undefined && html`<p class="alert">Nothing passed: ${nothing}</p>`}
${state !== 'not run' && figuresOf(report)}
</header>`
}

function figuresOf(report: LoadReport): Markup {
  const { capacity, rps, requests, errorRate, target } = report
  const { passed, failed } = report.measuredArrivals
  const latency = report.model === 'open' ? report.responseTime : report.serviceTime
  const missed = capacity?.missed === undefined ? '' : `; ${formatRate(capacity.missed)} was not`
  const isRead = target !== undefined && target.samples > 0
  const perRequest = target?.cpuPerRequest
  return html`<dl class="figures">
${capacity && figure('Capacity', formatRate(capacity.held), `requests, held${missed}`)}
${figure('Requests', formatRate(rps), formatCount(requests))}
${figure('p50', duration(latency, latency.p50))}
${figure('p99', duration(latency, latency.p99))}
${figure('Errors', formatShare(errorRate), `${formatCount(failed)} of ${formatCount(passed + failed)} iterations`)}
${isRead && figure('Memory', formatBytes(target.memoryPeak), 'application, at most')}
${isRead && figure('CPU', formatShare(target.cpu), 'application, of one core')}
${perRequest !== undefined && figure('CPU a request', formatMs(perRequest), 'application')}
</dl>`
}

function figure(label: string, value: string, note = ''): Markup {
  return html`<div><dt>${label}</dt><dd>${value}${note !== '' && html` <small>${note}</small>`}</dd></div>`
}

const marks: Record<Verdict['verdict'], { mark: string; tone: string }> = {
  pass: { mark: '✓', tone: 'pass' },
  fail: { mark: '✗', tone: 'fail' },
  inconclusive: { mark: '?', tone: 'unsure' },
}

export function budgetTable({ verdicts }: LoadReport): Markup | undefined {
  if (verdicts.length === 0) return undefined
  return tableSection(
    'Budgets',
    html`<table class="budgets">
<thead><tr><th scope="col">Budget</th><th scope="col" class="number">Value</th><th scope="col">Verdict</th></tr></thead>
<tbody>${verdicts.map(budgetRow)}</tbody></table>`,
  )
}

function budgetRow(one: Verdict): Markup {
  const { title, value, verdict } = one
  const { mark, tone } = marks[verdict]
  const why = sentencesOf(one)
  return html`<tr><th scope="row">${title}</th><td class="number">${value}</td>
<td><span class="badge ${tone}">${mark} ${verdict}</span></td></tr>
${why !== '' && html`<tr class="why"><td colspan="3">${why}</td></tr>`}`
}

export function doubtList({ doubts }: LoadReport): Markup | undefined {
  if (doubts.length === 0) return undefined
  return html`<section><h2>Reasons to doubt the figures</h2>
<ul class="doubts">${doubts.map(({ kind, text }) => html`<li><strong>${kind}</strong> ${text}</li>`)}</ul></section>`
}

export function warningList({ warnings = [] }: LoadReport): Markup | undefined {
  if (warnings.length === 0) return undefined
  return html`<section><h2>Warnings</h2>
<ul class="doubts">${warnings.map(text => html`<li>${text}</li>`)}</ul></section>`
}

const latencyHeads = ['p50', 'p90', 'p95', 'p99', 'p99.9', 'max', 'mean']

export function stepTable(report: LoadReport): Markup {
  return tableSection(
    'Steps',
    html`<table>
<thead><tr><th scope="col"></th>${['count', 'rate', ...latencyHeads, 'failed'].map(numberHead)}</tr></thead>
<tbody>
${latencyRows(report).map(stepRow)}
</tbody></table>`,
  )
}

function stepRow(row: LatencyRow): Markup {
  const cells = latencyCells(row, ['p50', 'p90', 'p95', 'p99', 'p999', 'max', 'mean'])
  const errors = cells.pop()
  const isBad = row.latency !== undefined && row.errors !== undefined && row.errors > 0
  return html`<tr><th scope="row">${row.name}</th>${cells.map(numberCell)}
<td class="number${isBad && ' bad'}">${errors}</td></tr>`
}

function numberHead(text: string): Markup {
  return html`<th scope="col" class="number">${text}</th>`
}

function numberCell(text: string): Markup {
  return html`<td class="number">${text}</td>`
}

export function failureList({ errors }: LoadReport): Markup | undefined {
  if (errors.length === 0) return undefined
  return html`<section><h2>Failures</h2>${errors.map(
    ({ step, kind, message, count, at, exemplars }) => html`<details class="failure">
<summary><strong>${formatAttempts(count)}</strong> <span class="kind">${kind}</span>
${step !== '' && html`<span>${step}:</span> `}${message}</summary>
${at !== undefined && html`<p><code>${at.file}:${at.line}:${at.column}</code></p>`}
${exemplars.map(
  exemplar => html`<p>at ${formatMs(exemplar.at)}, after ${formatMs(exemplar.latency)}, thread ${exemplar.thread}</p>
<pre tabindex="0">${describeShown(exemplar)}</pre>`,
)}
</details>`,
  )}</section>`
}

export function slowestTable({ slowest = [] }: LoadReport): Markup | undefined {
  if (slowest.length === 0) return undefined
  const heads = ['Step', 'Latency', 'Sent at', 'Thread', 'Request', 'Response']
  return tableSection(
    'Slowest requests',
    html`<table>
<thead><tr>${heads.map(head => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${slowest.map(
      ({ step, latency, at, thread, request, status, failure }) => html`<tr><th scope="row">${step}</th>
${[formatMs(latency), formatMs(at), String(thread)].map(numberCell)}
<td><code>${request}</code></td><td>${status ?? 'none'}${failure !== undefined && ` (${failure})`}</td></tr>`,
    )}</tbody></table>`,
  )
}

export function environmentTable(report: LoadReport): Markup {
  const { generator, threads, transport, workflow, environment } = report
  const inPart = bodiesInPart(report)
  const rows: [string, string][] = [
    ['Workflow', `${workflow.file}#${workflow.workflowId}`],
    ['Transport', `${transport.name} (${transport.why})`],
    ['Connections', connectionsEntry(transport).text],
    ...(inPart === undefined ? [] : [['Bodies', inPart] as [string, string]]),
    ['Generator', `${counted(threads, 'thread')}; ${resourcesOf(generator)}`],
    [
      'Event loop',
      `busy ${formatShare(generator.eventLoopUtilization)}; ` +
        `99 % of starts at most ${formatMs(generator.lateness.p99)} late`,
    ],
    ...targetsOf(report).map(([name, usage]): [string, string] => [
      name === 'application' ? 'Application' : name,
      [`${usage.of}; ${resourcesOf(usage)}`, ...detailsOf(usage)].join('; '),
    ]),
    ...(environment
      ? ([
          ['Machine', describeMachine(environment)],
          ['Architecture', environment.architecture],
        ] as [string, string][])
      : []),
  ]
  return tableSection(
    'Environment',
    html`<table class="facts">
<tbody>${rows.map(([head, value]) => html`<tr><th scope="row">${head}</th><td>${value}</td></tr>`)}</tbody></table>`,
  )
}

/** Puts a table into a section of its own, in which it scrolls sideways where it is too wide. */
function tableSection(title: string, table: Markup): Markup {
  return html`<section><h2>${title}</h2>
<div class="scroll" tabindex="0" role="region" aria-label="${title}">${table}</div></section>`
}

function duration({ count }: LatencySummary, value: number): string {
  return count > 0 ? formatMs(value) : '-'
}
