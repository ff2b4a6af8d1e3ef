import type { Verdict } from '../../measure/report.ts'
import type { Card, PageSection } from '../page-section.ts'
import type { BudgetLine, VerdictBlock } from '../verdict-block.ts'
import { html, type Markup, signed } from './markup.ts'

const MARKS = {
  pass: { mark: '✓', tone: 'pass', word: 'kept' },
  fail: { mark: '✗', tone: 'fail', word: 'missed' },
  inconclusive: { mark: '?', tone: 'unsure', word: 'undecided' },
} as const

/** The budgets as tiles: what was missed first, then what is undecided. */
export function tilesOf({ missed, undecided, kept }: VerdictBlock, i: number): Markup | undefined {
  const all = [...missed, ...undecided, ...kept]
  if (all.length === 0) return undefined
  return html`<ul class="tiles" aria-label="Budgets">${all.map(line => tileOf(line, i))}</ul>`
}

function tileOf(line: BudgetLine, i: number): Markup {
  const { bound, margin, interval, chance, footnotes, judged } = line
  const far = margin === undefined ? '' : `, ${margin}`
  return tile(
    line,
    html`<div class="bound">allowed ${signed(bound)}${far} ${marksIn(footnotes, i)}</div>
${judged !== undefined && meterOf(judged, MARKS[line.verdict].tone)}
${interval !== undefined && html`<div class="range">range ${interval}</div>`}
${chance !== undefined && html`<div class="range">${chance}</div>`}`,
  )
}

/** Budgets of a comparison. */
export function cardsOf(title: string, cards: PageSection['cards']): Markup | undefined {
  if (cards.length === 0) return undefined
  const ofCard = (card: Card) =>
    tile(
      card,
      html`${card.facts.map(fact => html`<div class="bound">${fact}</div>`)}
${card.texts.map(text => html`<div class="range">${text}</div>`)}`,
    )
  return html`<ul class="tiles" aria-label="${title}">${cards.map(ofCard)}</ul>`
}

function tile({ verdict, name, value }: Pick<Card, 'verdict' | 'name' | 'value'>, rest: Markup): Markup {
  const { mark, tone, word } = MARKS[verdict]
  return html`<li class="tile ${tone}"><div class="key">${name}</div>
<div class="word">${mark} ${word}</div>
<div class="value">${value}</div>
${rest}</li>`
}

/** `[1]`, which leads to the doubt. */
export function marksIn(footnotes: readonly number[], i: number): Markup[] {
  return footnotes.map(number => html`<a class="note" href="#doubts-${i}">[${number}]</a>`)
}

/** Graphic with value and range around the bound. The text next to it contains the same values. */
function meterOf({ value, bound, lower, upper }: NonNullable<Verdict['judged']>, tone: string): Markup | undefined {
  if (!(bound > 0)) return undefined
  const at = (x: number) => Number(Math.min(100, Math.max(0, (x / bound) * 50)).toFixed(1))
  const [from, to] = [at(lower ?? value), at(upper ?? value)]
  return html`<svg class="meter" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
<rect class="track" width="100" height="4" y="2"/><rect class="${tone}" width="${at(value)}" height="4" y="2"/>
${to > from && html`<rect class="range" x="${from}" width="${Number((to - from).toFixed(1))}" height="8"/>`}
<rect class="limit" x="49.6" width="0.8" height="8"/></svg>`
}
