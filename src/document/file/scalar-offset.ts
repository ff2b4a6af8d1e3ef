/** A scalar in the text: where it is written, and how. */
export interface ScalarText {
  readonly start: number
  readonly end: number
  readonly value: string
  readonly style: 'plain' | 'single' | 'double' | 'literal' | 'folded'
}

/**
 * Where the character at `offset` of a scalar's value stands in the file's text: behind the opening quote, escapes,
 * folded line breaks and indentation. The scalar's start where that cannot be told.
 *
 * The text is read a second time, character by character, noting where each character of the value comes from;
 * the result counts only if it is the value that the YAML parser read.
 */
export function offsetInText(text: string, scalar: ScalarText, offset: number): number {
  const isBlock = scalar.style === 'literal' || scalar.style === 'folded'
  if (offset === 0 && !isBlock) return scalar.start + (scalar.style === 'plain' ? 0 : 1)
  const traced = isBlock ? traceBlock(text, scalar) : traceFlow(text, scalar)
  const end = scalar.value.replace(/\n+$/, '')
  if (!traced.value.startsWith(end)) return scalar.start
  return traced.from[offset] ?? (traced.from[end.length - 1] ?? scalar.start) + 1
}

/** A value with the place that each of its characters comes from. */
class Trace {
  value = ''
  readonly from: number[] = []

  add(value: string, at: number): void {
    for (let unit = 0; unit < value.length; unit++) this.from.push(at)
    this.value += value
  }
}

function traceFlow(text: string, { start, end, style }: ScalarText): Trace {
  const trace = new Trace()
  const quotes = style === 'plain' ? 0 : 1
  const last = end - quotes
  let at = start + quotes
  while (at < last) {
    const folded = matchAt(style === 'double' ? FOLD_ESCAPED : FOLD, text, at)
    if (folded !== undefined) {
      const breaks = folded.split('\n').length - 1
      trace.add(breaks > 1 ? '\n'.repeat(breaks - 1) : folded.startsWith('\\') ? '' : ' ', at)
      at += folded.length
    } else if (style === 'single' && text.startsWith("''", at)) {
      trace.add("'", at)
      at += 2
    } else if (style === 'double' && text[at] === '\\') {
      const read = readEscape(text, at)
      trace.add(read.value, at)
      at += read.length
    } else {
      trace.add(text[at]!, at)
      at++
    }
  }
  return trace
}

const FOLD = /[ \t]*\r?\n[ \t\r\n]*/y
const FOLD_ESCAPED = /\\?[ \t]*\r?\n[ \t\r\n]*/y

function readEscape(text: string, at: number): { value: string; length: number } {
  const hex = { x: 2, u: 4, U: 8 }[text[at + 1]!]
  if (!hex) return { value: ESCAPES[text[at + 1]!] ?? '', length: 2 }
  const code = Number.parseInt(text.slice(at + 2, at + 2 + hex), 16)
  return { value: code <= 0x10ffff ? String.fromCodePoint(code) : '', length: 2 + hex }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
  ' ': ' ',
  '"': '"',
  '/': '/',
  '\\': '\\',
  '\t': '\t',
}

/**
 * Block scalars: lines behind a common indentation. A literal block keeps its line breaks. A folded one makes a break
 * between two lines of text a blank, unless one of them is indented further, and drops one of several breaks.
 */
function traceBlock(text: string, { start, end, style }: ScalarText): Trace {
  const trace = new Trace()
  const lines = blockLines(text, start, end)
  let previous: string | undefined
  let previousEnd = start
  let blanks = ''
  for (const { line, at } of lines) {
    if (style === 'folded' && line === '') {
      blanks += '\n'
      continue
    }
    if (previous !== undefined || blanks) {
      const folds = style === 'folded' && !/^[ \t]/.test(line) && !/^[ \t]/.test(previous ?? '')
      trace.add(previous === undefined ? blanks : !folds ? `\n${blanks}` : blanks || ' ', previousEnd)
    }
    for (let column = 0; column < line.length; column++) trace.add(line[column]!, at + column)
    previous = line
    previousEnd = at + line.length
    blanks = ''
  }
  return trace
}

function blockLines(text: string, start: number, end: number): { line: string; at: number }[] {
  const body = text.indexOf('\n', start) + 1
  const header = text.slice(start, body)
  const lines: { line: string; at: number }[] = []
  let indent: number | undefined
  let at = body
  for (const raw of text.slice(body, end).split('\n')) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw
    if (line.trim() !== '') indent ??= indentOf(line) - extraIndent(header, text, start)
    const cut = Math.min(indent ?? line.length, line.length)
    lines.push({ line: line.slice(cut), at: at + cut })
    at += raw.length + 1
  }
  return lines
}

const indentOf = (line: string) => line.length - line.trimStart().length

/** `|2` says how far the block is indented from its parent; what is beyond belongs to the value. */
function extraIndent(header: string, text: string, start: number): number {
  const told = /^[|>][-+]?([1-9])/.exec(header)?.[1]
  if (!told) return 0
  const first = text
    .slice(text.indexOf('\n', start) + 1)
    .split('\n')
    .find(line => line.trim() !== '')
  const owner = text.slice(text.lastIndexOf('\n', start) + 1, start)
  return indentOf(first ?? '') - (indentOf(owner.replaceAll('- ', '  ')) + Number(told))
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}
