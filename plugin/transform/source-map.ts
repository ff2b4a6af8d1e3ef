import type { Location } from '../../src/ground/errors.ts'

/** A source map, version 3, with the document as its only source. */
export interface SourceMap {
  version: 3
  sources: string[]
  sourcesContent: string[]
  names: string[]
  mappings: string
}

/** Where a token of generated code stands (from 0), and the place in the document that it is made from. */
export interface Segment {
  line: number
  column: number
  at: Location
}

/** `segments` in the order in which they stand in the generated code. */
export function sourceMap(file: string, text: string, segments: readonly Segment[]): SourceMap {
  let mappings = ''
  let previous = { line: 0, column: 0, sourceLine: 0, sourceColumn: 0 }
  for (const { line, column, at } of segments) {
    const sameLine = line === previous.line && mappings !== ''
    mappings += sameLine ? ',' : ';'.repeat(line - previous.line)
    const here = { line, column, sourceLine: at.line - 1, sourceColumn: at.column - 1 }
    mappings += vlq(sameLine ? column - previous.column : column)
    mappings += vlq(0) + vlq(here.sourceLine - previous.sourceLine) + vlq(here.sourceColumn - previous.sourceColumn)
    previous = here
  }
  return { version: 3, sources: [file], sourcesContent: [text], names: [], mappings }
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** Base64 VLQ: the sign in the lowest bit, then five bits a digit, the sixth saying that more follow. */
function vlq(value: number): string {
  let rest = value < 0 ? (-value << 1) | 1 : value << 1
  let text = ''
  do {
    const digit = rest & 31
    rest >>>= 5
    text += digits[rest > 0 ? digit | 32 : digit]
  } while (rest > 0)
  return text
}
