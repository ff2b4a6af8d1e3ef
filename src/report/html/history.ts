import { unitOf } from '../../budget/metrics/index.ts'
import type { HistoryData } from '../client/chart-data.ts'
import { type History, type MachineHistory, shortTime } from '../history.ts'
import { historyTable } from '../history-lines.ts'
import { html, type Markup } from './markup.ts'
import { scrolling } from './parts.ts'

/** Runs that the table shows; the charts show all. */
const MOST_ROWS = 10

/** Only runs on the machine of the last run, because values in one chart are compared. */
export function historyDataOf({ here: { figures } }: History): HistoryData {
  return {
    labels: (figures[0]?.points ?? []).map(({ at }) => shortTime(at)),
    charts: figures.map(({ budget, points }) => {
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
export function historySection({ here, elsewhere }: History, place: number): Markup {
  return html`<section><h2>Last runs of this plan on this machine</h2>
<p class="hint">${here.machine}. Bars are the ranges in which percentiles lie as far as the samples of one
run tell, and runs of one build differ by more; the dashed line is what is allowed.</p>
<div class="charts" data-history="${place}"></div>
${tableOf(here, 'Last runs')}
${elsewhere.map(
  other => html`<h3>On another machine</h3>
<p class="hint">${other.machine}. These figures compare with nothing above.</p>
${tableOf(other, 'Last runs on another machine')}`,
)}
</section>`
}

function tableOf(machine: MachineHistory, title: string): Markup {
  const { heads, rows } = historyTable(machine, MOST_ROWS)
  const [run, ...figures] = heads
  const head = figures.map(figure => html`<th scope="col" class="number">${figure}</th>`)
  const body = rows.map(([at, ...cells]) => {
    const numbers = cells.map(cell => html`<td class="number">${cell}</td>`)
    return html`<tr><th scope="row">${at}</th>${numbers}</tr>\n`
  })
  return scrolling(
    title,
    html`<table>
<thead><tr><th scope="col">${run}</th>${head}</tr></thead>
<tbody>${body}</tbody></table>`,
  )
}
