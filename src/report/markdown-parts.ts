import { plain } from '../ground/plain.ts'

/** What is seen only when it is asked for. */
export function folded(summary: string, text: string): string {
  return `<details><summary>${summary}</summary>\n\n${text}\n\n</details>`
}

export function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  align: readonly string[],
): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`
  const rule = align.map(side => (side === 'right' ? '---:' : '---'))
  return [line(heads), line(rule), ...rows.map(line)].join('\n')
}

/** Text from documents and responses: one line, and no Markdown, HTML or mention in it. */
export function escaped(text: string): string {
  return plain(text)
    .replace(/[\\`*_{}[\]<>|#~]/g, '\\$&')
    .replace(/@/g, '@\u200b')
}
