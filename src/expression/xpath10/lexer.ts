import { ExpressionError } from '../expression-error.ts'
import { HINTS } from '../hints.ts'

export interface Token {
  readonly kind: 'number' | 'text' | 'name' | 'operator' | 'end'
  readonly text: string
  readonly start: number
}

const SPACE = /\s*/y
const NUMBER = /\d+(?:\.\d*)?|\.\d+/y
const TEXT = /"[^"]*"|'[^']*'/y
/** A name, perhaps with a prefix, or `prefix:*`; an axis ends before `::`. */
const NAME = /[\p{L}_][\p{L}\p{N}\p{M}_.·-]*(?::(?!:)(?:[\p{L}_][\p{L}\p{N}\p{M}_.·-]*|\*))?/uy
const OPERATOR = /::|\/\/|\.\.|!=|<=|>=|[/.@,()[\]|+\-=<>*$]/y

/** The tokens of an XPath 1.0 expression, the end included. Source: XPath 1.0, 3.7. */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  for (let at = 0; ; ) {
    at += take(SPACE, text, at)!.length
    if (at >= text.length) return [...tokens, { kind: 'end', text: '', start: at }]
    const token = tokenAt(text, at, tokens.at(-1))
    tokens.push(token)
    at += token.text.length
  }
}

function tokenAt(text: string, start: number, before: Token | undefined): Token {
  const number = take(NUMBER, text, start)
  if (number !== undefined) return { kind: 'number', text: number, start }
  const quoted = take(TEXT, text, start)
  if (quoted !== undefined) return { kind: 'text', text: quoted, start }
  const name = take(NAME, text, start)
  if (name !== undefined) return nameToken(name, start, before)
  const operator = take(OPERATOR, text, start)
  if (operator === '*') return { kind: endsOperand(before) ? 'operator' : 'name', text: operator, start }
  if (operator !== undefined) return { kind: 'operator', text: operator, start }
  const message = `expected an XPath 1.0 expression, found ${JSON.stringify(text[start])}`
  throw new ExpressionError(message, start, HINTS.xpath)
}

/** `and`, `or`, `div` and `mod` are operators where one can stand: behind an operand. */
function nameToken(name: string, start: number, before: Token | undefined): Token {
  const isOperator = /^(?:and|or|div|mod)$/.test(name) && endsOperand(before)
  return { kind: isOperator ? 'operator' : 'name', text: name, start }
}

/** Whether what stands before ends an operand, so that `*` multiplies and a name is an operator. */
function endsOperand(before: Token | undefined): boolean {
  if (before === undefined) return false
  if (before.kind !== 'operator') return true
  return [')', ']', '.', '..'].includes(before.text)
}

function take(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}
