import type { SelectorType } from './ast.ts'
import { ExpressionError, suggest } from './expression-error.ts'

/** The versions of each type, the default first. Source: Arazzo 1.1.0, "Expression Type Object". */
const VERSIONS = {
  jsonpath: ['rfc9535', 'draft-goessner-dispatch-jsonpath-00'],
  xpath: ['xpath-31', 'xpath-30', 'xpath-20', 'xpath-10'],
  jsonpointer: ['rfc6901'],
} as const

/**
 * Reads a `type` field: a word, or an Expression Type Object. `version` is the field that the schema of 1.0 has next to
 * `type`. Only words in `allowed` are accepted.
 */
export function parseType<W extends string>(
  type: unknown,
  allowed: readonly W[],
  version?: unknown,
): { type: W; version?: string } {
  if (typeof type === 'object' && type !== null) {
    const { type: word, version } = type as { type?: unknown; version?: unknown }
    if (version === undefined) {
      throw new ExpressionError('expected a "version" beside "type", found none', 0, undefined, { field: 'version' })
    }
    return parseType(word, allowed, version)
  }
  const word = allowed.find(word => word === type)
  if (word === undefined) {
    const found = typeof type === 'string' ? `"${type}"` : type === undefined ? 'none' : typeof type
    throw new ExpressionError(`expected a type, found ${found}`, 0, suggest(String(type), allowed), { field: 'type' })
  }
  const versions: readonly string[] | undefined = VERSIONS[word as keyof typeof VERSIONS]
  if (version === undefined || versions === undefined) return { type: word, version: versions?.[0] }
  if (typeof version !== 'string' || !versions.includes(version)) {
    const message = `expected a version of ${word}, found ${JSON.stringify(version)}`
    throw new ExpressionError(message, 0, suggest(String(version), versions), { field: 'version' })
  }
  return { type: word, version }
}

/** Reads the `type` of a Selector Object or the `targetSelectorType` of a replacement. */
export function parseSelectorType(type: unknown): SelectorType {
  return parseType(type, ['jsonpath', 'xpath', 'jsonpointer']) as SelectorType
}
