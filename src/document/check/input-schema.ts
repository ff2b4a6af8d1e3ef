import { tried } from '../../ground/tried.ts'
import { placeOfKey, placeOfValue } from '../file/source-file.ts'
import { type Problems, type Report, suggest } from '../problems.ts'
import { isRaw, list, member, object, type Raw, scalar, text } from '../raw.ts'

const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']

interface Allowed {
  readonly is: (value: unknown) => boolean
  readonly what: string
}

const isText = (value: unknown) => typeof value === 'string'
const isFlag = (value: unknown) => typeof value === 'boolean'
const isNumber = (value: unknown) => typeof value === 'number'
const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 0
const isFilled = (value: unknown) => Array.isArray(value) && value.length > 0
const isSchema = (value: unknown) => isRaw(value) || isFlag(value)
/** One that JavaScript has; look-around, which linear engines lack, is part of JSON Schema. */
const isPattern = (value: unknown) => isText(value) && tried(() => new RegExp(value as string)) !== undefined

/** Allowed values of keywords. Other keywords may have any value. Source: JSON Schema 2020-12. */
const KEYWORDS: ReadonlyMap<string, Allowed> = new Map([
  ...keywords('properties patternProperties $defs dependentSchemas dependentRequired', isRaw, 'an object'),
  ...keywords('required examples', Array.isArray, 'a list'),
  ...keywords('enum allOf anyOf oneOf prefixItems', isFilled, 'a list with at least one item'),
  ...keywords('items additionalProperties not contains propertyNames if then else', isSchema, 'a schema'),
  ...keywords('unevaluatedProperties unevaluatedItems', isSchema, 'a schema'),
  ...keywords('maxLength minLength maxItems minItems', isCount, 'a whole number from 0'),
  ...keywords('maxProperties minProperties maxContains minContains', isCount, 'a whole number from 0'),
  ...keywords('maximum minimum exclusiveMaximum exclusiveMinimum', isNumber, 'a number'),
  ...keywords('multipleOf', value => isNumber(value) && (value as number) > 0, 'a number above 0'),
  ...keywords('pattern', isPattern, 'a regular expression'),
  ...keywords('uniqueItems deprecated readOnly writeOnly', isFlag, 'true or false'),
  ...keywords('$ref $id $anchor $comment format title description', isText, 'text'),
  ...keywords('contentEncoding contentMediaType', isText, 'text'),
])

function keywords(names: string, is: Allowed['is'], what: string): [string, Allowed][] {
  return names.split(' ').map(name => [name, { is, what }])
}

/** Members that hold schemas by name, lists of them, and one of them. */
const MAPS = ['properties', 'patternProperties', '$defs', 'dependentSchemas']
const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems']
const ONES = ['items', 'additionalProperties', 'not', 'contains', 'propertyNames', 'if', 'then', 'else']

/**
 * Reports keywords whose values no JSON Schema could have; the same places of a file once, however often they are used.
 */
export function checkInputSchema(schema: unknown, of: string, problems: Problems): void {
  const report = problems.about(`read the inputs of ${of}`)
  const pending: unknown[] = [schema]
  const seen = new Set<unknown>()
  while (pending.length > 0) {
    const at = pending.pop()
    if (!isRaw(at) || seen.has(at)) continue
    seen.add(at)
    checkKeywords(at, (owner, key, found, hint) =>
      report.firm('invalid-value', placeOfValue(owner, key), { found, hint }),
    )
    checkReference(at, report)
    for (const key of MAPS) for (const one of Object.values(object(at, key) ?? {})) pending.push(one)
    for (const key of LISTS) for (const one of list(at, key)) pending.push(one)
    for (const key of ONES) pending.push(member(at, key))
  }
}

/**
 * Inputs use `$ref`; everything else of the components is used by `reference`. Source: Arazzo 1.1.0, "Reusable Object".
 */
function checkReference(schema: Raw, report: Report): void {
  const name = /^\$components\.inputs\.(.+)$/.exec(text(schema, 'reference') ?? '')?.[1]
  if (name === undefined) return
  const hint = `Write \`$ref: '#/components/inputs/${name}'\`.`
  report.error('unknown-field', placeOfKey(schema, 'reference'), { found: 'a JSON Schema has no `reference`', hint })
}

type Refuse = (owner: object, key: string | number, found: string, hint?: string) => void

function checkKeywords(schema: Raw, report: Refuse): void {
  for (const [key, value] of Object.entries(schema)) {
    const keyword = KEYWORDS.get(key)
    if (keyword && !keyword.is(value))
      report(schema, key, `\`${key}\` of a schema is not ${keyword.what}`, `Write ${keyword.what}.`)
  }
  checkMembers(schema, (owner, key, found) => report(owner, key, found, 'Correct it, or remove it.'))
  const type = member(schema, 'type')
  const types = Array.isArray(type) ? type : [type]
  if (types.length === 0) report(schema, 'type', '`type` of a schema names no type', 'Name one, or leave `type` out.')
  for (const one of types) {
    if (one === undefined || TYPES.includes(one)) continue
    const name = typeof one === 'string' ? one : (scalar(schema, 'type') ?? typeof one)
    report(schema, 'type', `no JSON Schema has the type "${name}"`, suggest(name, TYPES, 'types'))
  }
}

/** Members that are to be schemas, patterns as their names, and lists of names. */
function checkMembers(schema: Raw, report: Refuse): void {
  for (const key of MAPS) {
    const map = object(schema, key) ?? {}
    for (const name of Object.keys(map)) {
      if (!isSchema(map[name])) report(map, name, `"${name}" of \`${key}\` is not a schema`)
      if (key === 'patternProperties' && !isPattern(name))
        report(map, name, `"${name}" of \`${key}\` is not a regular expression`)
    }
  }
  for (const key of LISTS) {
    const schemas = list(schema, key)
    for (const [index, one] of schemas.entries())
      if (!isSchema(one)) report(schemas, index, `item ${index + 1} of \`${key}\` is not a schema`)
  }
  checkNames(schema, 'required', report)
  const dependent = object(schema, 'dependentRequired') ?? {}
  for (const name of Object.keys(dependent)) {
    if (Array.isArray(dependent[name])) checkNames(dependent, name, report)
    else report(dependent, name, `"${name}" of \`dependentRequired\` is not a list`)
  }
}

function checkNames(owner: Raw, key: string, report: Refuse): void {
  const names = list(owner, key)
  for (const [index, name] of names.entries()) {
    if (typeof name !== 'string') report(names, index, `item ${index + 1} of \`${key}\` is not text`)
    else if (names.indexOf(name) < index) report(names, index, `\`${key}\` has "${name}" twice`)
  }
}
