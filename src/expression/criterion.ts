import type { Condition, CriterionTest, Quoted, TextTemplate } from './ast.ts'
import { parseCondition } from './condition/parser.ts'
import type { DeclaredNames } from './cursor.ts'
import { ExpressionError, ignore, type Warn } from './expression-error.ts'
import { parseText, parseWithin, trimmed } from './parse.ts'
import { compileRegex } from './regex.ts'
import { compileQuery } from './select.ts'
import { inField, parseType } from './selector.ts'
import { compileXPathOf } from './xpath.ts'

/** A Criterion Object's fields, as they stand in the document. */
export interface CriterionFields {
  readonly context?: unknown
  readonly condition?: unknown
  readonly type?: unknown
  /** Version 1.0's schema has it here; its text, and 1.1, have it in `type`. */
  readonly version?: unknown
}

const TYPES = ['simple', 'regex', 'jsonpath', 'xpath'] as const

interface CriterionOptions {
  /** Names that hold characters which end a name. */
  readonly names?: DeclaredNames
  /**
   * A JSONPath or XPath that is invalid is a warning, and its criterion fails when it is evaluated: "the condition MUST
   * evaluate to fail" (Arazzo 1.1.0, "Criterion Object"). Default false: it is an error.
   */
  readonly isLenient?: boolean
}

/**
 * Reads a Criterion Object. What holds no embedded expressions is checked at once, patterns and queries
 * included. Throws ExpressionError with its `field`. Source: Arazzo 1.1.0, "Criterion Object".
 */
export function parseCriterion(
  fields: CriterionFields,
  onWarning: Warn = ignore,
  { names, isLenient = false }: CriterionOptions = {},
): CriterionTest {
  const { type, version } =
    fields.type === undefined ? { type: 'simple' as const } : parseType(fields.type, TYPES, fields.version)
  const text = inField('condition', () => textOf(fields.condition))
  const warn: Warn = warning => onWarning({ ...warning, field: warning.field ?? 'condition' })
  if (type === 'simple') {
    if (fields.context !== undefined) warnOfUnusedContext(onWarning)
    const condition = inField('condition', () => parseCondition(text, warn, names))
    for (const { start, end } of constants(condition))
      warn({
        message: `\`${text.slice(start, end)}\` holds no expression, and is the same for each response`,
        offset: start,
        hint: 'Compare an expression with it, as in `$statusCode == 200`.',
      })
    return { type, text, condition }
  }
  const context = parseContext(fields.context, type, onWarning, names)
  const query = inField('condition', () =>
    checked(isLenient ? warn : undefined, parseText(trimmed(type, text), warn, names), type, version),
  )
  return type === 'regex' ? { type, context, pattern: query } : { type, version: version!, context, query }
}

/** YAML gives `condition: 200` or `condition: true` as other than text. */
function textOf(condition: unknown): string {
  if (typeof condition === 'string') return condition
  if (typeof condition === 'number' || typeof condition === 'boolean') return String(condition)
  throw new ExpressionError(`expected a condition, found ${condition === undefined ? 'none' : typeof condition}`)
}

function warnOfUnusedContext(warn: Warn): void {
  const message = 'a simple condition has no use for a context'
  warn({
    message,
    offset: 0,
    hint: 'Give the criterion a type (regex, jsonpath or xpath), or leave out the context.',
    field: 'context',
  })
}

function parseContext(context: unknown, type: string, warn: Warn, names: DeclaredNames | undefined): Quoted {
  return inField('context', () => {
    if (typeof context !== 'string') {
      const hint = 'Give it an expression, as in `context: $response.body`.'
      throw new ExpressionError(
        `expected a context for type ${type}, found ${context === undefined ? 'none' : typeof context}`,
        0,
        hint,
      )
    }
    const text = context.trim()
    return parseWithin(text, context.indexOf(text), warning => warn({ ...warning, field: 'context' }), names)
  })
}

function checked(
  warn: Warn | undefined,
  query: string | TextTemplate,
  type: 'regex' | 'jsonpath' | 'xpath',
  version = '',
): string | TextTemplate {
  if (typeof query !== 'string') return query
  try {
    if (type === 'regex') compileRegex(query)
    else if (type === 'jsonpath') compileQuery(version, query)
    else compileXPathOf(version, query)
  } catch (error) {
    if (!warn || type === 'regex' || !(error instanceof ExpressionError)) throw error
    const message = `${error.message}, so that the criterion always fails`
    warn({ message, offset: error.offset, hint: error.hint })
  }
  return query
}

/** Constants that decide a condition, or a side of `&&` or `||`, by themselves: `1 == 1`, `$a == 200 || 201`. */
function constants(condition: Condition): Condition[] {
  if (isConstant(condition)) return [condition]
  if (condition.kind === 'not') return constants(condition.operand)
  if (condition.kind !== 'and' && condition.kind !== 'or') return []
  return [...constants(condition.left), ...constants(condition.right)]
}

function isConstant(condition: Condition): boolean {
  switch (condition.kind) {
    case 'literal':
      return true
    case 'text':
    case 'expression':
      return false
    case 'member':
      return isConstant(condition.object)
    case 'index':
      return isConstant(condition.object) && isConstant(condition.index)
    case 'not':
      return isConstant(condition.operand)
    default:
      return isConstant(condition.left) && isConstant(condition.right)
  }
}
