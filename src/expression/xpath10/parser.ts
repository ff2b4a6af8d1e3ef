import { ExpressionError } from '../expression-error.ts'
import { HINTS } from '../hints.ts'
import { AXES, type Axis } from './axes.ts'
import {
  type Expr,
  filter,
  NODE_TYPES,
  type NodeTest,
  named,
  OPERATORS,
  path,
  root,
  type Step,
  self,
  union,
} from './expressions.ts'
import { FUNCTIONS } from './functions.ts'
import { type Token, tokensOf } from './lexer.ts'
import { toNumber } from './values.ts'

const stepOn = (axis: string): Step => ({ axis: AXES[axis]!, test: () => NODE_TYPES.node!, predicates: [] })
const DEEPEST = 200

/** Reads an XPath 1.0 expression. Throws ExpressionError at the offset of what is wrong. Source: XPath 1.0, 2 and 3. */
export function parseXPath10(text: string): Expr {
  return new Parser(tokensOf(text)).whole()
}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  whole(): Expr {
    const expr = this.#expression()
    if (this.#peek().kind !== 'end') this.#fail('the end of the XPath')
    return expr
  }

  #expression(): Expr {
    if (++this.#depth > DEEPEST) this.#fail(`at most ${DEEPEST} levels of nesting`)
    const expr = this.#binary(0)
    this.#depth--
    return expr
  }

  #binary(level: number): Expr {
    const operators = OPERATORS[level]
    if (operators === undefined) return this.#unary()
    const these = Object.keys(operators)
    let left = this.#binary(level + 1)
    for (let found = this.#skip(...these); found; found = this.#skip(...these))
      left = operators[found]!(left, this.#binary(level + 1))
    return left
  }

  #unary(): Expr {
    if (!this.#skip('-')) return this.#union()
    let sign = -1
    while (this.#skip('-')) sign = -sign
    const operand = this.#union()
    return context => sign * toNumber(operand(context))
  }

  #union(): Expr {
    let left = this.#path()
    while (this.#skip('|')) left = union(left, this.#path())
    return left
  }

  #path(): Expr {
    if (this.#startsPrimary()) return path(filter(this.#primary(), this.#predicates()), this.#following())
    if (this.#is('//')) return path(root, this.#following())
    if (!this.#skip('/')) return path(self, [this.#step(), ...this.#following()])
    const goesOn = this.#peek().kind === 'name' || this.#is('@', '.', '..')
    return goesOn ? path(root, [this.#step(), ...this.#following()]) : root
  }

  #following(): Step[] {
    const steps: Step[] = []
    for (let slash = this.#skip('/', '//'); slash; slash = this.#skip('/', '//')) {
      if (slash === '//') steps.push(stepOn('descendant-or-self'))
      steps.push(this.#step())
    }
    return steps
  }

  #step(): Step {
    if (this.#skip('.')) return stepOn('self')
    if (this.#skip('..')) return stepOn('parent')
    const axis = this.#axis()
    return { axis, test: this.#test(axis), predicates: this.#predicates() }
  }

  #axis(): Axis {
    if (this.#skip('@')) return AXES.attribute!
    if (this.#peek(1).text !== '::') return AXES.child!
    const axis = own(AXES, this.#peek().text) ?? this.#fail('an axis of XPath 1.0')
    this.#at += 2
    return axis
  }

  #test(axis: Axis): NodeTest {
    const { kind, text } = this.#peek()
    if (kind !== 'name') return this.#fail('a name')
    this.#at++
    const ofType = own(NODE_TYPES, text)
    if (ofType === undefined || !this.#skip('(')) return named(text, axis)
    const target = this.#peek()
    const hasTarget = text === 'processing-instruction' && target.kind === 'text'
    if (hasTarget) this.#at++
    this.#expect(')')
    return () => (hasTarget ? node => ofType(node) && node.nodeName === target.text.slice(1, -1) : ofType)
  }

  #predicates(): Expr[] {
    const predicates: Expr[] = []
    while (this.#skip('[')) {
      predicates.push(this.#expression())
      this.#expect(']')
    }
    return predicates
  }

  #primary(): Expr {
    const token = this.#peek()
    this.#at++
    if (token.kind === 'name') return this.#call(token)
    if (token.kind !== 'operator') {
      const value = token.kind === 'number' ? Number(token.text) : token.text.slice(1, -1)
      return () => value
    }
    const inner = this.#expression()
    this.#expect(')')
    return inner
  }

  #call(token: Token): Expr {
    const [least, most, call] = own(FUNCTIONS, token.text) ?? this.#fail('a function of XPath 1.0', token)
    const args = this.#arguments()
    if (args.length >= least && args.length <= most)
      return context =>
        call(
          args.map(arg => arg(context)),
          context,
        )
    const range = most === Number.POSITIVE_INFINITY ? `${least} or more` : `${least} to ${most}`
    return this.#fail(`${least === most ? least : range} arguments of ${token.text}()`, token, args.length)
  }

  #arguments(): Expr[] {
    const args: Expr[] = []
    this.#expect('(')
    if (this.#skip(')')) return args
    do args.push(this.#expression())
    while (this.#skip(','))
    this.#expect(')')
    return args
  }

  #startsPrimary(): boolean {
    const { kind, text } = this.#peek()
    if (kind === 'number' || kind === 'text' || text === '(') return true
    return kind === 'name' && this.#peek(1).text === '(' && own(NODE_TYPES, text) === undefined
  }

  #peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!
  }

  #is(...operators: readonly string[]): boolean {
    const { kind, text } = this.#peek()
    return kind === 'operator' && operators.includes(text)
  }

  /** Passes over the operator that stands here, if it is one of these, and gives it. */
  #skip(...operators: readonly string[]): string | undefined {
    return this.#is(...operators) ? this.#tokens[this.#at++]!.text : undefined
  }

  #expect(operator: string): void {
    if (!this.#skip(operator)) this.#fail(`"${operator}"`)
  }

  #fail(expected: string, { kind, text, start } = this.#peek(), found: string | number = JSON.stringify(text)): never {
    const message = `expected ${expected}, found ${kind === 'end' ? 'the end' : found}`
    throw new ExpressionError(message, start, HINTS.xpath)
  }
}

/** What is known by a name that an author wrote, so that `constructor` is nothing. */
function own<T>(known: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(known, name) ? known[name] : undefined
}
