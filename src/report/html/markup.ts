import { plainAll, plainLines } from '../../ground/plain.ts'

/** Markup whose holes are escaped already. */
export class Markup {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  toString(): string {
    return this.text
  }
}

type Hole = Markup | string | number | false | undefined | readonly Hole[]

/**
 * HTML with holes: text and numbers are made plain and escaped, markup is put in as it is, lists one after another;
 * nothing for `false` and `undefined`.
 */
export function html(strings: TemplateStringsArray, ...holes: Hole[]): Markup {
  return new Markup(strings.reduce((text, part, i) => text + fill(holes[i - 1]) + part))
}

/** JSON as the text of a script element: no `</script>` and no `<!--` can end it or open another. */
export function jsonText(value: unknown): Markup {
  return new Markup(JSON.stringify(plainAll(value)).replaceAll('<', '\\u003c'))
}

function fill(hole: Hole): string {
  if (hole === undefined || hole === false) return ''
  if (hole instanceof Markup) return hole.text
  if (typeof hole === 'object') return hole.map(fill).join('')
  return escaped(plainLines(String(hole)))
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
}

/** Puts a table into a box in which it scrolls sideways where it is too wide, and says so there. */
function scrolling(title: string, table: Markup): Markup {
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${title}">${table}</div>
<p class="sideways" hidden>More columns to the right: scroll the table sideways.</p>`
}

interface Table {
  title: string
  heads?: readonly string[]
  /** Whether a column, by its place, has figures. */
  isFigure?: (place: number) => boolean
  /** Class of the table. */
  kind?: string
  caption?: string
}

/** A table with its rows as they are, in one body, or in the bodies that are given. */
export function table({ title, heads, isFigure = () => false, kind, caption }: Table, body: Markup | Markup[]): Markup {
  const headOf = (head: string, i: number) => html`<th scope="col"${isFigure(i) && html` class="number"`}>${head}</th>`
  return scrolling(
    title,
    html`<table${kind !== undefined && html` class="${kind}"`}>
${caption !== undefined && html`<caption>${caption}</caption>`}
${heads && html`<thead><tr>${heads.map(headOf)}</tr></thead>`}
${Array.isArray(body) ? html`<tbody>${body}</tbody>` : body}</table>`,
  )
}

/** A table of texts: the first column names the row. */
export function textTable(about: Table, rows: readonly (readonly string[])[]): Markup {
  const cellOf = (text: string, i: number) => {
    if (i === 0) return html`<th scope="row">${text}</th>`
    return about.isFigure?.(i) ? numberCell(text) : html`<td>${text}</td>`
  }
  return table(
    about,
    rows.map(row => html`<tr>${row.map(cellOf)}</tr>\n`),
  )
}

export function numberCell(text: Hole, tone = ''): Markup {
  return html`<td class="${`number ${tone}`.trim()}">${text}</td>`
}

/** A bound with its sign as people write it: `≤ 100 ms`. */
export const signed = (bound: string): string => bound.replace('<=', '≤').replace('>=', '≥')
