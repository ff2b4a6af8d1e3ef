import { unitOf } from '../../budget/metrics/index.ts'
import type { HistoryData, PageData } from '../../report/client/chart-data.ts'
import { shortTime } from '../../report/history.ts'
import { pageOf } from '../../report/html/document.ts'
import { html, type Markup } from '../../report/html/markup.ts'
import { scrolling } from '../../report/html/parts.ts'
import { CHAIN_HEADS, type Chain, chainRows, chainSentence } from './chain.ts'
import type { TrendFigure, TrendSeries } from './trend.ts'
import { changesIn, changeWord, factsOf, nameOf, noteOf, write } from './words.ts'

/** One page for all series: a chart a figure, changes in words, and a table. It needs no network and no other file. */
export function renderTrendPage(series: readonly TrendSeries[], title: string, chains: readonly Chain[] = []): string {
  const data: PageData = { runs: [], histories: series.map(dataOf) }
  return pageOf(title, [html`<main>${series.map(seriesSection)}${chains.map(chainSection)}</main>`], data)
}

function seriesSection(series: TrendSeries, place: number): Markup {
  const changes = changesIn(series)
  return html`<article class="run">
<header><h1>${series.name}</h1>
<p class="facts">${factsOf(series)}</p>
<p class="facts">${series.machine}</p></header>
<section><h2>Changes of level</h2>
${changes.length > 0 && html`<ul class="doubts">${changes.map(text => html`<li>${text}</li>`)}</ul>`}
<p class="hint">${noteOf(series)}</p></section>
<section><h2>Figures</h2>
<div class="charts" data-history="${place}"></div>
<noscript><p>The charts need JavaScript; the table does not.</p></noscript></section>
<section><h2>Points</h2>
${scrolling(`Points of ${series.name}`, pointTable(series))}</section>
</article>`
}

function chainSection(chain: Chain): Markup {
  const heads = CHAIN_HEADS.map(head => html`<th scope="col">${head}</th>`)
  const rows = chainRows(chain).map(
    ([name, ...cells]) =>
      html`<tr><th scope="row">${name}</th>${cells.map(cell => html`<td class="number">${cell}</td>`)}</tr>\n`,
  )
  return html`<article class="run"><section><h2>Commits that were compared with the one before</h2>
<p>${chainSentence(chain)}</p>
${scrolling(`Commits of ${chain.name}`, html`<table><thead><tr>${heads}</tr></thead><tbody>${rows}</tbody></table>`)}
</section></article>`
}

/** The latest first. */
function pointTable({ points, figures }: TrendSeries): Markup {
  const places = [...points.keys()].reverse()
  return html`<table>
<thead><tr><th scope="col">Point</th><th scope="col">Began</th><th scope="col" class="number">Runs</th>
${figures.map(({ name }) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
<tbody>${places.map(
    i => html`<tr><th scope="row">${nameOf(points[i]!)}</th><td class="when">${shortTime(points[i]!.at)}</td>
<td class="number">${points[i]!.runs}</td>${figures.map(figure => cell(figure, i))}</tr>
`,
  )}</tbody></table>`
}

function cell(figure: TrendFigure, i: number): Markup {
  const change = figure.changes.find(({ at }) => at === i)
  const mark = change && html` <span class="badge unsure">${changeWord(figure, change)}</span>`
  return html`<td class="number">${write(figure.of, figure.values[i])}${mark}</td>`
}

function dataOf({ points, figures }: TrendSeries): HistoryData {
  return {
    labels: points.map(nameOf),
    hollow: points.map(({ isDoubtful }) => isDoubtful),
    charts: figures.map(chartOf),
  }
}

function chartOf(figure: TrendFigure): HistoryData['charts'][number] {
  const { name, of, values, ranges, levels, changes } = figure
  const [unit, factor] = unitOf(of).drawn
  const scaled = (value: number | undefined) => (value === undefined ? null : Number((value * factor).toPrecision(4)))
  return {
    title: name,
    unit,
    values: values.map(scaled),
    low: ranges.map(range => scaled(range?.[0])),
    high: ranges.map(range => scaled(range?.[1])),
    ...(changes.length > 0 && { levels: levels.map(scaled) }),
    changes: changes.map(change => ({ at: change.at, text: changeWord(figure, change) })),
  }
}
