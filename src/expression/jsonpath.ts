import { exactNumber } from '../ground/json.ts'
import { isObject } from '../ground/object.ts'
import { once } from '../ground/once.ts'
import { tried } from '../ground/tried.ts'
import type { ComparisonOperator, Pointer } from './ast.ts'
import { bounded } from './bounded.ts'
import { chainOf, NOTHING } from './chain.ts'
import { COMPARISONS, isSameNumber } from './condition/compare.ts'
import {
  engines,
  type FilterFunction,
  type JSONPathEnvironment,
  type JSONPathNode,
  type JSONPathQuery,
} from './engines.ts'
import { ExpressionError, HINTS } from './expression-error.ts'
import { memoize } from './memo.ts'
import { pointerTo } from './pointer.ts'
import { compileRegex } from './regex.ts'

/**
 * A compiled query. Methods throw ExpressionError for what only shows on a value: nesting or results without
 * end.
 */
export interface Query {
  /** Whether there is any node. */
  exists(root: unknown): boolean
  /** The values of all nodes, in order. */
  select(root: unknown): unknown[]
  /** Positions of the nodes. */
  locate(root: unknown): Pointer[]
}

/** An RFC 9535 query, with what compiling it made known. */
type JsonPath = ReturnType<typeof jsonPathOf>

const MOST_CHARACTERS = 10_000
const MOST_NODES = 1_000_000
const DEEPEST = 500

/**
 * Compiles a query of RFC 9535. Its functions `match` and `search` run in linear time; a query that nests
 * runs bounded.
 */
export function compileJsonPath(text: string): JsonPath {
  if (text.length > MOST_CHARACTERS) {
    const message = `expected a JSONPath of at most ${MOST_CHARACTERS} characters, found ${text.length}`
    throw new ExpressionError(message, 0, HINTS.jsonpath)
  }
  try {
    return jsonPathOf(text, environment().compile(text))
  } catch (error) {
    throw asExpressionError(error, text)
  }
}

/**
 * Whether a criterion's query finds anything.
 *
 * The specification's own `$[?count(@.pets) > 0]` is meant to test the body, but a filter tests an object's
 * *members* (RFC 9535, 2.3.5), so that it finds nothing in `{ "pets": […] }`. The RFC comes first; where it
 * finds nothing and the filter stands directly behind `$`, an object is tested once more as the only item of
 * an array.
 */
export function existsInBody(query: JsonPath, body: unknown): boolean {
  if (query.exists(body)) return true
  return query.filtersRoot && isObject(body) && query.exists([body])
}

function jsonPathOf(text: string, query: JSONPathQuery) {
  // In a filter, `$` means the body, not the array around it.
  const refersToRoot = query.segments.some(segment => segment.toString().includes('$'))
  const filtersRoot = !refersToRoot && query.segments[0]?.toString().startsWith('[?') === true
  const beginning = beginningOf(query)
  const from = beginning?.names.length ?? 0
  return {
    ...queryOf(query),
    /** Member names that it starts with (`$.a.b[*]`: `a` and `b`) and the query for the rest, if there is any. */
    beginning,
    /** The query, behind `beginning` if given, as a chain, if possible. */
    chain: (isTest: boolean) => chainOf(text, query.segments.slice(from), isTest, compareOperands),
    /** It starts with a filter, `$[?…]`, and does not refer to `$` anywhere else. */
    filtersRoot,
    /** It looks for any item of a list, and at each of them alone: `$[?@.done]`, and not `$[?@.done, 0]`. */
    isOfAnyItem: filtersRoot && query.segments[0]?.selectors.length === 1,
  }
}

function queryOf(query: JSONPathQuery): Query {
  const text = query.toString()
  const run = nests(text) ? bounded : <T>(task: () => T) => task()
  const attempt = <T>(task: () => T): T => {
    try {
      return run(task)
    } catch (error) {
      throw asExpressionError(error, text)
    }
  }
  return {
    exists: root => attempt(() => query.match(root as never) !== undefined),
    select: root => attempt(() => collect(query, root, node => node.value)),
    locate: root => attempt(() => collect(query, root, node => pointerTo(node.location))),
  }
}

/**
 * Only names are taken off, and none that could be an index: those mean the same as a JSON Pointer's tokens
 * on every value. A query whose filters refer back to `$` stays whole.
 */
function beginningOf(query: JSONPathQuery): { readonly names: string[]; readonly rest?: Query } | undefined {
  const { JSONPathQuery, jsonpath } = engines.jsonpath()
  const names: string[] = []
  for (const segment of query.segments) {
    const selector = segment.selectors[0]
    if (segment.selectors.length !== 1 || segment.toString().startsWith('..')) break
    if (!(selector instanceof jsonpath.selectors.NameSelector) || /^(?:\d+|-)$/.test(selector.name)) break
    names.push(selector.name)
  }
  const left = query.segments.slice(names.length)
  if (names.length === 0 || left.some(segment => segment.toString().includes('$'))) return undefined
  return { names, rest: left.length === 0 ? undefined : queryOf(new JSONPathQuery(query.environment, left)) }
}

function collect<T>(query: JSONPathQuery, root: unknown, take: (node: JSONPathNode) => T): T[] {
  const found: T[] = []
  for (const node of query.lazyQuery(root as never)) {
    if (found.push(take(node)) > MOST_NODES)
      throw new ExpressionError(`expected at most ${MOST_NODES} nodes, found more`)
  }
  return found
}

/** More than one descent or filter multiply; one alone is linear in the body. */
const nests = (text: string): boolean => (text.match(/\.\.|\?/g)?.length ?? 0) > 1

function asExpressionError(error: unknown, text: string): unknown {
  if (error instanceof RangeError)
    return new ExpressionError(`expected a smaller result of ${text}`, 0, undefined, {}, { cause: error })
  if (!(error instanceof engines.jsonpath().JSONPathError)) return error
  // Messages of json-p3 end with the query and a place in it.
  const reason = error.message.replace(/ \('[\s\S]*':\d+\)$/, '')
  const message = `expected a JSONPath (RFC 9535), found ${JSON.stringify(text)} (${reason})`
  return new ExpressionError(message, error.token?.index ?? 0, HINTS.jsonpath, {}, { cause: error })
}

/**
 * `match` and `search` with RE2 instead of the backtracking RegExp of json-p3. An invalid pattern matches nothing (RFC
 * 9535, 2.4.6).
 */
function regexFunction(whole: boolean): FilterFunction {
  const { FunctionExpressionType } = engines.jsonpath()
  const patterns = memoize(pattern => compilePattern(whole ? `^(?:${pattern})$` : `(?:${pattern})`))
  return {
    argTypes: [FunctionExpressionType.ValueType, FunctionExpressionType.ValueType],
    returnType: FunctionExpressionType.LogicalType,
    call: (text: unknown, pattern: unknown) =>
      typeof text === 'string' && typeof pattern === 'string' && patterns(pattern)(text),
  }
}

function compilePattern(pattern: string): (text: string) => boolean {
  return tried(() => compileRegex(dotsWithoutLineBreaks(pattern))) ?? (() => false)
}

/** I-Regexp's dot matches neither line feed nor carriage return (RFC 9485, section 5.3). */
function dotsWithoutLineBreaks(pattern: string): string {
  return pattern.replace(/\\[\s\S]|\[(?:\\[\s\S]|[^\]\\])*\]|\./g, piece => (piece === '.' ? '[^\\n\\r]' : piece))
}

const environment = once((): JSONPathEnvironment => {
  const { JSONPathEnvironment } = engines.jsonpath()
  const made = new JSONPathEnvironment({ maxRecursionDepth: DEEPEST })
  made.functionRegister.set('match', regexFunction(true))
  made.functionRegister.set('search', regexFunction(false))
  const { parser } = made as unknown as { parser: Unescaping & Infixing }
  readControlEscapes(parser)
  compareExactly(parser)
  return made
})

interface Unescaping {
  unescapeString(value: string, token: unknown): string
}

/**
 * json-p3 refuses control characters also where they are escaped, as in `$["\u000B"]` of RFC 9535, 2.7. Halves of
 * surrogate pairs, which no text holds, stand for them while it reads.
 */
function readControlEscapes(parser: Unescaping): void {
  const original = parser.unescapeString.bind(parser)
  parser.unescapeString = (value, token) => {
    const standing = value.replace(/\\(?:u00([01][\dA-Fa-f])|[\s\S])/g, (whole, code?: string) =>
      code === undefined ? whole : String.fromCharCode(0xdc00 + Number.parseInt(code, 16)),
    )
    return original(standing, token).replace(/(?<![\ud800-\udbff])[\udc00-\udc1f]/g, stand =>
      String.fromCharCode(stand.charCodeAt(0) - 0xdc00),
    )
  }
}

interface Operand {
  readonly token: { readonly value: string }
  value?: unknown
  evaluate(context: unknown): unknown
}

interface Infix {
  readonly left: Operand
  readonly right: Operand
  readonly operator: string
  readonly logical: boolean
  evaluate(context: unknown): unknown
}

interface Infixing {
  parseInfixExpression(stream: unknown, left: unknown): Infix
}

/** json-p3 knows numbers only: a comparison with an integer that a number cannot hold is made here. */
function compareExactly(parser: Infixing): void {
  const { expressions, JSONPathNodeList } = engines.jsonpath().jsonpath
  const original = parser.parseInfixExpression.bind(parser)
  const operandOf = (operand: Operand, context: unknown): unknown => {
    const value = operand.evaluate(context)
    return value instanceof JSONPathNodeList && value.nodes.length === 1 ? value.nodes[0]!.value : value
  }
  parser.parseInfixExpression = (stream, first) => {
    const infix = original(stream, first)
    if (infix.logical) return infix
    const { left, right, operator } = infix
    for (const operand of [left, right])
      if (operand instanceof expressions.NumberLiteral) (operand as Operand).value = exactNumber(operand.token.value)
    infix.evaluate = context => {
      return compareOperands(operandOf(left, context), operator, operandOf(right, context))
    }
    return infix
  }
}

function compareOperands(a: unknown, operator: string, b: unknown): boolean {
  if (typeof a === 'bigint' || typeof b === 'bigint') return compareNumbers(a, operator, b)
  const none = noNodes()
  return engines.jsonpath().jsonpath.expressions.compare(a === NOTHING ? none : a, operator, b === NOTHING ? none : b)
}

const noNodes = once(() => new (engines.jsonpath().JSONPathNodeList)([]))

/** Numbers and text have no order among each other (RFC 9535, 2.3.5.2.2). */
function compareNumbers(a: unknown, operator: string, b: unknown): boolean {
  if (operator === '==' || operator === '!=') return isSameNumber(a, b) === (operator === '==')
  const areNumbers = [a, b].every(value => typeof value === 'number' || typeof value === 'bigint')
  return areNumbers && COMPARISONS[operator as ComparisonOperator](a, b)
}
