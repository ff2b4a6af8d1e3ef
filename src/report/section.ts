import { plainLines } from '../ground/plain.ts'
import type { Colors } from './color.ts'
import { padEnd, widthOf, wrap } from './text.ts'

/** A paragraph of a section. */
export interface Entry {
  text: string
  /** Put before the first line; the lines that follow stand under the text. */
  lead?: string
  paint?: (line: string) => string
}

const LABEL = 13

/** Entries beside a label, wrapped to `width`. Nothing when there are no entries. */
export function section(label: string, entries: readonly Entry[], width: number, colors: Colors): string[] {
  const lines = entries.flatMap(entry => paragraph(entry, width - LABEL))
  return lines.map((line, i) => (i === 0 ? colors.dim(padEnd(label, LABEL)) : ' '.repeat(LABEL)) + line)
}

export function paragraph({ text, lead = '', paint = line => line }: Entry, width: number): string[] {
  const indent = widthOf(lead)
  const lines = wrap(plainLines(text).replaceAll('\n', ' '), Math.max(20, width - indent))
  return lines.map((line, i) => paint((i === 0 ? lead : ' '.repeat(indent)) + line))
}
