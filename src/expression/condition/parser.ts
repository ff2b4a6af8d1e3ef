import { exactNumber } from '../../ground/json.ts'
import type { ComparisonOperator, Condition, Expression, TextTemplate } from '../ast.ts'
import { extend } from '../ast.ts'
import type { DeclaredNames } from '../cursor.ts'
import { Cursor } from '../cursor.ts'
import { ExpressionError, ignore, type Warn, type Warning, within } from '../expression-error.ts'
import { parseText, readExpression } from '../parse.ts'
import { rootOf } from '../roots.ts'

/** The operators between two operands, those that bind the least first. */
const LEVELS: readonly (readonly string[])[] = [['||'], ['&&'], ['==', '!='], ['<', '<=', '>', '>=']]
const DEEPEST = 200
const MOST_CHARACTERS = 10_000

/**
 * Reads a simple condition. Source: Arazzo 1.1.0, "Criterion Object", which lists the operators but not how
 * they bind. From the tightest: `.` and `[]`, `!`, comparisons, `&&`, `||`, as in the languages they were
 * taken from.
 *
 *     or         = and *( "||" and )
 *     and        = comparison *( "&&" comparison )
 *     comparison = not *( ( "==" / "!=" / "<" / "<=" / ">" / ">=" ) not )
 *     not        = *"!" member
 *     member     = value *( "." name / "[" or "]" )
 *     value      = expression / number / text / "true" / "false" / "null"
 *                / "(" or ")" / "{" or "}" / "{" expression "}"
 *
 * Braces are taken from examples of version 1.0 (`{$statusCode == 401}`) and from the embedded form.
 */
export function parseCondition(text: string, warn: Warn = ignore, names?: DeclaredNames): Condition {
  if (text.trim() === '') throw new ExpressionError('expected a condition, found nothing')
  if (text.length > MOST_CHARACTERS) {
    throw new ExpressionError(`expected at most ${MOST_CHARACTERS} characters, found ${text.length}`)
  }
  // The parser goes back at times: what it reads twice is reported once.
  const warnings = new Map<number, Warning>()
  const parser = new Parser(text, warning => warnings.set(warning.offset, warning), names)
  const condition = parser.or()
  parser.expectEnd()
  for (const warning of warnings.values()) warn(warning)
  return condition
}

class Parser {
  private readonly lexer: Lexer
  private depth = 0

  constructor(text: string, warn: Warn, names: DeclaredNames | undefined) {
    this.lexer = new Lexer(text, warn, names)
  }

  or(): Condition {
    return this.binary(0)
  }

  private binary(level: number): Condition {
    const operators = LEVELS[level]
    if (operators === undefined) return this.not()
    let left = this.binary(level + 1)
    for (;;) {
      const { token } = this.lexer
      if (token.kind !== 'operator' || !operators.includes(token.text)) return left
      this.lexer.next()
      left = joined(token.text, left, this.binary(level + 1))
    }
  }

  private not(): Condition {
    const { start } = this.lexer.token
    if (++this.depth > DEEPEST)
      throw new ExpressionError(`expected at most ${DEEPEST} levels of nesting, found more`, start)
    try {
      if (!this.lexer.skip('!')) return this.member()
      const operand = this.not()
      return { kind: 'not', operand, start, end: operand.end }
    } finally {
      this.depth--
    }
  }

  private member(): Condition {
    let object = this.value()
    for (;;) {
      if (this.lexer.skip('.')) object = this.named(object)
      else if (this.lexer.skip('[')) object = this.indexed(object)
      else return object
    }
  }

  private named(object: Condition): Condition {
    const { token } = this.lexer
    if (token.kind !== 'word') this.fail('the name of a member')
    this.lexer.next()
    return memberOf(object, token.text, token.end)
  }

  private indexed(object: Condition): Condition {
    const index = this.or()
    const { end } = this.lexer.token
    this.close(']')
    const plain = index.kind === 'literal' && (typeof index.value === 'string' || Number.isInteger(index.value))
    if (plain) return memberOf(object, String(index.value), end)
    return { kind: 'index', object, index, start: object.start, end }
  }

  private value(): Condition {
    const { token } = this.lexer
    const { start, end } = token
    switch (token.kind) {
      case 'expression':
        this.lexer.next()
        return { kind: 'expression', expression: token.expression, start, end }
      case 'number':
        this.lexer.next()
        return { kind: 'literal', value: token.value, start, end }
      case 'text':
        this.lexer.next()
        return typeof token.value === 'string'
          ? { kind: 'literal', value: token.value, start, end }
          : { kind: 'text', template: token.value, start, end }
      case 'word':
        return this.word(token.text)
    }
    if (this.lexer.skip('(')) return this.group(start, ')')
    if (token.kind === 'operator' && token.text === '{') return this.braced(start)
    return this.fail('a value')
  }

  private word(word: string): Condition {
    const { start, end } = this.lexer.token
    if (!Object.hasOwn(WORDS, word)) {
      throw new ExpressionError(`expected a value, found the word "${word}"`, start, hintFor(word))
    }
    this.lexer.next()
    return { kind: 'literal', value: WORDS[word]!, start, end }
  }

  private group(start: number, closing: string): Condition {
    const inner = this.or()
    const { end } = this.lexer.token
    this.close(closing)
    // The outer place, so that a message quotes the condition with its brackets.
    return { ...inner, start, end }
  }

  /** Braces contain a condition, or else an expression with characters that would end it in a condition. */
  private braced(start: number): Condition {
    try {
      this.lexer.next()
      return this.group(start, '}')
    } catch (error) {
      if (this.lexer.text[start + 1] !== '$') throw error
      const cursor = new Cursor(this.lexer.text, start + 1, 'brace', this.lexer.names)
      const expression = readExpression(cursor, this.lexer.warn)
      if (!cursor.starts('}')) throw error
      this.lexer.goTo(cursor.at + 1)
      return { kind: 'expression', expression, start, end: cursor.at + 1 }
    }
  }

  private close(closing: string): void {
    if (!this.lexer.skip(closing)) this.fail(`"${closing}"`)
  }

  expectEnd(): void {
    if (this.lexer.token.kind !== 'end') this.fail('an operator or the end of the condition')
  }

  private fail(expected: string): never {
    const { token, text } = this.lexer
    const found = token.kind === 'end' ? 'the end' : JSON.stringify(text.slice(token.start, token.end))
    const hint = token.kind === 'word' ? hintFor(token.text) : undefined
    throw new ExpressionError(`expected ${expected}, found ${found}`, token.start, hint)
  }
}

const WORDS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null }

function hintFor(word: string): string {
  const lower = word.toLowerCase()
  if (Object.hasOwn(WORDS, lower)) return `Write ${lower}.`
  if (lower === 'and' || lower === 'or' || lower === 'not') return 'The operators are &&, || and !.'
  const root = rootOf(word)
  return root === undefined ? `Put text in single quotes: '${word}'.` : `Write $${root}.`
}

function joined(operator: string, left: Condition, right: Condition): Condition {
  const sides = { left, right, start: left.start, end: right.end }
  if (operator === '||' || operator === '&&') return { kind: operator === '||' ? 'or' : 'and', ...sides }
  return { kind: 'comparison', operator: operator as ComparisonOperator, ...sides }
}

/**
 * Members of expressions become part of the expression's JSON Pointer, so that no more than they need is kept
 * of a body.
 */
function memberOf(object: Condition, name: string, end: number): Condition {
  const { start } = object
  const expression = object.kind === 'expression' ? extend(object.expression, [name]) : undefined
  return expression === undefined
    ? { kind: 'member', object, name, start, end }
    : { kind: 'expression', expression, start, end }
}

type Token = { readonly start: number; readonly end: number } & (
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
class Lexer {
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
    throw new ExpressionError(
      `expected a value or an operator, found "${text[start]}"`,
      start,
      hintForCharacter(text, start),
    )
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

function hintForCharacter(text: string, at: number): string | undefined {
  if (text.startsWith('=', at)) return 'Write == for equality.'
  if (text.startsWith('&', at) || text.startsWith('|', at)) return 'Write && for "and", || for "or".'
  if (text.startsWith('^', at)) return 'For a regular expression, give the criterion `type: regex` and a context.'
  return undefined
}
