import { unitOf } from '../../budget/metrics/index.ts'
import type { HistoryData, PageData } from '../../report/client/chart-data.ts'
import { shortTime } from '../../report/history.ts'
import { pageOf } from '../../report/html/document.ts'
import { html, type Markup, numberCell, table, textTable } from '../../report/html/markup.ts'
import type { TrendFigure, TrendSeries } from './trend.ts'
import * as words from './words.ts'

/** One page for all series: a chart a figure, changes in words, and a table. It needs no network and no other file. */
export function renderTrendPage(
  series: readonly TrendSeries[],
  title: string,
  chains: readonly words.Chain[] = [],
): string {
  const data: PageData = { runs: [], histories: series.map(dataOf) }
  return pageOf(title, [html`<main>${series.map(seriesSection)}${chains.map(chainSection)}</main>`], data)
}

function seriesSection(series: TrendSeries, place: number): Markup {
  const changes = words.changesIn(series)
  return html`<article class="run">
<header><h1>${series.name}</h1>
<p class="facts">${words.factsOf(series)}</p>
<p class="facts">${series.machine}</p></header>
<section><h2>Changes of level</h2>
${changes.length > 0 && html`<ul class="doubts">${changes.map(text => html`<li>${text}</li>`)}</ul>`}
<p class="hint">${words.noteOf(series)}</p></section>
<section><h2>Figures</h2>
<div class="charts" data-history="${place}"></div>
<noscript><p>The charts need JavaScript; the table does not.</p></noscript></section>
<section><h2>Points</h2>
${pointTable(series)}</section>
</article>`
}

function chainSection(chain: words.Chain): Markup {
  const about = { title: `Commits of ${chain.name}`, heads: words.CHAIN_HEADS, isFigure: (i: number) => i > 0 }
  return html`<article class="run"><section><h2>Commits that were compared with the one before</h2>
<p>${words.chainSentence(chain)}</p>
${textTable(about, words.chainRows(chain))}
</section></article>`
}

/** The latest first. */
function pointTable({ name, points, figures }: TrendSeries): Markup {
  const heads = ['Point', 'Began', 'Runs', ...figures.map(({ name }) => name)]
  const rowOf = (i: number) => html`<tr><th scope="row">${words.nameOf(points[i]!)}</th>
<td class="when">${shortTime(points[i]!.at)}</td>
${numberCell(points[i]!.runs)}${figures.map(figure => cell(figure, i))}</tr>
`
  const places = [...points.keys()].reverse()
  return table({ title: `Points of ${name}`, heads, isFigure: i => i > 1 }, places.map(rowOf))
}

function cell(figure: TrendFigure, i: number): Markup {
  const change = figure.changes.find(({ at }) => at === i)
  const mark = change && html` <span class="badge unsure">${words.changeWord(figure, change)}</span>`
  return numberCell([words.write(figure.of, figure.values[i]), mark])
}

function dataOf({ points, figures }: TrendSeries): HistoryData {
  return {
    labels: points.map(words.nameOf),
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
    changes: changes.map(change => ({ at: change.at, text: words.changeWord(figure, change) })),
  }
}
