import type { Replacement } from '../../document/model.ts'
import { compileTemplate, parsePointer, type Scope, setAt } from '../../expression/index.ts'
import { RequestError } from './error.ts'

/**
 * Puts values into a payload. A JSON Pointer's target need not exist yet: missing members on the way are made.
 * Source: Arazzo 1.1.0, "Payload Replacement Object".
 */
export function compileReplacements(
  replacements: readonly Replacement[],
  contentType: string,
): (payload: unknown, scope: Scope) => unknown {
  const steps = replacements.map(replacement => {
    const pointer = parsePointer(replacement.target)
    const evaluate = compileTemplate(replacement.value)
    return (payload: unknown, scope: Scope) => {
      try {
        return setAt(payload, pointer, evaluate(scope))
      } catch (error) {
        throw new RequestError(
          `Failed to replace ${replacement.target} in the ${contentType} payload: ${(error as Error).message}`,
          replacement.at,
        )
      }
    }
  })
  return (payload, scope) => {
    let result = structuredClone(payload)
    for (const step of steps) result = step(result, scope)
    return result
  }
}
