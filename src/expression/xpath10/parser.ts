import { ExpressionError } from '../expression-error.ts'
import { HINTS } from '../hints.ts'
import type { Arithmetic, Axis, Comparison, Expr, NodeTest, Step } from './ast.ts'
import { FUNCTIONS } from './functions.ts'
import { type Token, tokensOf } from './lexer.ts'

const AXES: readonly string[] = [
  'ancestor',
  'ancestor-or-self',
  'attribute',
  'child',
  'descendant',
  'descendant-or-self',
  'following',
  'following-sibling',
  'parent',
  'preceding',
  'preceding-sibling',
  'self',
] satisfies Axis[]
const NODE_TYPES: readonly string[] = ['node', 'text', 'comment', 'processing-instruction']
const EVERYTHING: Step = { axis: 'descendant-or-self', test: { kind: 'node' }, predicates: [] }
const DEEPEST = 200

/** Reads an XPath 1.0 expression. Throws ExpressionError at the offset of what is wrong. Source: XPath 1.0, 2 and 3. */
export function parseXPath10(text: string): Expr {
  const parser = new Parser(tokensOf(text))
  const expr = parser.or()
  parser.end()
  return expr
}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  or(): Expr {
    if (++this.#depth > DEEPEST) this.#fail(`at most ${DEEPEST} levels of nesting`)
    let left = this.#and()
    while (this.#skip('or')) left = { kind: 'or', left, right: this.#and() }
    this.#depth--
    return left
  }

  #and(): Expr {
    let left = this.#equality()
    while (this.#skip('and')) left = { kind: 'and', left, right: this.#equality() }
    return left
  }

  #equality(): Expr {
    let left = this.#relation()
    for (let operator = this.#oneOf('=', '!='); operator; operator = this.#oneOf('=', '!='))
      left = { kind: 'compare', operator: operator as Comparison, left, right: this.#relation() }
    return left
  }

  #relation(): Expr {
    let left = this.#sum()
    for (let operator = this.#oneOf('<', '<=', '>', '>='); operator; operator = this.#oneOf('<', '<=', '>', '>='))
      left = { kind: 'compare', operator: operator as Comparison, left, right: this.#sum() }
    return left
  }

  #sum(): Expr {
    let left = this.#product()
    for (let operator = this.#oneOf('+', '-'); operator; operator = this.#oneOf('+', '-'))
      left = { kind: 'arithmetic', operator: operator as Arithmetic, left, right: this.#product() }
    return left
  }

  #product(): Expr {
    let left = this.#unary()
    for (let operator = this.#oneOf('*', 'div', 'mod'); operator; operator = this.#oneOf('*', 'div', 'mod'))
      left = { kind: 'arithmetic', operator: operator as Arithmetic, left, right: this.#unary() }
    return left
  }

  #unary(): Expr {
    if (!this.#skip('-')) return this.#union()
    if (++this.#depth > DEEPEST) this.#fail(`at most ${DEEPEST} levels of nesting`)
    const operand = this.#unary()
    this.#depth--
    return { kind: 'negate', operand }
  }

  #union(): Expr {
    let left = this.#path()
    while (this.#skip('|')) left = { kind: 'union', left, right: this.#path() }
    return left
  }

  #path(): Expr {
    if (this.#startsPrimary()) {
      const primary = this.#filtered()
      if (!this.#is('/') && !this.#is('//')) return primary
      return { kind: 'path', from: primary, steps: this.#following() }
    }
    if (this.#is('//')) return { kind: 'path', from: 'root', steps: this.#following() }
    if (this.#skip('/')) {
      const steps = this.#startsStep() ? [this.#step(), ...this.#following()] : []
      return { kind: 'path', from: 'root', steps }
    }
    return { kind: 'path', from: 'context', steps: [this.#step(), ...this.#following()] }
  }

  #following(): Step[] {
    const steps: Step[] = []
    for (let slash = this.#oneOf('/', '//'); slash; slash = this.#oneOf('/', '//')) {
      if (slash === '//') steps.push(EVERYTHING)
      steps.push(this.#step())
    }
    return steps
  }

  #step(): Step {
    if (this.#skip('.')) return { axis: 'self', test: { kind: 'node' }, predicates: [] }
    if (this.#skip('..')) return { axis: 'parent', test: { kind: 'node' }, predicates: [] }
    return { axis: this.#axis(), test: this.#test(), predicates: this.#predicates() }
  }

  #axis(): Axis {
    if (this.#skip('@')) return 'attribute'
    if (this.#peek(1).text !== '::') return 'child'
    const { text } = this.#peek()
    if (!AXES.includes(text)) this.#fail('an axis of XPath 1.0')
    this.#at += 2
    return text as Axis
  }

  #test(): NodeTest {
    const token = this.#peek()
    if (token.kind !== 'name') return this.#fail('a name')
    this.#at++
    if (NODE_TYPES.includes(token.text) && this.#skip('(')) return this.#typed(token.text)
    const [prefix, local] = token.text.split(':')
    return local === undefined ? { kind: 'name', local: prefix! } : { kind: 'name', prefix, local }
  }

  #typed(type: string): NodeTest {
    const { kind, text } = this.#peek()
    const target = type === 'processing-instruction' && kind === 'text' ? text.slice(1, -1) : undefined
    if (target !== undefined) this.#at++
    this.#expect(')')
    if (type === 'processing-instruction') return { kind: type, target }
    return { kind: type as 'node' | 'text' | 'comment' }
  }

  #predicates(): Expr[] {
    const predicates: Expr[] = []
    while (this.#skip('[')) {
      predicates.push(this.or())
      this.#expect(']')
    }
    return predicates
  }

  #filtered(): Expr {
    const primary = this.#primary()
    const predicates = this.#predicates()
    return predicates.length === 0 ? primary : { kind: 'filter', of: primary, predicates }
  }

  #primary(): Expr {
    const token = this.#peek()
    this.#at++
    if (token.kind === 'number') return { kind: 'literal', value: Number(token.text) }
    if (token.kind === 'text') return { kind: 'literal', value: token.text.slice(1, -1) }
    if (token.text !== '(') return this.#call(token)
    const inner = this.or()
    this.#expect(')')
    return inner
  }

  #call({ text: name, start }: Token): Expr {
    const known = Object.hasOwn(FUNCTIONS, name) ? FUNCTIONS[name] : undefined
    if (!known) throw new ExpressionError(`expected a function of XPath 1.0, found "${name}"`, start, HINTS.xpath)
    this.#expect('(')
    const args: Expr[] = []
    if (!this.#is(')')) {
      do args.push(this.or())
      while (this.#skip(','))
    }
    this.#expect(')')
    const [least, most] = known.arity
    if (args.length >= least && args.length <= most) return { kind: 'call', name, args }
    const expected =
      least === most ? `${least}` : most === Number.POSITIVE_INFINITY ? `${least} or more` : `${least} to ${most}`
    const message = `expected ${expected} arguments of ${name}(), found ${args.length}`
    throw new ExpressionError(message, start, HINTS.xpath)
  }

  #startsPrimary(): boolean {
    const { kind, text } = this.#peek()
    if (kind === 'number' || kind === 'text' || text === '(') return true
    return kind === 'name' && this.#peek(1).text === '(' && !NODE_TYPES.includes(text)
  }

  #startsStep(): boolean {
    const { kind, text } = this.#peek()
    return kind === 'name' || ['@', '.', '..'].includes(text)
  }

  #peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!
  }

  #is(operator: string): boolean {
    const { kind, text } = this.#peek()
    return kind === 'operator' && text === operator
  }

  #skip(operator: string): boolean {
    if (!this.#is(operator)) return false
    this.#at++
    return true
  }

  #oneOf(...operators: readonly string[]): string | undefined {
    return operators.find(operator => this.#skip(operator))
  }

  #expect(operator: string): void {
    if (!this.#skip(operator)) this.#fail(`"${operator}"`)
  }

  end(): void {
    if (this.#peek().kind !== 'end') this.#fail('the end of the XPath')
  }

  #fail(expected: string): never {
    const { kind, text, start } = this.#peek()
    const found = kind === 'end' ? 'the end' : JSON.stringify(text)
    throw new ExpressionError(`expected ${expected}, found ${found}`, start, HINTS.xpath)
  }
}
