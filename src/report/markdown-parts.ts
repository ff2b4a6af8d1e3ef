import { plain, plainLines } from '../ground/plain.ts'

/** A mark between two characters which GitHub would otherwise read as one thing. It is not seen. */
const APART = '\u200b'

/** The sign before an address of another machine. `http://localhost:80@evil.example` is one. */
const ELSEWHERE = /:\/\/(?!(?:127\.0\.0\.1|localhost|\\\[::1\\\])(?::\d+)?(?:\/|[.,:;)]*(?:\s|$)))/g

/** `arazzo({ compare: { ... } })`, `compare: { ... }` or a variable, without what ends code or the cell of a table. */
const CODE =
  /(\bVITEST_ARAZZO_[A-Z_]+(?:=\w+)?|\b\w{1,40}\(\{ [^`|$\\]{0,300}? \}\)|\b\w{1,40}: \{ [^`|$\\]{0,300}? \})/

/**
 * Text of documents, responses, commits and names, to stand in Markdown: one line, and no Markdown, HTML, mathematics,
 * mention, reference or link in it. A backslash keeps Markdown off. Mentions, references and addresses are looked for
 * in what Markdown has made of a text, so that only a character between helps: within a word, as URLs are read without
 * it. What stands between two dollar signs is mathematics, unless each is an element of its own. Options that one may
 * want to copy are code, as they are.
 */
export function escaped(text: string): string {
  const one = plain(text)
  const dollar = one.indexOf('$') < one.lastIndexOf('$') ? '<span>$</span>' : '$'
  const parts = one.split(CODE).map((part, index) => (index % 2 === 1 ? `\`${part}\`` : escapedPart(part, dollar)))
  return parts.join('')
}

function escapedPart(text: string, dollar: string): string {
  return text
    .replace(/[\\`*_{}[\]<>|#~&]/g, '\\$&')
    .replace(/@/g, `@${APART}`)
    .replace(/\\#(?=\d)/g, `\\#${APART}`)
    .replace(/\bGH-(?=\d)/gi, `$&${APART}`)
    .replace(ELSEWHERE, `:${APART}//`)
    .replaceAll('$', () => dollar)
    .replace(/w(?=ww\.)/gi, `$&${APART}`)
    .replace(/^(?:[-+](?=\s|$)|[-=]+$|\d+(?=[.)](?:\s|$)))/, start => (/\d/.test(start) ? `${start}\\` : `\\${start}`))
}

/** A workflow command of GitHub Actions, with the characters escaped that mean something in one. */
export function workflowCommand(name: string, properties: Record<string, string | number>, text: string): string {
  const data = (text: string) => plainLines(text).replaceAll('%', '%25').replaceAll('\n', '%0A')
  const property = (text: string) => data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
  const all = Object.entries(properties).map(([key, value]) => `${key}=${property(String(value))}`)
  return `::${name} ${all.join(',')}::${data(text)}`
}

/** A verdict at a glance. */
export const VERDICT_MARKS = { pass: '✅', fail: '❌', inconclusive: '❔' } as const

/** Hidden until the reader asks for it. */
export function folded(summary: string, text: string): string {
  return `<details><summary>${summary}</summary>\n\n${text}\n\n</details>`
}

type Cells = readonly string[]

/** A table of texts that are not escaped yet. */
export function table(heads: Cells, rows: readonly Cells[], align: Cells): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = line(align.map(side => (side === 'right' ? '---:' : '---')))
  const [head, ...body] = [heads, ...rows].map(cells => line(cells.map(escaped)))
  return [head, rule, ...body].join('\n')
}
