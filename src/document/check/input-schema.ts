import { tried } from '../../ground/tried.ts'
import { placeOfKey, placeOfValue } from '../file/source-file.ts'
import type { Reading } from '../loaded/loaded.ts'
import { suggest } from '../problems.ts'
import { isRaw, list, member, object, type Raw, scalar, text } from '../raw.ts'

const TYPES = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null']

/** Allowed values of keywords. Other keywords may have any value. Source: JSON Schema 2020-12. */
const KEYWORDS: Readonly<Record<string, { is: (value: unknown) => boolean; what: string }>> = {
  ...keywords(
    ['properties', 'patternProperties', '$defs', 'dependentSchemas', 'dependentRequired'],
    isRaw,
    'an object',
  ),
  ...keywords(['required', 'examples'], Array.isArray, 'a list'),
  ...keywords(['enum', 'allOf', 'anyOf', 'oneOf', 'prefixItems'], isFilled, 'a list with at least one item'),
  ...keywords(['items', 'additionalProperties', 'not', 'contains', 'propertyNames'], isSchema, 'a schema'),
  ...keywords(['if', 'then', 'else', 'unevaluatedProperties', 'unevaluatedItems'], isSchema, 'a schema'),
  ...keywords(['maxLength', 'minLength', 'maxItems', 'minItems'], isCount, 'a whole number from 0'),
  ...keywords(['maxProperties', 'minProperties', 'maxContains', 'minContains'], isCount, 'a whole number from 0'),
  ...keywords(['maximum', 'minimum', 'exclusiveMaximum', 'exclusiveMinimum'], isNumber, 'a number'),
  ...keywords(['multipleOf'], value => isNumber(value) && (value as number) > 0, 'a number above 0'),
  ...keywords(['pattern'], isPattern, 'a regular expression'),
  ...keywords(
    ['uniqueItems', 'deprecated', 'readOnly', 'writeOnly'],
    value => typeof value === 'boolean',
    'true or false',
  ),
  ...keywords(
    ['$ref', '$id', '$anchor', '$comment', 'format', 'title', 'description'],
    value => typeof value === 'string',
    'text',
  ),
  ...keywords(['contentEncoding', 'contentMediaType'], value => typeof value === 'string', 'text'),
}

function keywords(names: readonly string[], is: (value: unknown) => boolean, what: string) {
  return Object.fromEntries(names.map(name => [name, { is, what }]))
}

function isFilled(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0
}

function isSchema(value: unknown): boolean {
  return isRaw(value) || typeof value === 'boolean'
}

function isCount(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number'
}

/** One that JavaScript has; look-around, which linear engines lack, is part of JSON Schema. */
function isPattern(value: unknown): boolean {
  return typeof value === 'string' && tried(() => new RegExp(value)) !== undefined
}

/** Members that hold schemas by name, lists of them, and one of them. */
const MAPS = ['properties', 'patternProperties', '$defs', 'dependentSchemas']
const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems']
const ONES = ['items', 'additionalProperties', 'not', 'contains', 'propertyNames', 'if', 'then', 'else']

/**
 * Reports keywords whose values no JSON Schema could have; the same places of a file once, however often they are used.
 */
export function checkInputSchema(schema: unknown, of: string, reading: Reading): void {
  const pending: unknown[] = [schema]
  const seen = new Set<unknown>()
  while (pending.length > 0) {
    const at = pending.pop()
    if (!isRaw(at) || seen.has(at)) continue
    seen.add(at)
    checkKeywords(at, of, reading)
    checkReference(at, of, reading)
    for (const key of MAPS) for (const one of Object.values(object(at, key) ?? {})) pending.push(one)
    for (const key of LISTS) for (const one of list(at, key)) pending.push(one)
    for (const key of ONES) pending.push(member(at, key))
  }
}

/**
 * Inputs use `$ref`; everything else of the components is used by `reference`. Source: Arazzo 1.1.0, "Reusable Object".
 */
function checkReference(schema: Raw, of: string, reading: Reading): void {
  const name = /^\$components\.inputs\.(.+)$/.exec(text(schema, 'reference') ?? '')?.[1]
  if (name === undefined) return
  reading.problems.add({
    code: 'unknown-field',
    at: placeOfKey(schema, 'reference'),
    failed: `read the inputs of ${of}`,
    found: 'a JSON Schema has no `reference`',
    hint: `Write \`$ref: '#/components/inputs/${name}'\`.`,
  })
}

type Report = (owner: object, key: string | number, found: string, hint?: string) => void

function checkKeywords(schema: Raw, of: string, reading: Reading): void {
  const failed = `read the inputs of ${of}`
  const report: Report = (owner, key, found, hint) =>
    reading.problems.addFirm({ code: 'invalid-value', at: placeOfValue(owner, key), failed, found, hint })
  for (const [key, value] of Object.entries(schema)) {
    const keyword = Object.hasOwn(KEYWORDS, key) ? KEYWORDS[key] : undefined
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
function checkMembers(schema: Raw, report: Report): void {
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

function checkNames(owner: Raw, key: string, report: Report): void {
  const names = list(owner, key)
  for (const [index, name] of names.entries()) {
    if (typeof name !== 'string') report(names, index, `item ${index + 1} of \`${key}\` is not text`)
    else if (names.indexOf(name) < index) report(names, index, `\`${key}\` has "${name}" twice`)
  }
}
