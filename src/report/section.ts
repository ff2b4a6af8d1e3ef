import { plainLines } from '../ground/plain.ts'
import type { Colors } from './color.ts'
import { cut, padEnd, widthOf, wrap } from './text.ts'

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
