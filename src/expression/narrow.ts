/**
 * Queries that begin with member names read only that member: `$.user.email` is the pointer `/user/email`, and
 * `$.pets[*]` reads items of `/pets`. Other queries cannot be narrowed.
 */
import { tried } from '../ground/tried.ts'
import type { CriterionTest, Expression, SelectorType } from './ast.ts'
import { extend } from './ast.ts'
import { type Chain, Nodes } from './chain.ts'
import { compileJsonPath, existsInBody } from './jsonpath.ts'
import { intern, parsePointer } from './pointer.ts'
import { compileSelector, oneOrAll, withoutHash } from './select.ts'

/**
 * A query that selects, or only tests (`isTest`). `context` is what it is applied to, as narrow as it may be; `read` is
 * the same as it is read: a query that is a chain may find its nodes there instead. Without `rest` the context is all
 * that the query finds.
 */
function narrowed(body: Expression, text: string, isTest: boolean) {
  const query = compileJsonPath(text)
  const { beginning } = query
  const context = beginning === undefined ? body : extend(body, beginning.names)!
  const read = throughChain(context, query.chain(isTest))
  return { context, read, rest: beginning === undefined ? query : beginning.rest, query }
}

const isOfBody = (context: Expression) => context.kind === 'response' && context.part === 'body'

/** A selector with its narrow context; without `select`, the context is all that is selected. */
export function narrowSelector(
  context: Expression,
  type: SelectorType,
  selector: string,
): { context: Expression; read: Expression; select?: (context: unknown) => unknown } {
  if (isOfBody(context) && type.type === 'jsonpointer') {
    const inner = extend(context, parsePointer(withoutHash(selector)).tokens)!
    return { context: inner, read: inner }
  }
  const plain = () => compileSelector(type, selector)
  if (!isOfBody(context) || type.version !== 'rfc9535') return { context, read: context, select: plain() }
  const { context: inner, read, rest, query } = narrowed(context, selector, false)
  if (rest === undefined) return { context: inner, read }
  const engine =
    rest === query ? plain() : (value: unknown) => (value === undefined ? undefined : oneOrAll(rest.select(value)))
  return { context: inner, read, select: value => (value instanceof Nodes ? oneOrAll(value.values) : engine(value)) }
}

/** A JSONPath criterion with its narrow context. The caller of `exists` sees to `undefined`. */
export function narrowQuery(
  context: Expression,
  version: string,
  text: string,
): { context: Expression; read: Expression; exists: (value: unknown) => boolean } | undefined {
  if (!isOfBody(context) || version !== 'rfc9535') return undefined
  const { context: inner, read, rest, query } = narrowed(context, text, true)
  if (rest === undefined) return { context: inner, read, exists: () => true }
  const engine =
    rest === query
      ? (value: unknown) => value !== null && existsInBody(query, value)
      : (value: unknown) => rest.exists(value)
  return { context: inner, read, exists: value => (value instanceof Nodes ? value.count > 0 : engine(value)) }
}

function throughChain(context: Expression, chain: Chain | undefined): Expression {
  if (chain === undefined || context.kind !== 'response' || context.part !== 'body') return context
  const { text, tokens } = context.pointer ?? parsePointer('')
  return { ...context, pointer: intern({ text, tokens, chain }) }
}

/**
 * Whether one item of the list that a response's body is meets a criterion, which looks for any that does: of a list
 * that grows, only what is new has to be looked at. Undefined for all other criteria.
 */
export function compileAnyItem(test: CriterionTest): ((item: unknown) => boolean) | undefined {
  if (test.type !== 'jsonpath' || test.version !== 'rfc9535' || typeof test.query !== 'string') return undefined
  const { expression } = test.context
  if (expression.kind !== 'response' || expression.part !== 'body' || expression.pointer?.tokens.length)
    return undefined
  const { query } = test
  // One that is invalid is a warning since it was read, and never met.
  const path = tried(() => compileJsonPath(query))
  return path?.isOfAnyItem ? item => tried(() => path.exists([item])) === true : undefined
}
