import { tried } from '../ground/tried.ts'
import type { CriterionTest } from './ast.ts'
import { compileJsonPath } from './jsonpath.ts'

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
