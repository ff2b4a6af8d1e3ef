import { ExpressionError } from '../expression-error.ts'
import { HINTS } from '../hints.ts'

export interface Token {
  readonly kind: 'number' | 'text' | 'name' | 'operator' | 'end'
  readonly text: string
  readonly start: number
}

const NAME = String.raw`[\p{L}_][\p{L}\p{N}\p{M}_.·-]*`
const KINDS = [
  String.raw`(?<number>\d+(?:\.\d*)?|\.\d+)`,
  `(?<text>"[^"]*"|'[^']*')`,
  // A name, perhaps with a prefix, or `prefix:*`; an axis ends before `::`.
  String.raw`(?<name>${NAME}(?::(?!:)(?:${NAME}|\*))?)`,
  String.raw`(?<operator>::|//|\.\.|!=|<=|>=|[/.@,()[\]|+\-=<>*$])`,
]
const TOKEN = new RegExp(`(?:${KINDS.join('|')})\\s*`, 'guy')

/** The tokens of an XPath 1.0 expression, the end included. Source: XPath 1.0, 3.7. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  let end = text.length - text.trimStart().length
  TOKEN.lastIndex = end
  for (const { 0: found, index: start, groups } of text.matchAll(TOKEN)) {
    const [kind, part] = Object.entries(groups!).find(([, group]) => group !== undefined)!
    tokens.push({ kind: kindOf(kind as Token['kind'], part, tokens.at(-1)), text: part, start })
    end = start + found.length
  }
  if (end === text.length) return [...tokens, { kind: 'end', text: '', start: end }]
  const message = `expected an XPath 1.0 expression, found ${JSON.stringify(text[end])}`
  throw new ExpressionError(message, end, HINTS.xpath)
}

/** `*`, `and`, `or`, `div` and `mod` are operators where one can stand, which is behind an operand; else names. */
function kindOf(kind: Token['kind'], text: string, before: Token | undefined): Token['kind'] {
  if (!/^(?:\*|and|or|div|mod)$/.test(text)) return kind
  const operand = before !== undefined && (before.kind !== 'operator' || [')', ']', '.', '..'].includes(before.text))
  return operand ? 'operator' : 'name'
}
