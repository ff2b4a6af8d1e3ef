import type { ComparisonOperator, Condition } from '../ast.ts'
import { Cursor } from '../cursor.ts'
import type { DeclaredNames } from '../declared.ts'
import { ExpressionError, ignore, type Warn, type Warning } from '../expression-error.ts'
import { extend } from '../extend.ts'
import { readExpression } from '../parse.ts'
import { rootOf } from '../roots.ts'
import { Lexer } from './lexer.ts'

const EQUALITIES: ReadonlySet<string> = new Set(['==', '!='])
const ORDERS: ReadonlySet<string> = new Set(['<', '<=', '>', '>='])
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
    let left = this.and()
    while (this.lexer.skip('||')) left = pair('or', left, this.and())
    return left
  }

  private and(): Condition {
    let left = this.equality()
    while (this.lexer.skip('&&')) left = pair('and', left, this.equality())
    return left
  }

  private equality(): Condition {
    return this.comparison(EQUALITIES, () => this.comparison(ORDERS, () => this.not()))
  }

  private comparison(operators: ReadonlySet<string>, operand: () => Condition): Condition {
    let left = operand()
    for (;;) {
      const { token } = this.lexer
      if (token.kind !== 'operator' || !operators.has(token.text)) return left
      this.lexer.next()
      const right = operand()
      const operator = token.text as ComparisonOperator
      left = { kind: 'comparison', operator, left, right, start: left.start, end: right.end }
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

  /**
   * Braces hold a condition; where what they hold is none, an expression with characters that end one in a
   * condition.
   */
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

function pair(kind: 'and' | 'or', left: Condition, right: Condition): Condition {
  return { kind, left, right, start: left.start, end: right.end }
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
