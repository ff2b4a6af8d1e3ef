import { formatAttempts, messageOf } from '../../budget/cause.ts'
import { shortPath } from '../../ground/errors.ts'
import { formatMs, formatShare } from '../../ground/units.ts'
import { counted } from '../../ground/words.ts'
import { describeMachine } from '../../measure/environment.ts'
import type { FailureExemplar, LoadReport } from '../../measure/report.ts'
import { describeShown } from '../../workflow/text.ts'
import { bodiesInPart, bodySizes, retriedIn } from '../bodies.ts'
import { connectionsEntry } from '../entries.ts'
import { describeWithout } from '../footnotes.ts'
import { threadName } from '../thread-name.ts'
import { detailsOf, resourcesOf, targetsOf } from '../usage.ts'
import type { VerdictBlock } from '../verdict-block.ts'
import { html, type Markup } from './markup.ts'

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
  return `at ${formatMs(at)}, after ${formatMs(latency)}, thread ${threadName(exemplar)}`
}

export function environmentTable(report: LoadReport): Markup {
  const { generator, threads, transport, workflow, environment } = report
  const sizes = bodySizes(report)
  const rows: [string, string][] = [
    ['Workflow', `${workflow.file}#${workflow.workflowId}`],
    ['Transport', `${transport.name} (${transport.why})`],
    ['Connections', connectionsEntry(report).text],
    ...(sizes.length === 0 ? [] : [['Body sizes', sizes.join('; ')] as [string, string]]),
    ...bodiesInPart(report).map((text): [string, string] => ['Bodies', text]),
    ...retriedIn(report).map((text): [string, string] => ['Retried', text]),
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
  return html`<section><h2>Environment</h2>
${scrolling(
  'Environment',
  html`<table class="facts">
<tbody>${rows.map(([head, value]) => html`<tr><th scope="row">${head}</th><td>${value}</td></tr>`)}</tbody></table>`,
)}</section>`
}

/** Puts a table into a box in which it scrolls sideways where it is too wide, and says so there. */
export function scrolling(title: string, table: Markup): Markup {
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${title}">${table}</div>
<p class="sideways" hidden>More columns to the right: scroll the table sideways.</p>`
}

/** Cells of the heads of a table; those that `isNumber` names are set as figures are. */
export function headCells(heads: readonly string[], isNumber: (head: string, i: number) => boolean): Markup[] {
  return heads.map((head, i) => html`<th scope="col"${isNumber(head, i) && html` class="number"`}>${head}</th>`)
}

/** A bound with its sign as people write it: `≤ 100 ms`. */
export const signed = (bound: string): string => bound.replace('<=', '≤').replace('>=', '≥')

export function numberCell(text: string | number | false | undefined, tone = ''): Markup {
  return html`<td class="${`number ${tone}`.trim()}">${text}</td>`
}
