import { formatAttempts } from '../../budget/cause.ts'
import { sentencesOf } from '../../budget/judge.ts'
import { formatBytes, formatCount, formatMs, formatRate, formatShare } from '../../ground/units.ts'
import type { LatencySummary, LoadReport, Verdict } from '../../measure/report.ts'
import { describeShown } from '../../workflow/text.ts'
import { bodiesInPart } from '../bodies.ts'
import { connectionsEntry } from '../entries.ts'
import { failedAttempts } from '../latency-table.ts'
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
  const latency = model === 'open' ? report.responseTime : report.serviceTime
  const what = report.capacity === undefined ? 'warm-up and ramp-up' : 'warm-up and search'
  const before = warmUp > 0 ? ` after ${formatMs(warmUp)} of ${what}` : ''
  return html`<header>
<h1>${name} <span class="badge ${tone}">${word}</span></h1>
<p class="facts">${describeShape(report.shape)} · ${model} model · measured ${formatMs(measured)}${before} ·
<time datetime="${startedAt}">${startedAt.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}</time></p>
${report.warmUpCut !== undefined && html`<p class="facts">Warm-up cut ${formatMs(report.warmUpCut.at)} into the run: ${report.warmUpCut.because}</p>`}
${state !== 'completed' && html`<p class="alert">${state === 'not run' ? 'The load did not run' : 'The run was cut short'}${cause !== undefined && `: ${cause}`}</p>`}
${nothing !== undefined && html`<p class="alert">Nothing passed: ${nothing}</p>`}
${
  state !== 'not run' &&
  html`<dl class="figures">
${report.capacity !== undefined && figure('Capacity', formatRate(report.capacity.held), report.capacity.missed === undefined ? 'requests, held' : `requests, held; ${formatRate(report.capacity.missed)} was not`)}
${figure('Requests', formatRate(report.rps), formatCount(report.requests))}
${figure('p50', duration(latency, latency.p50))}
${figure('p99', duration(latency, latency.p99))}
${figure('Errors', formatShare(report.errorRate), `${formatCount(report.measuredArrivals.failed)} of ${formatCount(report.measuredArrivals.passed + report.measuredArrivals.failed)} iterations`)}
${report.target !== undefined && report.target.samples > 0 && figure('Memory', formatBytes(report.target.memoryPeak), 'application, at most')}
${report.target !== undefined && report.target.samples > 0 && figure('CPU', formatShare(report.target.cpu), 'application, of one core')}
${report.target?.cpuPerRequest !== undefined && figure('CPU a request', formatMs(report.target.cpuPerRequest), 'application')}
</dl>`
}
</header>`
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
  return html`<section><h2>Budgets</h2><div class="scroll" tabindex="0" role="region" aria-label="Budgets"><table class="budgets">
<thead><tr><th scope="col">Budget</th><th scope="col" class="number">Value</th><th scope="col">Verdict</th></tr></thead>
<tbody>${verdicts.map(one => {
    const { title, value, verdict } = one
    const { mark, tone } = marks[verdict]
    const why = sentencesOf(one)
    return html`<tr><th scope="row">${title}</th><td class="number">${value}</td><td><span class="badge ${tone}">${mark} ${verdict}</span></td></tr>${why !== '' && html`<tr class="why"><td colspan="3">${why}</td></tr>`}`
  })}</tbody></table></div></section>`
}

export function doubtList({ doubts }: LoadReport): Markup | undefined {
  if (doubts.length === 0) return undefined
  return html`<section><h2>Reasons to doubt the figures</h2><ul class="doubts">${doubts.map(({ kind, text }) => html`<li><strong>${kind}</strong> ${text}</li>`)}</ul></section>`
}

export function warningList({ warnings = [] }: LoadReport): Markup | undefined {
  if (warnings.length === 0) return undefined
  return html`<section><h2>Warnings</h2><ul class="doubts">${warnings.map(text => html`<li>${text}</li>`)}</ul></section>`
}

const latencyHeads = ['p50', 'p90', 'p95', 'p99', 'p99.9', 'max', 'mean']

export function stepTable(report: LoadReport): Markup {
  const { requests, rps, responseTime, serviceTime, measuredArrivals, measured, model } = report
  const { passed, failed } = measuredArrivals
  const open = model === 'open'
  const rate = (count: number) => formatRate(measured > 0 ? (count / measured) * 1000 : 0)
  return html`<section><h2>Steps</h2><div class="scroll" tabindex="0" role="region" aria-label="Steps"><table>
<thead><tr><th scope="col"></th>${['count', 'rate', ...latencyHeads, 'failed'].map(head => html`<th scope="col" class="number">${head}</th>`)}</tr></thead>
<tbody>
${row(open ? 'iterations (response time)' : 'iterations', formatCount(passed + failed), formatRate(report.iterationRate), open ? responseTime : serviceTime, failed)}
${open && row('iterations (service time)', '', '', serviceTime)}
<tr><th scope="row">requests</th><td class="number">${formatCount(requests)}</td><td class="number">${formatRate(rps)}</td>${latencyHeads.map(() => html`<td></td>`)}<td class="number">${formatCount(failedAttempts(report))}</td></tr>
${Object.entries(report.steps).map(([key, step]) => row(key, formatCount(step.requests), rate(step.requests), step.serviceTime, step.errors))}
</tbody></table></div></section>`
}

function row(name: string, requests: string, rate: string, summary: LatencySummary, errors?: number): Markup {
  const { p50, p90, p95, p99, p999, max, mean } = summary
  const cells = [requests, rate, ...[p50, p90, p95, p99, p999, max, mean].map(value => duration(summary, value))]
  return html`<tr><th scope="row">${name}</th>${cells.map(cell => html`<td class="number">${cell}</td>`)}<td class="number${errors !== undefined && errors > 0 ? ' bad' : ''}">${errors === undefined ? '' : formatCount(errors)}</td></tr>`
}

export function failureList({ errors }: LoadReport): Markup | undefined {
  if (errors.length === 0) return undefined
  return html`<section><h2>Failures</h2>${errors.map(
    ({ step, kind, message, count, at, exemplars }) => html`<details class="failure">
<summary><strong>${formatAttempts(count)}</strong> <span class="kind">${kind}</span> ${step !== '' && html`<span>${step}:</span> `}${message}</summary>
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
  return html`<section><h2>Slowest requests</h2><div class="scroll" tabindex="0" role="region" aria-label="Slowest requests"><table>
<thead><tr>${heads.map(head => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>${slowest.map(
    ({ step, latency, at, thread, request, status, failure }) => html`<tr><th scope="row">${step}</th>
<td class="number">${formatMs(latency)}</td><td class="number">${formatMs(at)}</td><td class="number">${thread}</td>
<td><code>${request}</code></td><td>${status ?? 'none'}${failure !== undefined && ` (${failure})`}</td></tr>`,
  )}</tbody></table></div></section>`
}

export function environmentTable(report: LoadReport): Markup {
  const { generator, threads, transport, workflow, environment } = report
  const inPart = bodiesInPart(report)
  const rows: [string, string][] = [
    ['Workflow', `${workflow.file}#${workflow.workflowId}`],
    ['Transport', `${transport.name} (${transport.why})`],
    ['Connections', connectionsEntry(transport).text],
    ...(inPart === undefined ? [] : [['Bodies', inPart] as [string, string]]),
    ['Generator', `${threads === 1 ? '1 thread' : `${threads} threads`}; ${resourcesOf(generator)}`],
    [
      'Event loop',
      `busy ${formatShare(generator.eventLoopUtilization)}; 99 % of starts at most ${formatMs(generator.lateness.p99)} late`,
    ],
    ...targetsOf(report).map(([name, usage]): [string, string] => [
      name === 'application' ? 'Application' : name,
      [`${usage.of}; ${resourcesOf(usage)}`, ...detailsOf(usage)].join('; '),
    ]),
    ...(environment
      ? ([
          ['Machine', `${environment.processor}, ${environment.cores} cores, ${formatBytes(environment.memory)}`],
          ['System', `${environment.system}, ${environment.architecture}, Node ${environment.node}`],
        ] as [string, string][])
      : []),
  ]
  return html`<section><h2>Environment</h2><div class="scroll" tabindex="0" role="region" aria-label="Environment"><table class="facts"><tbody>${rows.map(([head, value]) => html`<tr><th scope="row">${head}</th><td>${value}</td></tr>`)}</tbody></table></div></section>`
}

function duration({ count }: LatencySummary, value: number): string {
  return count > 0 ? formatMs(value) : '-'
}
