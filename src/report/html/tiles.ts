import type { Budget, LoadReport, Verdict } from '../../measure/report.ts'
import { writtenOf } from '../history.ts'
import { html, type Markup } from './markup.ts'

const MARKS: Record<Verdict['verdict'], { mark: string; tone: string; word: string }> = {
  pass: { mark: '✓', tone: 'pass', word: 'kept' },
  fail: { mark: '✗', tone: 'fail', word: 'missed' },
  inconclusive: { mark: '?', tone: 'unsure', word: 'undecided' },
}
const ORDER: readonly Verdict['verdict'][] = ['fail', 'inconclusive', 'pass']

/** The budgets as tiles: what was missed first, then what is undecided. */
export function tilesOf({ verdicts, budgets = [] }: LoadReport): Markup | undefined {
  if (verdicts.length === 0) return undefined
  const inOrder = ORDER.flatMap(kind => verdicts.filter(({ verdict }) => verdict === kind))
  return html`<ul class="tiles" aria-label="Budgets">${inOrder.map(verdict =>
    tileOf(
      verdict,
      budgets.find(({ key }) => key === verdict.budget),
    ),
  )}</ul>`
}

function tileOf({ budget: key, title, value, verdict, judged, note }: Verdict, budget: Budget | undefined): Markup {
  const { mark, tone, word } = MARKS[verdict]
  const bound = budget === undefined ? title : `${signOf(budget)} ${writtenOf(budget, budget.bound)}`
  return html`<li class="tile ${tone}"><div class="key">${key}</div>
<div class="word">${mark} ${word}</div>
<div class="value">${value}</div>
<div class="bound">allowed ${bound}${judged !== undefined && marginOf(judged)}</div>
${judged !== undefined && meterOf(judged, tone)}
${budget !== undefined && judged !== undefined && rangeOf(judged, budget)}
${note !== undefined && html`<div class="note">${note}</div>`}</li>`
}

const SIGNS: Record<Budget['operator'], string> = { '<': '<', '<=': '≤', '>': '>', '>=': '≥' }
const signOf = ({ operator }: Budget) => SIGNS[operator]

/** `, 22 % over`. */
function marginOf({ margin }: NonNullable<Verdict['judged']>): string | false {
  if (margin === undefined) return false
  if (margin === 0) return ', just met'
  if (margin >= 2) return `, ${Number((margin + 1).toPrecision(2))} times the bound`
  const percent = Math.abs(margin) * 100
  const text = percent < 10 ? String(Number(percent.toPrecision(2))) : percent.toFixed(0)
  return `, ${text} % ${margin > 0 ? 'above' : 'below'}`
}

/** Where value and range lie, with the bound in the middle; for the eye only, for the text beside it says the same. */
function meterOf({ value, bound, lower, upper }: NonNullable<Verdict['judged']>, tone: string): Markup | undefined {
  if (!(bound > 0)) return undefined
  const at = (x: number) => Number(Math.min(100, Math.max(0, (x / bound) * 50)).toFixed(1))
  const [from, to] = [at(lower ?? value), at(upper ?? value)]
  return html`<svg class="meter" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
<rect class="track" width="100" height="4" y="2"/><rect class="${tone}" width="${at(value)}" height="4" y="2"/>
${to > from && html`<rect class="range" x="${from}" width="${Number((to - from).toFixed(1))}" height="8"/>`}
<rect class="limit" x="49.6" width="0.8" height="8"/></svg>`
}

function rangeOf({ value, lower, upper }: NonNullable<Verdict['judged']>, budget: Budget): Markup | undefined {
  const isWide = lower !== undefined && upper !== undefined && (lower !== value || upper !== value)
  if (!isWide) return undefined
  const [from, to] = [lower, upper].map(end => writtenOf(budget, end, budget.bound))
  return from === to ? undefined : html`<div class="range">range ${from} to ${to}</div>`
}
