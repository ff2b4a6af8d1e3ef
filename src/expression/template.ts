import { didYouMean } from '../ground/errors.ts'
import type { Template } from './ast.ts'
import type { DeclaredNames } from './cursor.ts'
import { ExpressionError, type Path, relocate, SurplusError, type Warn, type Warning } from './expression-error.ts'
import { isExpressionAt, parseText, parseWithin } from './parse.ts'
import { ROOTS } from './roots.ts'
import { parseSelector, type SelectorObject } from './selector.ts'

interface TemplateOptions {
  /** Objects of `context`, `selector` and `type` are Selector Objects (Arazzo 1.1). Default false. */
  selectors?: boolean
  /** The object is a Selector Object, with any context. Default false. */
  isSelector?: boolean
  /** Names that hold characters which end a name. */
  names?: DeclaredNames
  onWarning?: Warn
  /**
   * Called for every fault, and the text at fault is taken literally. Without it the first fault is thrown.
   */
  onError?: (error: ExpressionError) => void
}

/**
 * Compiles a value of a document once. The results of expressions are never parsed again. A string that is one
 * expression keeps the value's type. A string with embedded expressions, also `{$inputs.n}` alone, is text (Arazzo
 * 1.1.0, "Runtime Expressions"). A value without expressions becomes one literal.
 */
export function parseTemplate(value: unknown, options: TemplateOptions = {}): Template {
  if (options.isSelector && isPlainObject(value))
    return attempt(value, options, [], warn => parseSelector(value as unknown as SelectorObject, warn, options.names))
  return readValue(value, options, [])
}

function readValue(value: unknown, options: TemplateOptions, path: Path): Template {
  if (typeof value === 'string') return attempt(value, options, path, warn => readString(value, options, warn))
  if (Array.isArray(value)) {
    const items = value.map((item, index) => readValue(item, options, [...path, index]))
    return items.every(isLiteral) ? { kind: 'literal', value } : { kind: 'array', items }
  }
  if (!isPlainObject(value)) return { kind: 'literal', value }
  if (options.selectors && isSelectorObject(value)) {
    return attempt(value, options, path, warn => parseSelector(value, warn, options.names))
  }
  const members = Object.entries(value).map(
    ([name, member]) => [name, readValue(member, options, [...path, name])] as const,
  )
  return members.every(([, member]) => isLiteral(member)) ? { kind: 'literal', value } : { kind: 'object', members }
}

/**
 * Whether a payload's object is a Selector Object rather than data with the same names:
 * it has all three fields, nothing else, and its context is an expression.
 */
function isSelectorObject(value: object): value is SelectorObject {
  const { context, selector, type } = value as Partial<SelectorObject>
  if (typeof context !== 'string' || typeof selector !== 'string' || type === undefined) return false
  return isExpressionAt(context, 0) && Object.keys(value).every(name => /^(?:context|selector|type|x-.*)$/.test(name))
}

function attempt(value: unknown, options: TemplateOptions, path: Path, read: (warn: Warn) => Template): Template {
  try {
    return read(warning => options.onWarning?.({ ...warning, path }))
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const placed = relocate(error, 0, { path })
    if (options.onError === undefined) throw placed
    options.onError(placed)
    return { kind: 'literal', value }
  }
}

/**
 * White space after an expression, as in YAML's block scalars, does not make it text. Text that begins like an
 * expression but does not follow the grammar is text, unless only an expression is allowed there.
 */
function readString(value: string, options: TemplateOptions, warn: Warn): Template {
  const { isSelector = false, names } = options
  const start = isSelector ? value.search(/\S/) : 0
  let fault: ExpressionError | undefined
  if (start >= 0 && isExpressionAt(value, start)) {
    try {
      return { kind: 'expression', ...parseWithin(value.trim(), start, warn, names) }
    } catch (error) {
      if (isSelector || !(error instanceof ExpressionError)) throw error
      fault = error
    }
  }
  warnOfUnknownRoot(value, warn)
  const warnings: Warning[] = []
  const text = parseText(value, warning => warnings.push(warning), names)
  // If text follows an expression, the message suggests braces. Other faults have better messages.
  const isWhole = fault !== undefined && !(fault.cause instanceof SurplusError)
  const told = isWhole ? warnings.filter(({ offset }) => offset > 0) : warnings
  for (const warning of told) warn(warning)
  if (told.length === 0) warnOfMereText(value, fault, warn)
  return typeof text === 'string' ? { kind: 'literal', value } : text
}

const CORRECT = 'Correct the expression, or leave it as it is if text is meant.'

function warnOfMereText(value: string, fault: ExpressionError | undefined, warn: Warn): void {
  const message = `${JSON.stringify(value)} is taken as text`
  const start = value.search(/\S/)
  if (fault !== undefined)
    warn({ message: `${message}: ${fault.message}`, offset: fault.offset, hint: fault.hint ?? CORRECT })
  else if (start > 0 && isExpressionAt(value, start))
    warn({ message: `${message}: white space stands before the expression`, offset: 0, hint: 'Remove it.' })
}

/** `$input.name`, `$step.id` and `{$respons.body}` are text by the rules, and hardly ever meant so. */
function warnOfUnknownRoot(text: string, warn: Warn): void {
  for (const { 1: before = '', 2: word = '', index } of text.matchAll(/(^\s*|\{)\$([A-Za-z]+)\.\w/g)) {
    const meant = didYouMean(word, ROOTS)
    if (meant === undefined || meant.toLowerCase() === word.toLowerCase()) continue
    warn({
      message: `"$${word}" starts no expression and is taken as text`,
      offset: before === '{' ? index + 1 : 0,
      hint: `Did you mean "$${meant}"?`,
    })
  }
}

const isLiteral = (template: Template): boolean => template.kind === 'literal'

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
