import { formatAttempts, messageOf } from '../../budget/cause.ts'
import { shortPath } from '../../ground/errors.ts'
import { formatMs, formatShare } from '../../ground/units.ts'
import { counted } from '../../ground/words.ts'
import { describeMachine } from '../../measure/environment.ts'
import type { FailureExemplar, LoadReport } from '../../measure/report.ts'
import { describeShown } from '../../workflow/text.ts'
import * as figures from '../figures.ts'
import { describeWithout, type VerdictBlock } from '../verdict-block.ts'
import { html, type Markup, textTable } from './markup.ts'

/** The doubts, each once and with its number, and what the budgets that it touches would be without it. */
export function doubtList({ footnotes }: VerdictBlock, i: number): Markup | undefined {
  if (footnotes.length === 0) return undefined
  return html`<section id="doubts-${i}"><h2>Reasons to doubt the figures</h2>
<ol class="doubts">${footnotes.map(
    note => html`<li><strong>[${note.number}] ${note.kinds.join(', ')}</strong>
${note.texts.join(' ')} ${describeWithout(note)}</li>`,
  )}</ol></section>`
}

export function warningList({ warnings = [] }: LoadReport): Markup | undefined {
  if (warnings.length === 0) return undefined
  return html`<section><h2>Warnings</h2>
<ul class="doubts">${warnings.map(text => html`<li>${text}</li>`)}</ul></section>`
}

export function failureList({ errors }: LoadReport, i: number): Markup | undefined {
  if (errors.length === 0) return undefined
  return html`<section id="failures-${i}"><h2>Failures</h2>${errors.map(
    ({ step, kind, count, at, exemplars, ...rest }) => html`<details class="failure">
<summary><strong>${formatAttempts(count)}</strong> <span class="kind">${kind}</span>
${step !== '' && html`<span>${step}:</span> `}${messageOf({ ...rest, step, kind, count, exemplars })}</summary>
${at !== undefined && html`<p><code>${shortPath(at.file)}:${at.line}:${at.column}</code></p>`}
${exemplars.map(
  exemplar => html`<p>${whenOf(exemplar)}</p>
<pre tabindex="0">${describeShown(exemplar)}</pre>`,
)}
</details>`,
  )}</section>`
}

function whenOf(exemplar: FailureExemplar): string {
  const { at, latency } = exemplar
  return `at ${formatMs(at)}, after ${formatMs(latency)}, thread ${figures.threadName(exemplar)}`
}

export function environmentTable(report: LoadReport): Markup {
  const { generator, threads, transport, workflow, environment } = report
  const sizes = figures.bodySizes(report)
  const rows: [string, string][] = [
    ['Workflow', `${workflow.file}#${workflow.workflowId}`],
    ['Transport', `${transport.name} (${transport.why})`],
    ['Connections', figures.connectionsEntry(report).text],
    ...(sizes.length === 0 ? [] : [['Body sizes', sizes.join('; ')] as [string, string]]),
    ...figures.bodiesInPart(report).map((text): [string, string] => ['Bodies', text]),
    ...figures.retriedIn(report).map((text): [string, string] => ['Retried', text]),
    ['Generator', `${counted(threads, 'thread')}; ${figures.resourcesOf(generator)}`],
    [
      'Event loop',
      `busy ${formatShare(generator.eventLoopUtilization)}; ` +
        `99 % of starts at most ${formatMs(generator.lateness.p99)} late`,
    ],
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
  return html`<section><h2>Environment</h2>
${textTable({ title: 'Environment', kind: 'facts' }, rows)}</section>`
}

/** A bound with its sign as people write it: `≤ 100 ms`. */
export const signed = (bound: string): string => bound.replace('<=', '≤').replace('>=', '≥')
