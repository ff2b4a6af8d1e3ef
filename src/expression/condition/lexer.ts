import { exactNumber } from '../../ground/json.ts'
import type { Expression, TextTemplate } from '../ast.ts'
import { Cursor } from '../cursor.ts'
import type { DeclaredNames } from '../declared.ts'
import { ExpressionError, type Warn, within } from '../expression-error.ts'
import { readExpression } from '../parse.ts'
import { parseText } from '../text.ts'

export type Token = { readonly start: number; readonly end: number } & (
  | { readonly kind: 'expression'; readonly expression: Expression }
  | { readonly kind: 'text'; readonly value: string | TextTemplate }
  | { readonly kind: 'number'; readonly value: number | bigint }
  | { readonly kind: 'word' | 'operator'; readonly text: string }
  | { readonly kind: 'end' }
)

const SPACE = /\s*/y
const OPERATOR = /==|!=|<=|>=|&&|\|\||[<>!()[\]{}.]/y
/** A JSON number: every number format of the specification's data types is one. */
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_])/uy
const WORD = /[\p{L}_][\p{L}\p{N}_-]*/uy
const SINGLE_QUOTED = /'((?:[^']|'')*)'/y
const DOUBLE_QUOTED = /"((?:[^"\\]|\\[\s\S]|"")*)"/y

/** Reads a condition's text token by token; the parser may go back to an earlier place. */
export class Lexer {
  readonly text: string
  readonly warn: Warn
  readonly names: DeclaredNames | undefined
  token: Token = { kind: 'end', start: 0, end: 0 }

  constructor(text: string, warn: Warn, names?: DeclaredNames) {
    this.text = text
    this.names = names
    this.warn = warn
    this.goTo(0)
  }

  goTo(offset: number): void {
    const start = offset + match(SPACE, this.text, offset)!.length
    this.token = start >= this.text.length ? { kind: 'end', start, end: start } : this.read(start)
  }

  next(): Token {
    const { token } = this
    this.goTo(token.end)
    return token
  }

  skip(operator: string): boolean {
    if (this.token.kind !== 'operator' || this.token.text !== operator) return false
    this.next()
    return true
  }

  private read(start: number): Token {
    const { text } = this
    if (text[start] === '$') return this.readExpression(start)
    if (text[start] === "'" || text[start] === '"') return this.readText(start)
    const number = match(NUMBER, text, start)
    if (number !== undefined) return { kind: 'number', value: exactNumber(number), start, end: start + number.length }
    const word = match(WORD, text, start)
    if (word !== undefined) return { kind: 'word', text: word, start, end: start + word.length }
    const operator = match(OPERATOR, text, start)
    if (operator !== undefined) return { kind: 'operator', text: operator, start, end: start + operator.length }
    throw new ExpressionError(`expected a value or an operator, found "${text[start]}"`, start, hintFor(text, start))
  }

  private readExpression(start: number): Token {
    if (/^\$(?:[.[]|$)/.test(this.text.slice(start, start + 2))) {
      const hint = 'For a JSONPath, give the criterion `type: jsonpath` and a context.'
      throw new ExpressionError('expected an expression after "$"', start, hint)
    }
    const cursor = new Cursor(this.text, start, 'condition', this.names)
    const expression = readExpression(cursor, this.warn)
    return { kind: 'expression', expression, start, end: cursor.at }
  }

  private readText(start: number): Token {
    const quoted = match(this.text[start] === "'" ? SINGLE_QUOTED : DOUBLE_QUOTED, this.text, start)
    if (quoted === undefined) {
      throw new ExpressionError(
        `expected a closing ${this.text[start]}, found the end`,
        start,
        "Write '' for a quote inside of text.",
      )
    }
    const value = quoted.startsWith("'") ? quoted.slice(1, -1).replaceAll("''", "'") : this.doubleQuoted(quoted, start)
    const end = start + quoted.length
    const read = within(start + 1, {}, () => parseText(value, undefined, this.names))
    return { kind: 'text', value: read, start, end }
  }

  private doubleQuoted(quoted: string, offset: number): string {
    const value = quoted.slice(1, -1).replace(/\\(["\\])|""/g, (_, escaped = '"') => escaped)
    const hint = `Write '${value.replaceAll("'", "''")}'.`
    this.warn({ message: `${quoted} is read as text, which has single quotes`, offset, hint })
    return value
  }
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

function hintFor(text: string, at: number): string | undefined {
  if (text.startsWith('=', at)) return 'Write == for equality.'
  if (text.startsWith('&', at) || text.startsWith('|', at)) return 'Write && for "and", || for "or".'
  if (text.startsWith('^', at)) return 'For a regular expression, give the criterion `type: regex` and a context.'
  return undefined
}
