import { plain } from '../ground/plain.ts'

/** A mark between two characters which GitHub would otherwise read as one thing. It is not seen. */
const APART = '\u200b'

/**
 * Text of documents, responses, commits and names, to stand in Markdown: one line, and no Markdown, HTML, mathematics,
 * mention, reference or link in it. A backslash keeps Markdown off; mentions, references and addresses are looked for in
 * what Markdown has made of a text, so that only a character between helps.
 */
export function escaped(text: string): string {
  return plain(text)
    .replace(/[\\`*_{}[\]<>|#~&$]/g, '\\$&')
    .replace(/@/g, `@${APART}`)
    .replace(/\\#(?=\d)/g, `\\#${APART}`)
    .replace(/\bGH-(?=\d)/gi, `$&${APART}`)
    .replace(/:\/\/(?!(?:127\.0\.0\.1|localhost|\\\[::1\\\])(?![\w.-]))/g, `:${APART}//`)
    .replace(/\bwww\./gi, `$&${APART}`)
    .replace(/^(?:[-+](?=\s|$)|[-=]+$|\d+(?=[.)](?:\s|$)))/, start => (/\d/.test(start) ? `${start}\\` : `\\${start}`))
}

/** Hidden until the reader asks for it. */
export function folded(summary: string, text: string): string {
  return `<details><summary>${summary}</summary>\n\n${text}\n\n</details>`
}

/** A table of texts that are not escaped yet. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  align: readonly string[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`
  const rule = align.map(side => (side === 'right' ? '---:' : '---'))
  return [line(heads), line(rule), ...rows.map(line)].join('\n')
}
