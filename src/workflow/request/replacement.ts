import type { Replacement } from '../../document/model.ts'
import type { SelectorType } from '../../expression/ast.ts'
import { compileReplacement, compileTemplate, ExpressionError, type Scope } from '../../expression/index.ts'
import { RequestError } from './error.ts'

const defaultVersion = { jsonpointer: 'rfc6901', jsonpath: 'rfc9535', xpath: 'xpath-31' } as const

/**
 * Puts values into a payload; where a target can be made, it need not exist yet. Source: Arazzo 1.1.0, "Payload
 * Replacement Object".
 */
export function compileReplacements(
  replacements: readonly Replacement[],
  contentType: string,
): (payload: unknown, scope: Scope) => unknown {
  const steps = replacements.map(({ target, targetType, targetVersion, value, at }) => {
    const version = targetVersion ?? defaultVersion[targetType]
    const replace = compileReplacement({ type: targetType, version } as SelectorType, target)
    const evaluate = compileTemplate(value)
    return (payload: unknown, scope: Scope) => {
      try {
        return replace(payload, evaluate(scope))
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error
        const thing = `${target} in the ${contentType} payload`
        const advice = 'Correct the target, or the payload.'
        throw new RequestError({ verb: 'replace', thing, found: error.message, advice }, at)
      }
    }
  })
  return (payload, scope) => steps.reduce((result, step) => step(result, scope), payload)
}
