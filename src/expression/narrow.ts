/**
 * Queries that begin with member names read only that member: `$.user.email` is the pointer `/user/email`, and
 * `$.pets[*]` reads items of `/pets`. `read` says which parts they use. Other queries cannot be narrowed.
 */
import type { Expression, SelectorType } from './ast.ts'
import { extend } from './ast.ts'
import { Nodes } from './chain.ts'
import { compileJsonPath, existsInBody, type JsonPath } from './jsonpath.ts'
import { intern, parsePointer } from './pointer.ts'
import { compileSelector, oneOrAll, withoutHash } from './select.ts'
import { isWorthSifting, type Touched, touchedAsItem, touchedBy, type Way } from './touched.ts'

interface NarrowSelector {
  readonly context: Expression
  /** The context as it is read: the nodes, or the value, of which may be left out what the selector does not touch. */
  readonly read: Expression
  /** Selects within what was read; absent when the context is all that is selected. */
  readonly select?: (context: unknown) => unknown
}

export function narrowSelector(context: Expression, type: SelectorType, selector: string): NarrowSelector {
  const isBody = context.kind === 'response' && context.part === 'body'
  if (isBody && type.type === 'jsonpointer') {
    const narrowed = extend(context, parsePointer(withoutHash(selector)).tokens)!
    return { context: narrowed, read: narrowed }
  }
  if (!isBody || type.version !== 'rfc9535') {
    return { context, read: context, select: compileSelector(type, selector) }
  }
  const query = compileJsonPath(selector)
  const { beginning } = query
  const route = query.route()
  const narrowed = beginning === undefined ? context : extend(context, beginning.names)!
  const ways = route && touchedBy(route, true)
  const read = touching(narrowed, ways, { key: `select ${selector}`, chain: query.chain(false), isExplained: false })
  if (beginning !== undefined && beginning.rest === undefined) return { context: narrowed, read }
  const rest = beginning?.rest
  const engine = rest
    ? (value: unknown) => (value === undefined ? undefined : oneOrAll(rest.select(value)))
    : compileSelector(type, selector)
  return { context: narrowed, read, select: value => (value instanceof Nodes ? oneOrAll(value.values) : engine(value)) }
}

interface NarrowQuery {
  readonly context: Expression
  /** The context as it is read: the nodes, or the value, of which may be left out what the query does not touch. */
  readonly read: Expression
  /** Whether the query finds a node in what was read. The caller sees to `undefined`. */
  readonly exists: (value: unknown) => boolean
}

/** Narrows a JSONPath criterion. */
export function narrowQuery(context: Expression, version: string, text: string): NarrowQuery | undefined {
  if (context.kind !== 'response' || context.part !== 'body' || version !== 'rfc9535') return undefined
  const query = compileJsonPath(text)
  const { beginning } = query
  const narrowed = beginning === undefined ? context : extend(context, beginning.names)!
  const read = touching(narrowed, waysOfCriterion(query), {
    key: `exists ${text}`,
    chain: query.chain(true),
    isExplained: true,
  })
  if (beginning !== undefined && beginning.rest === undefined) return { context: narrowed, read, exists: () => true }
  const rest = beginning?.rest
  const engine = rest
    ? (value: unknown) => rest.exists(value)
    : (value: unknown) => value !== null && existsInBody(query, value)
  return { context: narrowed, read, exists: value => (value instanceof Nodes ? value.count > 0 : engine(value)) }
}

/** An object is tried once more as the only item of an array: see `existsInBody`. */
function waysOfCriterion(query: JsonPath): Way[] | undefined {
  const route = query.route()
  return route && [...touchedBy(route, false), ...(query.filtersRoot ? touchedAsItem(route) : [])]
}

function touching(context: Expression, ways: Way[] | undefined, rest: Omit<Touched, 'ways'>): Expression {
  if (context.kind !== 'response' || context.part !== 'body') return context
  if (ways === undefined || (rest.chain === undefined && !isWorthSifting(ways))) return context
  const { text, tokens } = context.pointer ?? parsePointer('')
  return { ...context, pointer: intern({ text, tokens, touched: { ways, ...rest } }) }
}
