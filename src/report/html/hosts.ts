import type { LoadReport } from '../../measure/report.ts'
import { HOST_HEADS, hostCells } from '../hosts.ts'
import { html, type Markup } from './markup.ts'
import { headCells, numberCell, scrolling } from './parts.ts'

const HEADS = ['host', ...HOST_HEADS, 'machine']

/** Table of the hosts' shares of the load. */
export function hostsTable({ hosts = [] }: LoadReport): Markup | undefined {
  if (hosts.length === 0) return undefined
  const rows = hosts.map(
    host => html`<tr><th scope="row">${host.host}</th>
${hostCells(host).map(cell => numberCell(cell, host.lostAt === undefined ? '' : 'fail'))}<td>${host.machine}</td></tr>`,
  )
  return html`<section><h2>Hosts</h2>
${scrolling(
  'Hosts',
  html`<table>
<thead><tr>${headCells(HEADS, (_, i) => i > 0 && i <= HOST_HEADS.length)}</tr></thead>
<tbody>${rows}</tbody></table>`,
)}</section>`
}
