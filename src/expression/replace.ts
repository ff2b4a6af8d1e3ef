import type { SelectorType } from './ast.ts'
import { stringify } from './embed.ts'
import { ExpressionError } from './expression-error.ts'
import { compileJsonPath } from './jsonpath.ts'
import { parsePointer, pointerTo, setAt } from './pointer.ts'
import { compileQuery, withoutHash } from './select.ts'
import { compileXPathOf } from './xpath.ts'

type Replace = (payload: unknown, value: unknown) => unknown

/**
 * Compiles the target of a Payload Replacement Object into a function from payload and value to a new
 * payload. A JSON Pointer, and a JSONPath of member names only, make what is missing; any other target must
 * select something, and every place that it selects is set. An XPath takes and gives XML as text. Throws
 * ExpressionError for a bad target, as does the function where the target cannot be set. Source: Arazzo
 * 1.1.0, "Payload Replacement Object".
 */
export function compileReplacement(type: SelectorType, target: string): Replace {
  switch (type.type) {
    case 'jsonpointer': {
      const pointer = parsePointer(withoutHash(target))
      return (payload, value) => setAt(payload, pointer, value)
    }
    case 'jsonpath':
      return replaceByQuery(type.version, target)
    case 'xpath':
      return replaceByXPath(type.version, target)
  }
}

function replaceByQuery(version: string, target: string): Replace {
  const query = compileQuery(version, target)
  const beginning = version === 'rfc9535' ? compileJsonPath(target).beginning : undefined
  const missing = beginning !== undefined && beginning.rest === undefined ? [pointerTo(beginning.names)] : []
  return (payload, value) => {
    const found = query.locate(payload)
    const places = found.length > 0 ? found : missing
    if (places.length === 0) throw new ExpressionError(`expected a place at ${target}, found none`)
    // From the last to the first, so that a descent (`$..a`) sets what is inside a place before the place itself.
    return places.reduceRight((changed: unknown, place) => setAt(changed, place, value), payload)
  }
}

function replaceByXPath(version: string, target: string): Replace {
  const path = compileXPathOf(version, target)
  return (payload, value) => {
    if (typeof payload !== 'string') throw new ExpressionError('expected XML as text, found structured data')
    return path.replace(payload, stringify(value))
  }
}
