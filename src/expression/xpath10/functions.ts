import { ExpressionError } from '../expression-error.ts'
import { Attr, Element, type Node, ProcessingInstruction } from '../xml.ts'
import { toBoolean, toNumber, toText, type Value } from './values.ts'

/** Where in a document, and where among the nodes that are looked at, an expression is evaluated. */
export interface Context {
  readonly node: Node
  /** Position, from 1. */
  readonly position: number
  readonly size: number
}

interface CoreFunction {
  readonly arity: readonly [least: number, most: number]
  call(args: readonly Value[], context: Context): Value
}

const any = Number.POSITIVE_INFINITY
const text = (args: readonly Value[], { node }: Context) => toText(args[0] ?? [node])

/** The core function library. Source: XPath 1.0, 4. */
export const FUNCTIONS: Readonly<Record<string, CoreFunction>> = {
  last: { arity: [0, 0], call: (_, { size }) => size },
  position: { arity: [0, 0], call: (_, { position }) => position },
  count: { arity: [1, 1], call: ([nodes]) => nodesOf(nodes!, 'count').length },
  id: { arity: [1, 1], call: ([ids], { node }) => byId(ids!, node) },
  'local-name': { arity: [0, 1], call: (args, context) => nameOf(args, context, 'local-name', localNameOf) },
  'namespace-uri': { arity: [0, 1], call: (args, context) => nameOf(args, context, 'namespace-uri', namespaceOf) },
  name: { arity: [0, 1], call: (args, context) => nameOf(args, context, 'name', qualifiedNameOf) },
  string: { arity: [0, 1], call: text },
  concat: { arity: [2, any], call: args => args.map(toText).join('') },
  'starts-with': { arity: [2, 2], call: ([a, b]) => toText(a!).startsWith(toText(b!)) },
  contains: { arity: [2, 2], call: ([a, b]) => toText(a!).includes(toText(b!)) },
  'substring-before': { arity: [2, 2], call: ([a, b]) => around(toText(a!), toText(b!)).before },
  'substring-after': { arity: [2, 2], call: ([a, b]) => around(toText(a!), toText(b!)).after },
  substring: { arity: [2, 3], call: ([whole, from, length]) => substring(toText(whole!), from!, length) },
  'string-length': { arity: [0, 1], call: (args, context) => [...text(args, context)].length },
  'normalize-space': {
    arity: [0, 1],
    call: (args, context) =>
      text(args, context)
        .replaceAll(/[ \t\r\n]+/g, ' ')
        .replace(/^ | $/g, ''),
  },
  translate: { arity: [3, 3], call: ([whole, from, to]) => translate(toText(whole!), toText(from!), toText(to!)) },
  boolean: { arity: [1, 1], call: ([value]) => toBoolean(value!) },
  not: { arity: [1, 1], call: ([value]) => !toBoolean(value!) },
  true: { arity: [0, 0], call: () => true },
  false: { arity: [0, 0], call: () => false },
  lang: { arity: [1, 1], call: ([wanted], { node }) => isIn(node, toText(wanted!)) },
  number: { arity: [0, 1], call: (args, { node }) => toNumber(args[0] ?? [node]) },
  sum: { arity: [1, 1], call: ([nodes]) => nodesOf(nodes!, 'sum').reduce((sum, node) => sum + toNumber([node]), 0) },
  floor: { arity: [1, 1], call: ([value]) => Math.floor(toNumber(value!)) },
  ceiling: { arity: [1, 1], call: ([value]) => Math.ceil(toNumber(value!)) },
  round: { arity: [1, 1], call: ([value]) => Math.round(toNumber(value!)) },
}

/** Checks for a node-set: of all conversions only that to one does not exist. */
export function nodesOf(value: Value, where: string): readonly Node[] {
  if (typeof value === 'object') return value
  throw new ExpressionError(`expected nodes in ${where}, found a ${typeof value}`)
}

function nameOf(args: readonly Value[], { node }: Context, of: string, read: (node: Node) => string): string {
  const [first] = args[0] === undefined ? [node] : nodesOf(args[0], of)
  return first === undefined ? '' : read(first)
}

const isNamed = (node: Node): node is Element | Attr => node instanceof Element || node instanceof Attr
const instruction = (node: Node) => (node instanceof ProcessingInstruction ? node.target : '')
const localNameOf = (node: Node) => (isNamed(node) ? node.localName : instruction(node))
const namespaceOf = (node: Node) => (isNamed(node) ? (node.namespaceURI ?? '') : '')
const qualifiedNameOf = (node: Node) => (isNamed(node) ? node.nodeName : instruction(node))

/** Without a document type only `xml:id` is known to be an ID. */
function byId(ids: Value, context: Node): Node[] {
  const texts = typeof ids === 'object' ? ids.map(node => toText([node])) : [toText(ids)]
  const wanted = new Set(texts.flatMap(one => one.split(/[ \t\r\n]+/)))
  const found: Node[] = []
  const visit = (node: Node) => {
    if (node instanceof Element && wanted.has(node.getAttribute('xml:id') ?? '\u0000')) found.push(node)
    node.childNodes.forEach(visit)
  }
  visit(context.ownerDocument ?? context)
  return found
}

function around(whole: string, part: string): { before: string; after: string } {
  const at = whole.indexOf(part)
  return at < 0 ? { before: '', after: '' } : { before: whole.slice(0, at), after: whole.slice(at + part.length) }
}

/** Positions count from 1 and are rounded; with NaN there is none. */
function substring(whole: string, from: Value, length: Value | undefined): string {
  const first = Math.round(toNumber(from))
  const end = length === undefined ? any : first + Math.round(toNumber(length))
  return [...whole].filter((_, index) => index + 1 >= first && index + 1 < end).join('')
}

function translate(whole: string, from: string, to: string): string {
  const [wanted, others] = [[...from], [...to]]
  return [...whole]
    .map(character => {
      const at = wanted.indexOf(character)
      return at < 0 ? character : (others[at] ?? '')
    })
    .join('')
}

function isIn(node: Node, wanted: string): boolean {
  for (let at: Node | null = node; at; at = at.parentNode) {
    const language = at instanceof Element ? at.getAttribute('xml:lang') : null
    if (language !== null) return `${language.toLowerCase()}-`.startsWith(`${wanted.toLowerCase()}-`)
  }
  return false
}
