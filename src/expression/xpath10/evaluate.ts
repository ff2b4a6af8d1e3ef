import { ExpressionError } from '../expression-error.ts'
import { Attr, Element, type Node, ProcessingInstruction } from '../xml.ts'
import type { Arithmetic, Expr, NodeTest, Step } from './ast.ts'
import { nodesOn, ordered } from './axes.ts'
import { type Context, FUNCTIONS, nodesOf } from './functions.ts'
import { compare, toBoolean, toNumber, type Value } from './values.ts'

export type Namespaces = (prefix: string) => string | null

/** Evaluates an XPath 1.0 expression. Source: XPath 1.0, 2 to 4. */
export function evaluate(expr: Expr, context: Context, namespaces: Namespaces): Value {
  const of = (inner: Expr) => evaluate(inner, context, namespaces)
  switch (expr.kind) {
    case 'literal':
      return expr.value
    case 'call':
      return FUNCTIONS[expr.name]!.call(expr.args.map(of), context)
    case 'or':
      return toBoolean(of(expr.left)) || toBoolean(of(expr.right))
    case 'and':
      return toBoolean(of(expr.left)) && toBoolean(of(expr.right))
    case 'union':
      return ordered([...nodesOf(of(expr.left), 'a union'), ...nodesOf(of(expr.right), 'a union')])
    case 'compare':
      return compare(expr.operator, of(expr.left), of(expr.right))
    case 'arithmetic':
      return calculate(expr.operator, toNumber(of(expr.left)), toNumber(of(expr.right)))
    case 'negate':
      return -toNumber(of(expr.operand))
    case 'filter':
      return filtered(nodesOf(of(expr.of), 'a filter'), expr.predicates, namespaces)
    case 'path':
      return follow(startOf(expr.from, context, namespaces), expr.steps, namespaces)
  }
}

function calculate(operator: Arithmetic, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case 'div':
      return left / right
    case 'mod':
      return left % right
  }
}

function startOf(from: 'root' | 'context' | Expr, context: Context, namespaces: Namespaces): readonly Node[] {
  if (from === 'context') return [context.node]
  if (from === 'root') return [context.node.ownerDocument ?? context.node]
  return nodesOf(evaluate(from, context, namespaces), 'a path')
}

function follow(start: readonly Node[], steps: readonly Step[], namespaces: Namespaces): readonly Node[] {
  let nodes = start
  for (const { axis, test, predicates } of steps) {
    const fits = testOf(test, axis === 'attribute', namespaces)
    const next = nodes.flatMap(node => filtered(nodesOn(axis, node).filter(fits), predicates, namespaces))
    nodes = ordered(next)
  }
  return nodes
}

/** A number in a predicate is a position. */
function filtered(nodes: readonly Node[], predicates: readonly Expr[], namespaces: Namespaces): Node[] {
  let left = [...nodes]
  for (const predicate of predicates) {
    const size = left.length
    left = left.filter((node, index) => {
      const value = evaluate(predicate, { node, position: index + 1, size }, namespaces)
      return typeof value === 'number' ? value === index + 1 : toBoolean(value)
    })
  }
  return left
}

function testOf(test: NodeTest, isAttribute: boolean, namespaces: Namespaces): (node: Node) => boolean {
  switch (test.kind) {
    case 'node':
      return () => true
    case 'text':
      return ({ nodeType }) => nodeType === 3 || nodeType === 4
    case 'comment':
      return ({ nodeType }) => nodeType === 8
    case 'processing-instruction':
      return node => node instanceof ProcessingInstruction && (test.target === undefined || node.target === test.target)
    case 'name':
      return namedTest(test, isAttribute, namespaces)
  }
}

/**
 * A name without prefix is in no namespace, whatever the document's default is. Source: XPath 1.0, 2.3, "Node Tests".
 */
function namedTest(
  { prefix, local }: Extract<NodeTest, { kind: 'name' }>,
  isAttribute: boolean,
  namespaces: Namespaces,
): (node: Node) => boolean {
  const Kind = isAttribute ? Attr : Element
  if (prefix === undefined && local === '*') return node => node instanceof Kind
  const namespace = prefix === undefined ? null : namespaces(prefix)
  if (prefix !== undefined && namespace === null)
    throw new ExpressionError(`expected a prefix of the document, found "${prefix}"`)
  return node => node instanceof Kind && node.namespaceURI === namespace && (local === '*' || node.localName === local)
}
