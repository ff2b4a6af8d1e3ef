import type { LoadReport } from '../../measure/report.ts'
import type { PageData } from '../client/chart-data.ts'
import type { History } from '../history.ts'
import { verdictWith } from '../overall.ts'
import type { PageSection } from '../page-section.ts'
import { renderSvgChart } from '../svg.ts'
import { verdictBlockOf } from '../verdict-block.ts'
import { answerOf } from './answer.ts'
import { chartDataOf } from './chart-data.ts'
import { capacitySection, curveDataOf } from './curve.ts'
import { distributionOf } from './distribution.ts'
import { pageOf } from './document.ts'
import { historyDataOf, historySection } from './history.ts'
import { hostsTable } from './hosts.ts'
import { markList, marksOf } from './marks.ts'
import { html, Markup } from './markup.ts'
import { otherSection } from './other-section.ts'
import { doubtList, environmentTable, failureList, warningList } from './parts.ts'
import { slowestTable } from './slowest.ts'
import { stepsSection } from './steps.ts'

/** A run and the name it goes by: that of its load test. */
export interface NamedReport {
  name: string
  report: LoadReport
  /** The runs before it. */
  history?: History | undefined
  /** Further results: the comparison with base. */
  sections?: readonly PageSection[]
}

/**
 * One page for one run or several: an answer first (verdict, budgets, why, what changed, what to do), then charts over
 * time, steps, latency by percentile, failures, environment. It needs nothing but itself: no network, no other file.
 */
export function renderHtmlReport(runs: readonly NamedReport[]): string {
  const title = runs.length === 1 ? runs[0]!.name : `${runs.length} load tests`
  const histories = historiesOf(runs)
  const data: PageData = {
    histories: histories.map(historyDataOf),
    runs: runs.map(({ report }) => ({
      charts: chartDataOf(report),
      distribution: distributionOf(report),
      curve: curveDataOf(report),
    })),
  }
  const sections = runs.map((run, i) => runSection(run, i, run.history && histories.indexOf(run.history)))
  return pageOf(title, [runs.length > 1 && contents(runs), html`<main>${sections}</main>`], data)
}

/** A page of a load test that did not run by itself: what else was found of it. */
export function renderSection(name: string, section: PageSection): string {
  const { tone, word } = section
  const title = html`<h1>${name} <span class="badge ${tone}">${word}</span></h1>`
  const article = html`<article class="run"><header class="answer ${tone}">${title}</header>
<section>${otherSection(section)}</section></article>`
  return pageOf(name, [html`<main>${article}</main>`], { histories: [], runs: [] })
}

function contents(runs: readonly NamedReport[]): Markup {
  return html`<nav aria-label="Load tests"><ul>${runs.map(({ name, report, sections }, i) => {
    const { tone, word } = verdictWith(report, sections)
    return html`<li><a href="#run-${i}">${name}</a> <span class="badge ${tone}">${word}</span></li>`
  })}</ul></nav>`
}

function historiesOf(runs: readonly NamedReport[]): History[] {
  return runs.flatMap(({ history }) => history ?? [])
}

function runSection(run: NamedReport, i: number, place?: number): Markup {
  const { report, history, sections = [] } = run
  const ran = report.state !== 'not run'
  const block = verdictBlockOf(report)
  return html`<article class="run" id="run-${i}" data-run="${i}">
${answerOf(run, block, i)}
${doubtList(block, i)}
${warningList(report)}
${capacitySection(report)}
${ran && report.series.length > 0 && chartsSection(report, i)}
${ran && stepsSection(report, i)}
${ran && distributionSection()}
${failureList(report, i)}
${slowestTable(report)}
${sections.length > 0 && html`<section id="compared-${i}">${sections.map(otherSection)}</section>`}
${history && historySection(history, place!)}
${hostsTable(report)}
${environmentTable(report)}
</article>`
}

/** Filled by the page's script; without one a small picture stands in. */
function chartsSection(report: LoadReport, i: number): Markup {
  const { span } = chartDataOf(report)
  return html`<section id="time-${i}"><h2>Over time</h2>
<p class="hint scripted">Drag across a chart to zoom all of them; double-click, or press 0, to see the whole run again.
With the keyboard: arrows read one moment after the other, with Shift they move, + and − zoom.
<button type="button" class="reset" hidden>Whole run</button></p>
${
  span > 1 &&
  html`<p class="hint">A point stands for ${span} seconds: the line is the median second, the band goes from the lowest
to the highest.</p>`
}
<div class="charts"></div>
<noscript>${new Markup(renderSvgChart(report))}
<p class="hint">This picture stands in for charts that need JavaScript.</p></noscript>
${markList(marksOf(report))}</section>`
}

function distributionSection(): Markup {
  return html`<section class="scripted"><h2>Latency by percentile</h2>
<p class="hint">The right end is the rarest: one request in a hundred lies to the right of 99 %.</p>
<div class="distribution"></div></section>`
}
