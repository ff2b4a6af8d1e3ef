/**
 * Queries on a response's body that begin with member names read no more than that member: `$.user.email` is
 * the pointer `/user/email`, and `$.pets[*]` asks for any item of `/pets`. Elsewhere there is nothing to
 * save.
 */
import type { Expression, SelectorType } from './ast.ts'
import { extend } from './extend.ts'
import { compileJsonPath } from './jsonpath.ts'
import { parsePointer } from './pointer.ts'
import { compileSelector, oneOrAll, withoutHash } from './select.ts'

export interface NarrowSelector {
  readonly context: Expression
  /** Selects within the context; absent when the context is all that is selected. */
  readonly select?: (context: unknown) => unknown
}

export function narrowSelector(context: Expression, type: SelectorType, selector: string): NarrowSelector {
  const isBody = context.kind === 'response' && context.part === 'body'
  if (isBody && type.type === 'jsonpointer') {
    return { context: extend(context, parsePointer(withoutHash(selector)).tokens)! }
  }
  const beginning = isBody && type.version === 'rfc9535' ? compileJsonPath(selector).beginning : undefined
  if (beginning === undefined) return { context, select: compileSelector(type, selector) }
  const { names, rest } = beginning
  const select = rest && ((value: unknown) => (value === undefined ? undefined : oneOrAll(rest.select(value))))
  return { context: extend(context, names)!, select }
}

export interface NarrowQuery {
  readonly context: Expression
  /** Whether the query finds a node in the context's value. The caller sees to `undefined`. */
  readonly exists: (value: unknown) => boolean
}

/** Narrows a JSONPath criterion. */
export function narrowQuery(context: Expression, version: string, text: string): NarrowQuery | undefined {
  if (context.kind !== 'response' || context.part !== 'body' || version !== 'rfc9535') return undefined
  const { beginning } = compileJsonPath(text)
  if (beginning === undefined) return undefined
  const { names, rest } = beginning
  return { context: extend(context, names)!, exists: rest === undefined ? () => true : value => rest.exists(value) }
}
