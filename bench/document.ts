import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** As Markdown; all columns but the first are figures. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(heads), line(heads.map((_, n) => (n === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

/** A document with these findings in the place of those before: between the markers of that name. */
export function between(document: string, name: string, findings: string): string {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`]
  const [from, to] = [document.indexOf(begin), document.indexOf(end)]
  if (from < 0 || to < from)
    throw new Error(
      `Failed to write the figures: the document does not have ${begin} and ${end}. Put both where the figures belong.`,
    )
  return `${document.slice(0, from + begin.length)}\n\n${findings}\n\n${document.slice(to)}`
}

/** Puts findings into the report of the benchmarks, or into another page. */
export function writeReport(name: string, findings: string, page = 'bench/README.md'): void {
  const file = fileURLToPath(new URL(`../../${page}`, import.meta.url))
  writeFileSync(file, between(readFileSync(file, 'utf8'), name, findings))
  console.log(`Written to ${file}.`)
}
