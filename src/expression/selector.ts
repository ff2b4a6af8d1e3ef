import { Fields } from '../ground/fields.ts'
import { isObject } from '../ground/object.ts'
import { decoded } from '../ground/tried.ts'
import { formatBytes } from '../ground/units.ts'
import type { Extract, Quoted, SelectorType, Template } from './ast.ts'
import type { DeclaredNames } from './cursor.ts'
import { ExpressionError, type Field, suggest, type Warn, within } from './expression-error.ts'
import { parseText, parseWithin, trimmed } from './parse.ts'
import { compileLinear } from './regex.ts'
import { compileSelector } from './select.ts'

export type SelectorObject = {
  readonly context: string
  /** May be absent if there is an `x-extract`, which then searches the context. */
  readonly selector?: string
  readonly type?: unknown
  readonly 'x-extract'?: unknown
}

/**
 * Reads a Selector Object; a selector without embedded expressions is checked at once. Source: Arazzo 1.1.0,
 * "Selector Object".
 */
export function parseSelector(value: SelectorObject, warn: Warn, names?: DeclaredNames): Template {
  const extract = value[EXTRACT_FIELD] === undefined ? undefined : readExtract(value[EXTRACT_FIELD])
  const context = inField('context', () =>
    parseWithin(value.context, 0, warning => warn({ ...warning, field: 'context' }), names),
  )
  if (extract === undefined) return selecting(value, context, warn, names)
  const isWhole = value.selector === undefined && value.type === undefined
  const of = isWhole ? ({ kind: 'expression', ...context } as const) : selecting(value, context, warn, names)
  return { kind: 'extract', of, extract }
}

function selecting(value: SelectorObject, context: Quoted, warn: Warn, names?: DeclaredNames) {
  const type = parseSelectorType(value.type)
  const selector = inField('selector', () => {
    const written = trimmed(type.type, value.selector!)
    const text = parseText(written, warning => warn({ ...warning, field: 'selector' }), names)
    if (typeof text === 'string') compileSelector(type, text)
    return text
  })
  return { kind: 'selector', context, selector, type } as const
}

export function inField<T>(field: Field, read: () => T): T {
  return within(0, { field }, read)
}

/** The extension of a Selector Object that takes a part of the text which is selected. */
export const EXTRACT_FIELD = 'x-extract'

/** Characters of the longest text that is searched: a page, but not a download. */
const LONGEST = 1 << 20

/** Reads an `x-extract`. Throws ExpressionError at the place of its first fault. */
function readExtract(value: unknown): Extract {
  const form = `Write such as \`${EXTRACT_FIELD}: { regex: 'page=(\\d+)' }\`.`
  if (!isObject(value))
    throw new ExpressionError('expected an object with a `regex`', 0, form, { field: EXTRACT_FIELD })
  const fields = new Fields(value, '')
  fields.checkKeys(['regex', 'decode'])
  if (typeof value.regex !== 'string') fields.fault('regex', 'it is not a text', form)
  const decode = fields.word('decode', ['none', 'url'], 'none')
  const [fault] = fields.faults
  if (fault !== undefined) {
    const key = fault.path.slice(1)
    const path = key in value ? [EXTRACT_FIELD, key] : [EXTRACT_FIELD]
    throw new ExpressionError(`"${key}" in ${EXTRACT_FIELD}: ${fault.found}`, 0, fault.advice, { path })
  }
  const extract = { regex: (value.regex as string).replace(/[\r\n]+$/, ''), isUrl: decode === 'url' }
  within(0, { path: [EXTRACT_FIELD, 'regex'] }, () => compileExtract(extract))
  return extract
}

/**
 * The first group of the pattern's first match in a text, in time that is linear in the text (RE2). Throws
 * ExpressionError for a pattern that is invalid or has no group, the function for a text that is too long.
 */
export function compileExtract({ regex, isUrl }: Extract): (text: string) => string | undefined {
  const pattern = compileLinear(regex)
  if (pattern.groupCount() === 0) {
    const hint = 'Put parentheses around the text to take, as in page=(\\d+).'
    throw new ExpressionError(`expected a regular expression with a group, found ${JSON.stringify(regex)}`, 0, hint)
  }
  return text => {
    if (text.length > LONGEST)
      throw new ExpressionError(
        `expected a text of at most ${formatBytes(LONGEST)} for ${EXTRACT_FIELD}, found ${formatBytes(text.length)}`,
      )
    const matcher = pattern.matcher(text)
    const found = matcher.find() ? (matcher.group(1) ?? undefined) : undefined
    return isUrl && found !== undefined ? decoded(found.replaceAll('+', ' ')) : found
  }
}

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
