import type { LoadReport } from '../../measure/report.ts'
import type { PageData } from '../client/chart-data.ts'
import type { History } from '../history.ts'
import { chartDataOf } from './chart-data.ts'
import { clientScript } from './client-script.ts'
import { capacitySection, curveDataOf } from './curve.ts'
import { distributionOf } from './distribution.ts'
import { historyDataOf, historySection } from './history.ts'
import { markList, marksOf } from './marks.ts'
import { html, jsonText, Markup } from './markup.ts'
import {
  budgetTable,
  doubtList,
  environmentTable,
  failureList,
  slowestTable,
  stepTable,
  summaryOf,
  warningList,
} from './parts.ts'
import { style } from './style.ts'
import { verdictOf } from './verdict.ts'

/** A run and the name it goes by: that of its load test. */
export interface NamedReport {
  name: string
  report: LoadReport
  /** The runs before it. */
  history?: History | undefined
}

/**
 * One page for one run or several: verdict and budgets, the curve of a search for the capacity, time series, latency
 * distribution, steps, failures, environment. It needs nothing but itself: no network, no other file.
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
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${new Markup(style)}</style>
</head>
<body>
${runs.length > 1 && contents(runs)}
${runs.map((run, i) => runSection(run, i, run.history && histories.indexOf(run.history)))}
<script type="application/json" id="data">${jsonText(data)}</script>
<script>${new Markup(clientScript())}</script>
</body>
</html>
`.toString()
}

function contents(runs: readonly NamedReport[]): Markup {
  return html`<nav aria-label="Load tests"><ul>${runs.map(({ name, report }, i) => {
    const { tone, word } = verdictOf(report)
    return html`<li><a href="#run-${i}">${name}</a> <span class="badge ${tone}">${word}</span></li>`
  })}</ul></nav>`
}

function historiesOf(runs: readonly NamedReport[]): History[] {
  return runs.flatMap(({ history }) => history ?? [])
}

function runSection({ name, report, history }: NamedReport, i: number, place?: number): Markup {
  const ran = report.state !== 'not run'
  return html`<main class="run" id="run-${i}" data-run="${i}">
${summaryOf(name, report)}
${budgetTable(report)}
${doubtList(report)}
${warningList(report)}
${history && historySection(history, place!)}
${capacitySection(report)}
${ran && report.series.length > 0 && chartsSection(report)}
${ran && stepTable(report)}
${failureList(report)}
${slowestTable(report)}
${environmentTable(report)}
</main>`
}

/** Filled by the page's script. */
function chartsSection(report: LoadReport): Markup {
  return html`<section aria-label="Time series"><h2>Over time</h2>
<p class="hint">Drag across a chart to zoom all of them; double-click, or press 0, to see the whole run again. With the
keyboard: arrows move, + and − zoom.
<button type="button" class="reset" hidden>Whole run</button></p>
<div class="charts"></div>
${markList(marksOf(report))}
<h2>Latency by percentile</h2>
<p class="hint">The right end is the rarest: one request in a hundred lies to the right of 99 %.</p>
<div class="distribution"></div>
<noscript><p>The charts need JavaScript; the tables do not.</p></noscript>
</section>`
}
