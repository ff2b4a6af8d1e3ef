import { formatCount, formatMs } from '../../ground/units.ts'
import type { LoadReport, SlowRequest } from '../../measure/report.ts'
import { type SlowGroup, slowGroups } from '../slow-groups.ts'
import { threadName } from '../thread-name.ts'
import { html, type Markup } from './markup.ts'
import { headCells, numberCell, scrolling } from './parts.ts'

const HEADS = ['Step', 'Latency', 'Sent at', 'Thread', 'Request', 'Response']
const FIGURES = ['Latency', 'Sent at', 'Thread']

/** The slowest requests, those together that ended at one moment. */
export function slowestTable({ slowest }: LoadReport): Markup | undefined {
  if (slowest.length === 0) return undefined
  const groups = slowGroups(slowest)
  const bodyOf = (group: SlowGroup) =>
    html`<tbody>${group.requests.length > 1 && headOf(group, groups.length)}${group.requests.map(rowOf)}</tbody>`
  return html`<section><h2>Slowest requests</h2>
${scrolling(
  'Slowest requests',
  html`<table>
<thead><tr>${headCells(HEADS, head => FIGURES.includes(head))}</tr></thead>
${groups.map(bodyOf)}</table>`,
)}</section>`
}

/** `All 6 ended at 8.88 s: one stall of up to 812 ms`. */
function headOf({ requests, at, longest }: SlowGroup, groups: number): Markup {
  const who = groups === 1 ? `All ${formatCount(requests.length)}` : formatCount(requests.length)
  const what = `${who} ended at ${formatMs(at)}: one stall of up to ${formatMs(longest)}`
  return html`<tr class="group"><th scope="rowgroup" colspan="${HEADS.length}">${what}</th></tr>`
}

function rowOf(slow: SlowRequest): Markup {
  const { step, latency, at, request, status, failure, trace } = slow
  return html`<tr><th scope="row">${step}</th>
${[formatMs(latency), formatMs(at), threadName(slow)].map(cell => numberCell(cell))}
<td><code>${request}</code>${trace !== undefined && html`<br><small>trace <code>${trace}</code></small>`}</td>
<td>${status ?? 'none'}${failure !== undefined && ` (${failure})`}</td></tr>`
}
