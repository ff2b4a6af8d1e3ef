import { verdictFor } from '../../budget/judge.ts'
import { formatCount, formatMs, formatShare } from '../../ground/units.ts'
import type { AnswerGroup, Budget, LoadReport, Verdict } from '../../measure/report.ts'
import { drawnSeries, spreadOf, stretchesOf } from '../drawn.ts'
import { type LatencyRow, latencyCells, latencyRows } from '../latency-table.ts'
import { type StepShare, stepsByShare } from '../step-shares.ts'
import { meanOfStep } from './chart-data.ts'
import { html, type Markup, numberCell, signed, table } from './markup.ts'

const HEADS = ['count', 'rate', 'p50', 'p95', 'p99', 'p99.9', 'max', 'mean', 'failed']

/** Iterations and steps: what each takes of the time, how it went, latencies with their budgets, and its statuses. */
export function stepsSection(report: LoadReport): Markup {
  const lines = linesOf(report)
  const isDrawn = lines.size > 0
  const heads = ['Step', 'Share of an iteration', ...(isDrawn ? ['Over time'] : []), ...HEADS]
  const rows = new Map(latencyRows(report).flatMap(row => (row.of === 'step' ? [[row.name, row] as const] : [])))
  const events = new Map(latencyRows(report).map(row => [row.step, row] as const))
  const rowOf = (share: StepShare) => {
    const [row, ofEvents] = [rows.get(share.key)!, events.get(share.key)]
    const line = isDrawn ? (lines.get(share.key) ?? '') : undefined
    return html`${stepRow(report, share, row, line)}${ofEvents && eventsRow(report, ofEvents, isDrawn)}`
  }
  return html`<h2>Steps</h2>
<p class="hint scripted">Press a step to see its lines alone in the charts; press it again to see all.</p>
${table(
  { title: 'Steps', kind: 'steps', heads, isFigure: i => i >= heads.length - HEADS.length },
  html`<tbody>${iterationRows(report, isDrawn)}</tbody>
<tbody>${stepsByShare(report).map(rowOf)}</tbody>`,
)}
${sharesNote(report)}
${statusTable(report)}`
}

/** Steps one after the other cannot take longer than their iteration, but for requests at the edges of the window. */
const OVERLAPPING = 1.05

function sharesNote(report: LoadReport): Markup | undefined {
  const sum = stepsByShare(report).reduce((sum, { share }) => sum + share, 0)
  if (sum <= OVERLAPPING) return undefined
  return html`<p class="hint">Steps ran at the same time: their shares are more than an iteration together.</p>`
}

function iterationRows(report: LoadReport, isDrawn: boolean): Markup[] {
  const blank = html`<td></td>${isDrawn && html`<td></td>`}`
  const judgedOf = (row: LatencyRow) => budgetsOf(report, ({ of, latency }) => of === row.of && latency === undefined)
  return latencyRows(report)
    .filter(({ of, step }) => of !== 'step' && step === undefined)
    .map(row =>
      row.of === 'events'
        ? eventsRow(report, row, isDrawn)
        : html`<tr><th scope="row">${row.name}</th>${blank}${figures(row, judgedOf(row))}</tr>`,
    )
}

/** Events of a step, or of all, with the bound for the time to a stream's first event. */
function eventsRow(report: LoadReport, row: LatencyRow, isDrawn: boolean): Markup {
  const judged = budgetsOf(report, ({ latency, step }) => latency === 'firstEvent' && step === row.step)
  const blank = html`<td></td>${isDrawn && html`<td></td>`}`
  return html`<tr class="events"><th scope="row">${row.name}</th>${blank}${figures(row, judged)}</tr>`
}

function stepRow(report: LoadReport, { key, share }: StepShare, row: LatencyRow, line: string | undefined): Markup {
  const percent = Number((share * 100).toFixed(1))
  const budgetOf = budgetsOf(
    report,
    budget => budget.of === 'step' && budget.step === key && budget.latency === undefined,
  )
  const button = html`<button type="button" class="step" data-step="${key}" aria-pressed="false">${key}</button>`
  return html`<tr><th scope="row">${button}</th>
<td class="share"><span class="bar" style="width:${percent}%"></span><span>${formatShare(share, 2)}</span></td>
${line !== undefined && html`<td>${line !== '' && sparkline(line)}</td>`}
${figures(row, budgetOf)}</tr>`
}

interface Judged {
  budget: Budget
  verdict: Verdict['verdict'] | undefined
}
type BudgetOf = (figure: string) => Judged | undefined

function budgetsOf({ budgets, verdicts }: LoadReport, isOf: (budget: Budget) => boolean): BudgetOf {
  return figure => {
    const budget = budgets.find(budget => isOf(budget) && budget.path.at(-1) === figure)
    return budget && { budget, verdict: verdictFor(budget, verdicts)?.verdict }
  }
}

const CLASSES: Record<Verdict['verdict'], string> = { pass: 'good', fail: 'bad', inconclusive: 'unsure' }

const FIGURES = ['p50', 'p95', 'p99', 'p999', 'max', 'mean'] as const

/** Cells of a row: counts, latencies with their bounds, failures. */
function figures(row: LatencyRow, budgetOf: BudgetOf): Markup[] {
  const cells = latencyCells(row, FIGURES)
  return cells.map((text, i) => {
    if (i === cells.length - 1) return numberCell(text, row.errors ? 'bad' : '')
    const judged = budgetOf(HEADS[i]!)
    if (judged === undefined) return numberCell(text)
    const { budget, verdict } = judged
    return html`<td class="number ${verdict !== undefined && CLASSES[verdict]}">${text}
<small>${signed(budget.operator)} ${formatMs(budget.bound)}</small></td>`
  })
}

const WIDTH = 96
const HEIGHT = 22

/** Mean service time of each step over the run, as points of a line. */
function linesOf(report: LoadReport): Map<string, string> {
  const series = drawnSeries(report.series)
  if (!series.some(({ stepTimes }) => stepTimes !== undefined)) return new Map()
  const stretches = stretchesOf(series, WIDTH / 2)
  const lines = Object.keys(report.steps).map((key): [string, string] => {
    const values = stretches.map(stretch => spreadOf(stretch.map(meanOfStep(key)))?.middle)
    return [key, pointsOf(values)]
  })
  return new Map(lines)
}

/** Points of a line of values; empty if all are 0. */
function pointsOf(values: readonly (number | undefined)[]): string {
  const highest = Math.max(0, ...values.map(value => value ?? 0))
  if (highest === 0) return ''
  const points = values.flatMap((value, i) =>
    value === undefined
      ? []
      : [`${round(((i + 0.5) / values.length) * WIDTH)},${round(HEIGHT - 1 - (value / highest) * (HEIGHT - 2))}`],
  )
  return points.join(' ')
}

/** Small picture of values over time; undefined without any. Of many, some are left out. */
export function sparkOf(values: readonly number[]): Markup | undefined {
  const every = Math.ceil(values.length / WIDTH)
  const points = pointsOf(values.filter((_, i) => i % every === 0))
  return points === '' ? undefined : sparkline(points)
}

const round = (value: number) => Number(value.toFixed(1))

function sparkline(points: string): Markup {
  const size = html`width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}"`
  return html`<svg class="spark" ${size} aria-hidden="true"><polyline points="${points}"/></svg>`
}

/** Requests of the whole run by step and status. */
function statusTable({ answers, steps }: LoadReport): Markup | undefined {
  if (answers.length === 0) return undefined
  const [{ status: only }] = answers as [AnswerGroup]
  if (answers.every(({ status, errors }) => status === only && Object.keys(errors).length === 0)) {
    const what = only === 'none' ? 'had no response' : `had a response with status ${only}`
    return html`<p class="hint">Each request of the whole run ${what}.</p>`
  }
  const statuses = [...new Set(answers.map(({ status }) => status))].sort(byStatus)
  const keys = [...new Set([...Object.keys(steps), ...answers.map(({ step }) => step)])]
  const heads = ['Step', ...statuses.map(status => (status === 'none' ? 'no response' : status)), 'Failed as']
  const countOf = (step: string, status: string) =>
    answers.filter(one => one.step === step && one.status === status).reduce((sum, { requests }) => sum + requests, 0)
  const cellOf = (step: string, status: string) => {
    const count = countOf(step, status)
    return numberCell(count > 0 && formatCount(count), count > 0 && isBad(status) ? 'bad' : '')
  }
  const rowOf = (key: string) =>
    html`<tr><th scope="row">${key}</th>${statuses.map(status => cellOf(key, status))}
<td>${kindsOf(answers.filter(({ step }) => step === key))}</td></tr>`
  const caption = 'Requests of the whole run, warm-up and ramps included, by status'
  const about = { title: 'Statuses by step', heads, caption, isFigure: (i: number) => i > 0 && i <= statuses.length }
  return html`<h3>Statuses</h3>${table(about, keys.map(rowOf))}`
}

const isBad = (status: string) => status === 'none' || /^5/.test(status)
const byStatus = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** `12 criterion, 3 timeout`. */
function kindsOf(groups: readonly AnswerGroup[]): string {
  const kinds = new Map<string, number>()
  for (const { errors } of groups)
    for (const [kind, count] of Object.entries(errors)) kinds.set(kind, (kinds.get(kind) ?? 0) + count)
  return [...kinds].map(([kind, count]) => `${formatCount(count)} ${kind}`).join(', ')
}
