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
