import { engines, type jsonpath } from './engines.ts'

/**
 * Query that goes from value to value, one step at a time. Its nodes can be taken from the bytes of a document as they
 * arrive, without the engine.
 *
 * This is possible if each step has one selector, no step is a descent, and the items of an array are taken in order:
 * nodes then have the same order as in the engine. A name takes the last member with that name, an index takes the item
 * at that position, and a step that does not fit gives no node. Wildcards and filters on members of an object are left
 * to the engine, because `JSON.parse` reorders index names and duplicate names. A filter must compare members of the
 * item with each other or with literals, by the engine's comparison, or test their existence, joined by `&&`, `||` and
 * `!`.
 */
export interface Chain {
  /** Equal for equal queries that are asked the same. */
  readonly key: string
  readonly steps: readonly ChainStep[]
  /** Only whether there is a node is asked for. */
  readonly isTest: boolean
}

export type ChainStep =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number }
  | { readonly kind: 'all' }
  | { readonly kind: 'filter'; readonly filter: ItemFilter }

interface ItemFilter {
  /** Members of the item that it looks at. */
  readonly names: readonly string[]
  /** Whether the value of each is read. Otherwise only its existence matters. */
  readonly isRead: readonly boolean[]
  /** @param values by the index of their name; NOTHING where there is no such member. */
  readonly holds: (values: readonly unknown[]) => boolean
}

/** Stands for a member that is not there. */
export const NOTHING = Symbol('nothing')

/** Nodes of a query, in place of the value that it searches. */
export class Nodes {
  /** Empty where only their number is asked for. */
  readonly values: readonly unknown[]
  readonly count: number

  constructor(values: readonly unknown[], count: number) {
    this.values = values
    this.count = count
  }
}

/** How the engine compares the values of operands; those that are not there are NOTHING. */
type Compare = (a: unknown, operator: string, b: unknown) => boolean

/**
 * Undefined for segments that are no chain.
 *
 * @param text of the whole query.
 */
export function chainOf(
  text: string,
  segments: readonly jsonpath.JSONPathSegment[],
  isTest: boolean,
  compare: Compare,
): Chain | undefined {
  const steps = segments.map(segment => stepOf(segment, compare))
  if (steps.length === 0 || !steps.every(step => step !== undefined)) return undefined
  return { key: `${isTest ? 'exists' : 'select'} ${text}`, steps, isTest }
}

function stepOf(segment: jsonpath.JSONPathSegment, compare: Compare): ChainStep | undefined {
  const { selectors: kinds } = engines.jsonpath().jsonpath
  const [selector] = segment.selectors
  if (segment.selectors.length !== 1 || segment.toString().startsWith('..')) return undefined
  if (selector instanceof kinds.NameSelector) return { kind: 'name', name: selector.name }
  if (selector instanceof kinds.IndexSelector && selector.index >= 0) return { kind: 'index', index: selector.index }
  if (selector instanceof kinds.WildcardSelector) return { kind: 'all' }
  if (!(selector instanceof kinds.FilterSelector)) return undefined
  const [names, isRead]: [string[], boolean[]] = [[], []]
  const holds = testOf(selector.expression, { names, isRead, compare })
  return holds && { kind: 'filter', filter: { names, isRead, holds } }
}

interface Reading {
  names: string[]
  isRead: boolean[]
  compare: Compare
}

type Of<T> = (values: readonly unknown[]) => T
type FilterExpression = jsonpath.expressions.FilterExpression

function testOf(expression: FilterExpression, reading: Reading): Of<boolean> | undefined {
  const { expressions: kinds } = engines.jsonpath().jsonpath
  if (expression instanceof kinds.LogicalExpression) return testOf(expression.expression, reading)
  if (expression instanceof kinds.PrefixExpression) {
    const operand = testOf(expression.right, reading)
    return operand && (values => !operand(values))
  }
  if (!(expression instanceof kinds.InfixExpression)) {
    const place = placeOf(expression, reading, false)
    return place === undefined ? undefined : values => values[place] !== NOTHING
  }
  const { left, operator, right, logical } = expression
  if (logical) {
    const [a, b] = [testOf(left, reading), testOf(right, reading)]
    if (a === undefined || b === undefined) return undefined
    return operator === '&&' ? values => a(values) && b(values) : values => a(values) || b(values)
  }
  const [a, b] = [operandOf(left, reading), operandOf(right, reading)]
  const { compare } = reading
  return a && b && (values => compare(a(values), operator, b(values)))
}

function operandOf(expression: FilterExpression, reading: Reading): Of<unknown> | undefined {
  const { expressions: kinds } = engines.jsonpath().jsonpath
  if (expression instanceof kinds.FilterExpressionLiteral) {
    const value = expression.evaluate({} as never)
    return () => value
  }
  const place = placeOf(expression, reading, true)
  return place === undefined ? undefined : values => values[place]
}

/** The index of the member that a query is about: `@.id`, and nothing longer. */
function placeOf(expression: FilterExpression, { names, isRead }: Reading, reads: boolean): number | undefined {
  const { expressions: kinds, selectors } = engines.jsonpath().jsonpath
  if (!(expression instanceof kinds.RelativeQuery) || expression.path.segments.length !== 1) return undefined
  const [segment] = expression.path.segments
  const [selector] = segment!.selectors
  const isName = selector instanceof selectors.NameSelector && segment!.selectors.length === 1
  if (!isName || segment!.toString().startsWith('..')) return undefined
  const known = names.indexOf(selector.name)
  const place = known < 0 ? names.push(selector.name) - 1 : known
  isRead[place] = isRead[place] === true || reads
  return place
}
