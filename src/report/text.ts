import process from 'node:process'
import { stripVTControlCharacters } from 'node:util'
import { plainLines } from '../ground/plain.ts'
import type { Colors } from './color.ts'

const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\p{Emoji_Presentation}]/u

const plain = /^[ -~]*$/

/** Columns to write in: the terminal's, at most 120; 100 without a terminal, or for one that says 0. */
export const terminalWidth = ({ columns }: { columns?: number } = process.stdout): number =>
  Math.min(columns || 100, 120)

/** Columns that text takes in a terminal, colours not counted. */
export function widthOf(text: string): number {
  if (plain.test(text)) return text.length
  let width = 0
  for (const character of stripVTControlCharacters(text))
    if (!/[\p{Mn}\p{Me}\p{Cf}]/u.test(character)) width += wide.test(character) ? 2 : 1
  return width
}

export function padStart(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text))) + text
}

export function padEnd(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

/** Uncoloured text, cut to a width with an ellipsis. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let kept = ''
  for (const character of text) {
    if (widthOf(kept + character) > width - 1) break
    kept += character
  }
  return width > 0 ? `${kept}…` : ''
}

/** Uncoloured text, cut to a width in its middle: names of one kind often differ in their ends. */
export function cutMiddle(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  const room = Math.max(0, width - 1)
  const end = Math.floor(room / 3)
  let kept = ''
  for (const character of [...text].reverse()) {
    if (widthOf(kept + character) > end) break
    kept = character + kept
  }
  return cut(text, width - widthOf(kept)) + kept
}

/** Uncoloured text in pieces of at most `width` columns, wherever they end. */
function broken(text: string, width: number): string[] {
  const pieces = ['']
  for (const character of text) {
    const longer = pieces.at(-1) + character
    if (widthOf(longer) > width && pieces.at(-1) !== '') pieces.push(character)
    else pieces[pieces.length - 1] = longer
  }
  return pieces
}

// Not between a number and its unit: `80 ms`.
const breaks = / (?!(?:ms|s|min|h|%|[kMGT]?i?B)(?!\w))/

/**
 * Wraps a text into lines of at most `width` columns.
 *
 * @param long handling of a longer word: it stays whole, or is cut in its middle.
 */
export function wrap(text: string, width: number, long: 'whole' | 'cut' = 'whole'): string[] {
  const lines: string[] = []
  let line = ''
  for (const whole of text.split(breaks)) {
    const word = long === 'cut' ? cutMiddle(whole, width) : whole
    if (line !== '' && widthOf(line) + 1 + widthOf(word) > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}

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
    const cells = widths.map((one, i) => (one > 0 ? ' '.repeat(gap) : '') + padStart(row.cells[i] ?? '', one))
    const lines = [(padEnd(begin, name) + cells.join('')).trimEnd(), ...rest]
    return row.paint ? lines.map(row.paint) : lines
  })
}

/** Keeps the blanks before it, which show its level. */
function cutName(name: string, width: number): string {
  const indent = /^ */.exec(name)![0]
  return indent + cutMiddle(name.slice(indent.length), width - indent.length)
}

/** A paragraph of a section. */
export interface Entry {
  text: string
  /** Put before the first line; the lines that follow stand under the text. */
  lead?: string
  paint?: (line: string) => string
}

const LABEL = 13
const INDENT = 2
const NARROWEST = 20
const WIDEST_LEAD = 0.45

/** Entries next to a label, wrapped to `width`. Empty without entries. */
export function section(label: string, entries: readonly Entry[], width: number, colors: Colors): string[] {
  const lines = entries.flatMap(entry => paragraph(entry, width - LABEL, 'cut'))
  return lines.map((line, i) => (i === 0 ? colors.dim(padEnd(label, LABEL)) : ' '.repeat(LABEL)) + line)
}

/**
 * Paragraph in lines of at most `width` columns. A lead that takes nearly half of them gets its own line.
 *
 * @param long handling of a word that is longer than a line.
 */
export function paragraph(
  { text, lead = '', paint = line => line }: Entry,
  width: number,
  long: 'whole' | 'cut' = 'whole',
): string[] {
  const whole = plainLines(text).replaceAll('\n', ' ')
  const isWide = widthOf(lead) > Math.max(NARROWEST, width * WIDEST_LEAD)
  const indent = isWide ? INDENT : widthOf(lead)
  const lines = wrap(whole, Math.max(NARROWEST, width - indent), long)
  if (isWide) return [cut(lead.trimEnd(), width), ...lines.map(line => ' '.repeat(indent) + line)].map(paint)
  return lines.map((line, i) => paint((i === 0 ? lead : ' '.repeat(indent)) + line))
}
