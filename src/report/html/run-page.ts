import { shortTime } from '../history.ts'
import type { OverallVerdict } from '../overall.ts'
import { pageOf } from './document.ts'
import { html, type Markup, numberCell, signed, table } from './markup.ts'
import { sparkOf } from './steps.ts'

type Tone = OverallVerdict['tone']

/** One load test on the page of a run. Texts are plain. */
export interface RunRow {
  name: string
  /** Path of its own page, if there is one. */
  link?: string
  tone: Tone
  word: string
  budgets: readonly { name: string; value: string; bound: string; last: string; tone: Tone }[]
  /** P95 over time. */
  spark: readonly number[]
  /** Rate, p50, p95, failures and memory; empty if it did not run. */
  cells: readonly string[]
  /** Reasons why it did not run. */
  says: readonly string[]
}

interface RunPage {
  title: string
  tone: Tone
  /** When the run ended: ISO 8601. */
  at: string
  /** Problems outside of load tests. */
  problems: readonly string[]
  rows: readonly RunRow[]
}

const HEADS = ['Load test', 'Verdict', 'Rate', 'p50', 'p95', 'Failed', 'Memory', 'p95 over time']
const BUDGET_HEADS = ['Budget', 'Load test', 'Value', 'Bound', 'Run before']

/** All load tests of a run on one page, which needs no network; their own pages are linked. */
export function renderRunPage({ title, tone, at, problems, rows }: RunPage): string {
  const isFigure = (place: number) => place > 1 && place < HEADS.length - 1
  const content = html`<main><article class="run"><header class="answer ${tone}"><h1>${title}</h1>
<p class="facts">${shortTime(at)}</p></header>
${problems.length > 0 && html`<ul class="sentences">${problems.map(text => html`<li class="fail">${text}</li>`)}</ul>`}
<section><h2>Load tests</h2>
${table({ title: 'Load tests', heads: HEADS, isFigure }, rows.map(rowOf))}</section>
<section><h2>Budgets</h2>
${table({ title: 'Budgets', heads: BUDGET_HEADS, isFigure: place => place > 1 }, rows.flatMap(budgetsOf))}</section>
</article></main>`
  return pageOf(title, [content], { histories: [], runs: [] })
}

function rowOf({ name, link, tone, word, cells, spark, says }: RunRow): Markup {
  const figures = [0, 1, 2, 3, 4].map(place => numberCell(cells[place] ?? ''))
  const line = sparkOf(spark)
  const why = says.map(text => html`<br>${text}`)
  return html`<tr><th scope="row">${nameOf({ name, link })}</th>
<td><span class="badge ${tone}">${word}</span>${why}</td>${figures}<td>${line}</td></tr>\n`
}

const budgetsOf = (row: RunRow): Markup[] =>
  row.budgets.map(({ name, value, bound, last, tone }) => {
    const figure = numberCell(value, tone === 'fail' ? 'bad' : '')
    return html`<tr><th scope="row"><span class="badge ${tone}">${WORDS[tone]}</span> ${name}</th>
<td>${nameOf(row)}</td>${figure}${numberCell(signed(bound))}${numberCell(last)}</tr>\n`
  })

const WORDS: Readonly<Record<Tone, string>> = { fail: 'missed', unsure: 'undecided', pass: 'kept', none: '–' }

const nameOf = ({ name, link }: Pick<RunRow, 'name' | 'link'>): Markup | string =>
  link === undefined ? name : html`<a href="${link.split('/').map(encodeURIComponent).join('/')}">${name}</a>`
