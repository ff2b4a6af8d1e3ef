import type { Quoted, Template } from './ast.ts'
import type { DeclaredNames } from './declared.ts'
import { type Field, type Warn, within } from './expression-error.ts'
import { readExtract } from './extract.ts'
import { EXTRACT_FIELD } from './extract-field.ts'
import { parseWithin } from './parse.ts'
import { compileSelector } from './select.ts'
import { parseSelectorType } from './selector-type.ts'
import { isExpressionAt, parseText, trimmed } from './text.ts'

export type SelectorObject = {
  readonly context: string
  /** May be absent if there is an `x-extract`, which then searches the context. */
  readonly selector?: string
  readonly type?: unknown
  readonly 'x-extract'?: unknown
}

/**
 * Whether a payload's object is a Selector Object rather than data with the same names:
 * it has all three fields, nothing else, and its context is an expression.
 */
export function isSelectorObject(value: object): value is SelectorObject {
  const { context, selector, type } = value as Partial<SelectorObject>
  if (typeof context !== 'string' || typeof selector !== 'string' || type === undefined) return false
  return isExpressionAt(context, 0) && Object.keys(value).every(name => /^(?:context|selector|type|x-.*)$/.test(name))
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
