import type { PageSection } from '../page-section.ts'
import { html, type Markup } from './markup.ts'
import { headCells, numberCell, scrolling } from './parts.ts'

/** Section with further results of a load test. */
export function otherSection({ title, tone, word, sentences, tables, notes }: PageSection): Markup {
  return html`<h2>${title} <span class="badge ${tone}">${word}</span></h2>
<ul class="sentences">${sentences.map(({ text, tone }) => html`<li class="${tone}">${text}</li>`)}</ul>
${tables.map(
  table => html`${tables.length > 1 && html`<h3>${table.title}</h3>`}
${scrolling(`${title}, ${table.title}`, tableOf(table))}`,
)}
${notes.map(note => html`<p class="hint">${note}</p>`)}`
}

function tableOf({ heads, rows, numbers }: PageSection['tables'][number]): Markup {
  const isNumber = (i: number) => i > 0 && i <= numbers
  const rowOf = ([first = '', ...cells]: readonly string[]) =>
    html`<tr><th scope="row">${first}</th>
${cells.map((cell, i) => (isNumber(i + 1) ? numberCell(cell) : html`<td>${cell}</td>`))}</tr>`
  return html`<table>
<thead><tr>${headCells(heads, (_, i) => isNumber(i))}</tr></thead>
<tbody>${rows.map(rowOf)}</tbody></table>`
}
