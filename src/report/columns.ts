import { broken, cutMiddle, padEnd, padStart, widthOf } from './text.ts'

/** One row: a name to the left, figures to the right. */
export interface Row {
  name: string
  cells: readonly string[]
  paint?: (line: string) => string
}

const SHORTEST_NAME = 8

/**
 * Rows with their columns aligned. What is too wide for `width` first loses space between the columns (3 down to 1),
 * then the middle of the names, then the columns that can be spared.
 *
 * @param spare places of these columns, the first one to go first.
 * @param names `whole`: columns go before names lose anything, and what has no room then goes on below its row.
 */
export function alignColumns(
  rows: readonly Row[],
  width: number,
  spare: readonly number[] = [],
  names: 'cut' | 'whole' = 'cut',
): string[] {
  const [first, ...others] = spare
  const columns = Math.max(...rows.map(({ cells }) => cells.length))
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...rows.map(row => widthOf(row.cells[i] ?? ''))))
  const figures = widths.reduce((sum, one) => sum + one, 0)
  const longest = Math.max(...rows.map(row => widthOf(row.name)))
  const least = names === 'whole' ? longest : Math.min(longest, SHORTEST_NAME)
  if (first !== undefined && least + figures + columns > width) {
    const without = rows.map(row => ({ ...row, cells: row.cells.filter((_, i) => i !== first) }))
    const left = others.map(place => (place > first ? place - 1 : place))
    return alignColumns(without, width, left, names)
  }
  const gap = [3, 2].find(gap => longest + figures + gap * columns <= width) ?? 1
  const name = Math.min(longest, Math.max(SHORTEST_NAME, width - figures - gap * columns))
  return rows.flatMap(row => {
    const [begin = '', ...rest] = names === 'whole' ? broken(row.name, name) : [cutName(row.name, name)]
    const cells = widths.map((one, i) => ' '.repeat(gap) + padStart(row.cells[i] ?? '', one))
    const lines = [(padEnd(begin, name) + cells.join('')).trimEnd(), ...rest]
    return row.paint ? lines.map(row.paint) : lines
  })
}

/** Keeps the blanks before it, which show its level. */
function cutName(name: string, width: number): string {
  const indent = /^ */.exec(name)![0]
  return indent + cutMiddle(name.slice(indent.length), width - indent.length)
}
