import { ExpressionError } from '../expression-error.ts'
import { isAttribute, isElement, isInstruction, type Node } from '../xml.ts'
import { AXES, descendants } from './axes.ts'
import { toBoolean, toNumber, toText, type Value } from './values.ts'

/** Where in a document, and where among the nodes that are looked at, an expression is evaluated. */
export interface Context {
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
export const FUNCTIONS: Readonly<Record<string, CoreFunction>> = {
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

/** Positions count from 1 and are rounded; with NaN there is none. */
function substring(whole: string, from: Value, length: Value | undefined): string {
  const first = Math.round(toNumber(from))
  const end = length === undefined ? any : first + Math.round(toNumber(length))
  return [...whole].filter((_, index) => index + 1 >= first && index + 1 < end).join('')
}

/** Of a character that stands in `from` several times, the first place counts. */
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
