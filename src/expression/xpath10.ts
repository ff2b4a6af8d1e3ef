import { own } from '../ground/object.ts'
import { onceFor } from '../ground/once.ts'
import type { Attr, Element, Node, ProcessingInstruction } from './engines.ts'
import { ExpressionError, HINTS } from './expression-error.ts'
import { isDocument, isElement, nextIn, TYPE } from './xml.ts'

type Axis = (node: Node) => readonly Node[]

/** The nodes of each axis, the nearest first. Source: XPath 1.0, 2.2. */
const AXES: Readonly<Record<string, Axis>> = {
  ancestor: ancestors,
  'ancestor-or-self': node => [node, ...ancestors(node)],
  attribute: attributes,
  child: node => node.childNodes,
  descendant: descendants,
  'descendant-or-self': orSelf,
  following: node => [...childrenBehind(node), ...outwards(node, 'nextSibling')].flatMap(orSelf),
  'following-sibling': node => siblings(node, 'nextSibling'),
  parent: node => ancestors(node).slice(0, 1),
  preceding: node => outwards(node, 'previousSibling').flatMap(one => orSelf(one).reverse()),
  'preceding-sibling': node => siblings(node, 'previousSibling'),
  self: node => [node],
}

const XMLNS = 'http://www.w3.org/2000/xmlns/'

/** Declarations of namespaces are not attributes to XPath. */
function attributes(node: Node): Node[] {
  return isElement(node) ? node.attributes.filter(({ namespaceURI }) => namespaceURI !== XMLNS) : []
}

const parentOf = (node: Node): Node | null => (isAttribute(node) ? node.ownerElement : node.parentNode)

const isAttribute = (node: Node): node is Attr => node.nodeType === TYPE.attribute

const isInstruction = (node: Node): node is ProcessingInstruction => node.nodeType === TYPE.instruction

function ancestors(node: Node): Node[] {
  return chain(node, parentOf)
}

export function descendants(node: Node): Node[] {
  return chain(node, at => nextIn(node, at))
}

function orSelf(node: Node): Node[] {
  return [node, ...descendants(node)]
}

type Way = 'nextSibling' | 'previousSibling'

function siblings(node: Node, way: Way): Node[] {
  return chain(node, at => at[way])
}

/** Siblings of a node and of all that it is in. */
function outwards(node: Node, way: Way): Node[] {
  return [node, ...ancestors(node)].flatMap(one => siblings(one, way))
}

function chain(node: Node, next: (at: Node) => Node | null): Node[] {
  const found: Node[] = []
  for (let at = next(node); at; at = next(at)) found.push(at)
  return found
}

/** An attribute comes before what its element holds. */
function childrenBehind(node: Node): readonly Node[] {
  return isAttribute(node) ? (node.ownerElement?.childNodes ?? []) : []
}

/** Each node once, in document order: an element, its attributes, what it holds. */
function ordered(nodes: readonly Node[]): Node[] {
  const unique = [...new Set(nodes)]
  if (unique.length < 2) return unique
  const order = orderOf(unique[0]!.ownerDocument ?? unique[0]!)
  return unique.sort((a, b) => order.get(a)! - order.get(b)!)
}

const orderOf = onceFor((document: Node): ReadonlyMap<Node, number> => {
  const nodes = orSelf(document).flatMap(node => [node, ...attributes(node)])
  return new Map(nodes.map((node, index) => [node, index]))
})

/** Node-sets are in document order. */
type Value = readonly Node[] | string | number | boolean
type Atomic = string | number | boolean

const isNodes = (value: Value): value is readonly Node[] => typeof value === 'object'

/** The text of a node with all that is in it; comments and instructions have their own. */
function stringOf(node: Node): string {
  // Documents have no `textContent`.
  return (isDocument(node) ? node.documentElement : node)?.textContent ?? ''
}

/** Source: XPath 1.0, 4.2. */
function toText(value: Value): string {
  if (isNodes(value)) return value.length === 0 ? '' : stringOf(value[0]!)
  if (typeof value !== 'number' || !Number.isFinite(value)) return String(value)
  if (Number.isInteger(value)) return BigInt(value).toString()
  const [, sign, digits = '', exponent] = /^(-?)(.+)e-(\d+)$/.exec(String(value)) ?? []
  return exponent === undefined ? String(value) : `${sign}0.${'0'.repeat(+exponent - 1)}${digits.replace('.', '')}`
}

const NUMBER = /^[ \t\r\n]*-?(?:\d+(?:\.\d*)?|\.\d+)[ \t\r\n]*$/

/** Source: XPath 1.0, 4.4. */
function toNumber(value: Value): number {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  const text = toText(value)
  return NUMBER.test(text) ? Number(text) : Number.NaN
}

/** Source: XPath 1.0, 4.3. */
export function toBoolean(value: Value): boolean {
  return isNodes(value) ? value.length > 0 : Boolean(value)
}

/** Source: XPath 1.0, 3.4. A node-set meets the comparison when any of its nodes does. */
function compare(left: Value, right: Value, holds: (left: Atomic, right: Atomic) => boolean): boolean {
  if (isNodes(left)) {
    if (typeof right === 'boolean') return holds(toBoolean(left), right)
    return left.some(node => compare(stringOf(node), right, holds))
  }
  if (isNodes(right)) {
    if (typeof left === 'boolean') return holds(left, toBoolean(right))
    return right.some(node => holds(left, stringOf(node)))
  }
  return holds(left, right)
}

function equal(left: Atomic, right: Atomic): boolean {
  if (typeof left === 'boolean' || typeof right === 'boolean') return toBoolean(left) === toBoolean(right)
  if (typeof left === 'number' || typeof right === 'number') return toNumber(left) === toNumber(right)
  return left === right
}

/** Context node of an expression, and its position in the node set. */
interface Context {
  readonly node: Node
  /** Position, from 1. */
  readonly position: number
  readonly size: number
  readonly namespaces: (prefix: string) => string | null
}

type CoreFunction = readonly [least: number, most: number, call: (args: readonly Value[], context: Context) => Value]

const any = Number.POSITIVE_INFINITY
const text = (args: readonly Value[], { node }: Context) => toText(args[0] ?? [node])

/** The core function library: the least and the most arguments of each, and what it does. Source: XPath 1.0, 4. */
const FUNCTIONS: Readonly<Record<string, CoreFunction>> = {
  last: [0, 0, (_, { size }) => size],
  position: [0, 0, (_, { position }) => position],
  count: [1, 1, ([nodes]) => nodesOf(nodes!, 'count').length],
  id: [1, 1, ([ids], { node }) => byId(ids!, node.ownerDocument ?? node)],
  'local-name': [0, 1, (args, context) => nameOf(args, context, 'local-name').local],
  'namespace-uri': [0, 1, (args, context) => nameOf(args, context, 'namespace-uri').namespace],
  name: [0, 1, (args, context) => nameOf(args, context, 'name').qualified],
  string: [0, 1, text],
  concat: [2, any, args => args.map(toText).join('')],
  'starts-with': [2, 2, ([a, b]) => toText(a!).startsWith(toText(b!))],
  contains: [2, 2, ([a, b]) => toText(a!).includes(toText(b!))],
  'substring-before': [2, 2, ([a, b]) => textBefore(toText(a!), toText(b!))],
  'substring-after': [2, 2, ([a, b]) => textAfter(toText(a!), toText(b!))],
  substring: [2, 3, ([whole, from, length]) => substring(toText(whole!), from!, length)],
  'string-length': [0, 1, (args, context) => [...text(args, context)].length],
  'normalize-space': [0, 1, (args, context) => normalized(text(args, context))],
  translate: [3, 3, ([whole, from, to]) => translate(toText(whole!), toText(from!), toText(to!))],
  boolean: [1, 1, ([value]) => toBoolean(value!)],
  not: [1, 1, ([value]) => !toBoolean(value!)],
  true: [0, 0, () => true],
  false: [0, 0, () => false],
  lang: [1, 1, ([wanted], { node }) => isIn(node, toText(wanted!))],
  number: [0, 1, (args, { node }) => toNumber(args[0] ?? [node])],
  sum: [1, 1, ([nodes]) => nodesOf(nodes!, 'sum').reduce((sum, node) => sum + toNumber([node]), 0)],
  floor: [1, 1, ([value]) => Math.floor(toNumber(value!))],
  ceiling: [1, 1, ([value]) => Math.ceil(toNumber(value!))],
  round: [1, 1, ([value]) => Math.round(toNumber(value!))],
}

/** Checks for a node-set: of all conversions only that to one does not exist. */
export function nodesOf(value: Value, where: string): readonly Node[] {
  if (typeof value === 'object') return value
  throw new ExpressionError(`expected nodes in ${where}, found a ${typeof value}`)
}

function nameOf(args: readonly Value[], { node }: Context, of: string) {
  const [first] = args[0] === undefined ? [node] : nodesOf(args[0], of)
  if (first !== undefined && (isElement(first) || isAttribute(first)))
    return { local: first.localName, qualified: first.nodeName, namespace: first.namespaceURI ?? '' }
  const target = first !== undefined && isInstruction(first) ? first.target : ''
  return { local: target, qualified: target, namespace: '' }
}

/** Without a document type only `xml:id` is known to be an ID. */
function byId(ids: Value, document: Node): Node[] {
  const texts = typeof ids === 'object' ? ids.map(node => toText([node])) : [toText(ids)]
  const wanted = new Set<string | null>(texts.flatMap(one => one.split(/[ \t\r\n]+/)))
  return descendants(document).filter(node => isElement(node) && wanted.has(node.getAttribute('xml:id')))
}

const textBefore = (whole: string, part: string) => whole.slice(0, Math.max(whole.indexOf(part), 0))

function textAfter(whole: string, part: string): string {
  return whole.includes(part) ? whole.slice(whole.indexOf(part) + part.length) : ''
}

const normalized = (whole: string) => whole.replaceAll(/[ \t\r\n]+/g, ' ').replace(/^ | $/g, '')

/** Positions count from 1 and are rounded. NaN selects no characters. */
function substring(whole: string, from: Value, length: Value | undefined): string {
  const first = Math.round(toNumber(from))
  const end = length === undefined ? any : first + Math.round(toNumber(length))
  return [...whole].filter((_, index) => index + 1 >= first && index + 1 < end).join('')
}

/** If a character occurs several times in `from`, the first position counts. */
function translate(whole: string, from: string, to: string): string {
  const letters = [...to]
  const others = new Map([...from].map((letter, index) => [letter, letters[index] ?? ''] as const).reverse())
  return Array.from(whole, letter => others.get(letter) ?? letter).join('')
}

function isIn(node: Node, wanted: string): boolean {
  const languages = AXES['ancestor-or-self']!(node).map(at => isElement(at) && at.getAttribute('xml:lang'))
  const language = languages.find(one => typeof one === 'string')
  return language !== undefined && `${language}-`.toLowerCase().startsWith(`${wanted}-`.toLowerCase())
}

/** An expression that is ready to be evaluated. */
type Expr = (context: Context) => Value

type Binary = (left: Expr, right: Expr) => Expr

function comparing(holds: Parameters<typeof compare>[2]): Binary {
  return (left, right) => context => compare(left(context), right(context), holds)
}

function calculating(calculate: (left: number, right: number) => number): Binary {
  return (left, right) => context => calculate(toNumber(left(context)), toNumber(right(context)))
}

/** The operators between two operands, those that bind the least first. Source: XPath 1.0, 3.3 to 3.5. */
const OPERATORS: readonly Readonly<Record<string, Binary>>[] = [
  { or: (left, right) => context => toBoolean(left(context)) || toBoolean(right(context)) },
  { and: (left, right) => context => toBoolean(left(context)) && toBoolean(right(context)) },
  { '=': comparing(equal), '!=': comparing((left, right) => !equal(left, right)) },
  {
    '<': comparing((left, right) => toNumber(left) < toNumber(right)),
    '<=': comparing((left, right) => toNumber(left) <= toNumber(right)),
    '>': comparing((left, right) => toNumber(left) > toNumber(right)),
    '>=': comparing((left, right) => toNumber(left) >= toNumber(right)),
  },
  { '+': calculating((left, right) => left + right), '-': calculating((left, right) => left - right) },
  {
    '*': calculating((left, right) => left * right),
    div: calculating((left, right) => left / right),
    mod: calculating((left, right) => left % right),
  },
]

function union(left: Expr, right: Expr): Expr {
  return context => ordered([...nodesOf(left(context), 'a union'), ...nodesOf(right(context), 'a union')])
}

interface Step {
  readonly axis: Axis
  readonly test: NodeTest
  readonly predicates: readonly Expr[]
}

/** Whether nodes fit, with the prefixes of their document. */
type NodeTest = (namespaces: Context['namespaces']) => (node: Node) => boolean

const root: Expr = ({ node }) => [node.ownerDocument ?? node]
const self: Expr = ({ node }) => [node]

/** The nodes that steps lead to from those of another expression. Source: XPath 1.0, 2. */
function path(from: Expr, steps: readonly Step[]): Expr {
  if (steps.length === 0) return from
  return context => {
    let nodes = nodesOf(from(context), 'a path')
    for (const { axis, test, predicates } of steps) {
      const fits = test(context.namespaces)
      nodes = ordered(nodes.flatMap(node => filtered(axis(node).filter(fits), predicates, context)))
    }
    return nodes
  }
}

function filter(of: Expr, predicates: readonly Expr[]): Expr {
  if (predicates.length === 0) return of
  return context => filtered(nodesOf(of(context), 'a filter'), predicates, context)
}

/** A number in a predicate is a position. */
function filtered(all: readonly Node[], predicates: readonly Expr[], { namespaces }: Context): readonly Node[] {
  return predicates.reduce(
    (nodes, predicate) =>
      nodes.filter((node, index) => {
        const value = predicate({ node, position: index + 1, size: nodes.length, namespaces })
        return typeof value === 'number' ? value === index + 1 : toBoolean(value)
      }),
    all,
  )
}

/** Tests of a node's type. The declaration of a document's type is not a node to XPath. Source: XPath 1.0, 5. */
const NODE_TYPES: Readonly<Record<string, (node: Node) => boolean>> = {
  node: ({ nodeType }) => nodeType !== TYPE.documentType,
  text: ({ nodeType }) => nodeType === TYPE.text || nodeType === TYPE.cdata,
  comment: ({ nodeType }) => nodeType === TYPE.comment,
  'processing-instruction': isInstruction,
}

/**
 * A name without prefix is in no namespace, regardless of the document's default. Source: XPath 1.0, 2.3, "Node Tests".
 */
function named(name: string, axis: Axis): NodeTest {
  const isKind: (node: Node) => node is Attr | Element = axis === AXES.attribute ? isAttribute : isElement
  if (name === '*') return () => isKind
  const [local, prefix] = name.split(':').reverse()
  return namespaces => {
    const namespace = prefix === undefined ? null : namespaces(prefix)
    if (prefix !== undefined && namespace === null)
      throw new ExpressionError(`expected a prefix of the document, found "${prefix}"`)
    return node => isKind(node) && node.namespaceURI === namespace && (local === '*' || node.localName === local)
  }
}

const stepOn = (axis: string): Step => ({ axis: AXES[axis]!, test: () => NODE_TYPES.node!, predicates: [] })
const DEEPEST = 200

/** Reads an XPath 1.0 expression. Throws ExpressionError at the offset of the fault. Source: XPath 1.0, 2 and 3. */
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

interface Token {
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
function tokensOf(text: string): Token[] {
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
