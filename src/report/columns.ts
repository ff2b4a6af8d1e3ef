import { cut, padEnd, padStart, widthOf } from './text.ts'

/** One row: a name to the left, figures to the right. */
export interface Row {
  name: string
  cells: readonly string[]
  paint?: (line: string) => string
}

const SHORTEST_NAME = 8

/**
 * Rows with their columns aligned. What is too wide for `width` first loses space between the columns (3 down to 1),
 * then the ends of the names.
 */
export function alignColumns(rows: readonly Row[], width: number): string[] {
  const columns = Math.max(...rows.map(({ cells }) => cells.length))
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...rows.map(row => widthOf(row.cells[i] ?? ''))))
  const figures = widths.reduce((sum, one) => sum + one, 0)
  const longest = Math.max(...rows.map(row => widthOf(row.name)))
  const gap = [3, 2].find(gap => longest + figures + gap * columns <= width) ?? 1
  const name = Math.min(longest, Math.max(SHORTEST_NAME, width - figures - gap * columns))
  return rows.map(row => {
    const cells = widths.map((one, i) => ' '.repeat(gap) + padStart(row.cells[i] ?? '', one))
    const line = (padEnd(cut(row.name, name), name) + cells.join('')).trimEnd()
    return row.paint ? row.paint(line) : line
  })
}
