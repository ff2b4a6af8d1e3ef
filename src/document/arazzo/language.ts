import type { CriterionTest, Template } from '../../expression/ast.ts'
import {
  ExpressionError,
  expressionsIn,
  type Field,
  type Path,
  parseCriterion,
  parseTemplate,
  type Warning,
} from '../../expression/index.ts'
import type { Location } from '../../ground/errors.ts'
import { checkExpression } from '../check/expression.ts'
import { placeInside, placeOfKey, placeOfValue } from '../file/source-file.ts'
import type { Context } from '../loaded/context.ts'
import type { Reading } from '../loaded/loaded.ts'
import type { Criterion } from '../model.ts'
import type { Finding } from '../problems.ts'
import { isRaw, member, objects, type Raw, scalar, unquotedExpression } from '../raw.ts'
import { declaredNames } from './declared-names.ts'

/**
 * Reads a member's value as a template; `isSelector` when an object can be nothing but a Selector Object. What cannot
 * be read, or refers to nothing, is reported at its very character.
 */
export function readTemplate(
  owner: Raw,
  key: string,
  thing: string,
  context: Context,
  reading: Reading,
  isSelector = false,
): Template {
  const value = member(owner, key)
  const failed = `read ${thing}`
  const place = (fault: { path?: Path; field?: Field; offset: number }) =>
    placeIn(owner, [key, ...(fault.path ?? []), ...(fault.field ? [fault.field] : [])], fault.offset)
  const findings: Finding[] = []
  const template = parseTemplate(value, {
    selectors: context.document.version !== '1.0',
    isSelector,
    names: declaredNames(context),
    onWarning: warning => findings.push(formWarning(warning, place(warning), failed)),
    onError: error => findings.push(expressionError(error, place(error), failed)),
  })
  const isMereText = isSelector && template.kind === 'literal'
  const severity = looksMeant(value) ? 'error' : 'warning'
  if (isMereText && findings.length === 0) findings.push(mereText(owner, key, failed, severity))
  for (const finding of findings)
    reading.problems.add(isMereText && severity === 'error' ? { ...finding, severity } : finding)
  checkObjects(value, [key], owner, failed, context, reading)
  for (const reference of expressionsIn(template)) checkExpression(reference, context, () => place(reference), reading)
  return template
}

/** `$foo.bar` where only an expression can stand is one that does not exist; `$5` is not meant as one. */
const looksMeant = (value: unknown) => typeof value === 'string' && /^\s*\$[a-z]/i.test(value)

/** "A dynamic output value defined using a Runtime Expression or Selector Object": a mere text is hardly meant. */
function mereText(owner: Raw, key: string, failed: string, severity: 'error' | 'warning'): Finding {
  const text = `"${scalar(owner, key)}"`
  return {
    code: 'expression-form',
    severity,
    at: placeOfValue(owner, key),
    failed,
    found: severity === 'error' ? `${text} is not an expression` : `${text} holds no expression, and is taken as text`,
    hint: 'Write an expression such as $response.body#/id, or embed one in braces.',
  }
}

/** Reads a list of Criterion Objects; those that cannot be read are reported and left out. */
export function readCriteria(owner: Raw, key: string, of: string, context: Context, reading: Reading): Criterion[] {
  return objects(owner, key).flatMap((raw, index) => {
    const test = readCriterion(raw, `criterion ${index + 1} of ${of}`, context, reading)
    const condition = scalar(raw, 'condition') ?? ''
    return test ? [{ test, text: condition, at: placeInside(raw, 'condition', 0) }] : []
  })
}

/** Reads a simple condition that stands for itself, as a member of an object or an item of a list. */
export function readCondition(
  owner: object,
  key: string | number,
  thing: string,
  context: Context,
  reading: Reading,
): Criterion | undefined {
  const condition = String((owner as Record<string | number, unknown>)[key])
  const place = ({ offset }: { offset: number }) => placeInside(owner, key, offset)
  const test = testOf({ condition }, place, `read ${thing}`, context, reading)
  return test && { test, text: condition, at: placeInside(owner, key, 0) }
}

export function readCriterion(raw: Raw, thing: string, context: Context, reading: Reading): CriterionTest | undefined {
  const type = member(raw, 'type')
  const { misshapen } = context.document
  if (misshapen.has(raw) || (isRaw(type) && misshapen.has(type))) return undefined
  const failed = `read ${thing}`
  if (!hasContext(raw, type, failed, reading)) return undefined
  const place = ({ field = 'condition', offset }: { field?: Field; offset: number }) =>
    placeIn(raw, field === 'version' && isRaw(type) ? ['type', field] : [field], offset)
  const test = testOf(raw, place, failed, context, reading)
  if (test && context.document.version === '1.0') checkVersion(raw, failed, reading)
  return test
}

function testOf(
  fields: Raw,
  place: (fault: { field?: Field; offset: number }) => Location,
  failed: string,
  context: Context,
  reading: Reading,
): CriterionTest | undefined {
  try {
    const test = parseCriterion(fields, warning => reading.problems.add(formWarning(warning, place(warning), failed)), {
      names: declaredNames(context),
      isLenient: context.document.version !== '1.0',
    })
    for (const reference of expressionsIn(test)) checkExpression(reference, context, () => place(reference), reading)
    return test
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    const isSimple = (fields.type ?? 'simple') === 'simple' && error.field === 'condition'
    const finding = expressionError(error, place(error), failed)
    reading.problems.add({ ...finding, hint: finding.hint ?? (isSimple ? CONDITION : undefined) })
    return undefined
  }
}

const NEWER_VERSIONS: readonly unknown[] = ['rfc9535', 'xpath-31']

/** Defaults that only 1.1 has words for: they mean what they say, and other tools may not know them. */
function checkVersion(criterion: Raw, failed: string, reading: Reading): void {
  const type = member(criterion, 'type')
  const owner = isRaw(type) ? type : criterion
  const version = member(owner, 'version')
  if (!NEWER_VERSIONS.includes(version)) return
  reading.problems.warn({
    code: 'newer-field',
    at: placeOfValue(owner, 'version'),
    failed,
    found: `version "${version}" came with Arazzo 1.1`,
    hint: 'Leave it out: it is what 1.0 means without one.',
  })
}

/** "If `type` is specified, then the `context` MUST be provided": a simple condition can do without. */
function hasContext(raw: Raw, type: unknown, failed: string, reading: Reading): boolean {
  if (type === undefined || member(raw, 'context') !== undefined) return true
  const simple = type === 'simple'
  reading.problems.add({
    code: 'missing-context',
    severity: simple ? 'warning' : 'error',
    at: placeOfKey(raw, 'type'),
    failed,
    found: '`type` is given without a `context`',
    hint: simple ? 'Leave `type` out.' : 'Say what it is applied to, as in `context: $response.body`.',
    firm: !simple,
  })
  return simple
}

/** Follows a path from a member of `owner` to a text, and from there to a character of it. */
function placeIn(owner: object, path: Path, offset: number): Location {
  let holder = owner as Record<string | number, unknown>
  for (const key of path.slice(0, -1)) {
    const next = holder[key]
    if (typeof next !== 'object' || next === null) return placeInside(holder, key, 0)
    holder = next as Record<string | number, unknown>
  }
  return placeInside(holder, path.at(-1)!, offset)
}

const CONDITION =
  'A condition combines expressions, literals and operators: `$statusCode == 200 && $inputs.id != null`.'

function expressionError(error: ExpressionError, at: Location, failed: string) {
  return { code: 'invalid-expression', at, failed, found: error.message, hint: error.hint, firm: true } as const
}

function formWarning(warning: Warning, at: Location, failed: string) {
  const { message: found, hint } = warning
  return { code: 'expression-form', severity: 'warning', at, failed, found, hint } as const
}

/**
 * Objects that are not what their author thinks: `{$inputs.id}` without quotes, a Selector Object in a 1.0 document.
 */
function checkObjects(value: unknown, path: Path, owner: object, failed: string, context: Context, reading: Reading) {
  if (typeof value !== 'object' || value === null) return
  const at = () => placeIn(owner, path, 0)
  const keys = Object.keys(value)
  const expression = unquotedExpression(value)
  if (expression) {
    const found = `{${expression}} without quotes is an object in YAML`
    const hint = `Put it in quotes: '{${expression}}'.`
    reading.problems.add({ code: 'expression-form', at: at(), failed, found, hint })
    return
  }
  const isSelector = keys.length === 3 && ['context', 'selector', 'type'].every(key => keys.includes(key))
  if (isSelector && context.document.version === '1.0') {
    const found = 'Selector Objects came with Arazzo 1.1; in this document it is an object like any other'
    const hint = 'Write `arazzo: 1.1.0` at the top.'
    reading.problems.warn({ code: 'newer-field', at: at(), failed, found, hint })
    return
  }
  for (const [key, inner] of Object.entries(value)) {
    checkObjects(inner, [...path, Array.isArray(value) ? Number(key) : key], owner, failed, context, reading)
  }
}
