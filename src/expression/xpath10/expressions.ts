import { ExpressionError } from '../expression-error.ts'
import { type Attr, type Element, isAttribute, isElement, isInstruction, type Node, TYPE } from '../xml.ts'
import { AXES, type Axis, ordered } from './axes.ts'
import { type Context, nodesOf } from './functions.ts'
import { compare, equal, toBoolean, toNumber, type Value } from './values.ts'

/** An expression that is ready to be evaluated. */
export type Expr = (context: Context) => Value

type Binary = (left: Expr, right: Expr) => Expr

function comparing(holds: Parameters<typeof compare>[2]): Binary {
  return (left, right) => context => compare(left(context), right(context), holds)
}

function calculating(calculate: (left: number, right: number) => number): Binary {
  return (left, right) => context => calculate(toNumber(left(context)), toNumber(right(context)))
}

/** The operators between two operands, those that bind the least first. Source: XPath 1.0, 3.3 to 3.5. */
export const OPERATORS: readonly Readonly<Record<string, Binary>>[] = [
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

export function union(left: Expr, right: Expr): Expr {
  return context => ordered([...nodesOf(left(context), 'a union'), ...nodesOf(right(context), 'a union')])
}

export interface Step {
  readonly axis: Axis
  readonly test: NodeTest
  readonly predicates: readonly Expr[]
}

/** Whether nodes fit, with the prefixes of their document. */
export type NodeTest = (namespaces: Context['namespaces']) => (node: Node) => boolean

export const root: Expr = ({ node }) => [node.ownerDocument ?? node]
export const self: Expr = ({ node }) => [node]

/** The nodes that steps lead to from those of another expression. Source: XPath 1.0, 2. */
export function path(from: Expr, steps: readonly Step[]): Expr {
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

export function filter(of: Expr, predicates: readonly Expr[]): Expr {
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
export const NODE_TYPES: Readonly<Record<string, (node: Node) => boolean>> = {
  node: ({ nodeType }) => nodeType !== TYPE.documentType,
  text: ({ nodeType }) => nodeType === TYPE.text || nodeType === TYPE.cdata,
  comment: ({ nodeType }) => nodeType === TYPE.comment,
  'processing-instruction': isInstruction,
}

/**
 * A name without prefix is in no namespace, whatever the document's default is. Source: XPath 1.0, 2.3, "Node Tests".
 */
export function named(name: string, axis: Axis): NodeTest {
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
