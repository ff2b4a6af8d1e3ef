import { originOf } from '../../document/schema-places.ts'
import { getAt, parsePointer } from '../../expression/index.ts'
import { escapeToken } from '../../ground/pointer.ts'
import { shownShort } from '../../ground/show.ts'
import type { Mismatch } from '../outcome.ts'
import type { SchemaError } from './ajv.ts'

const MOST = 5

/** Errors that only repeat others in less detail. */
const summaries = new Set(['if', 'allOf'])

/** Faults of a value with their places, five at most: `/items/0/price must be number, found "12"; …`. */
export function describeErrors(errors: readonly SchemaError[], value: unknown): string {
  const all = withoutSummaries(errors).map(error => at(error.instancePath, saying(error, value)))
  const lines = [...new Set(all)]
  const more = lines.length - MOST
  return lines.slice(0, MOST).join('; ') + (more > 0 ? `; and ${more} more` : '')
}

/** The faults one by one, each with the broken rule. */
export function mismatchesOf(errors: readonly SchemaError[], value: unknown): Mismatch[] {
  const found = new Map<string, SchemaError>()
  for (const error of withoutSummaries(errors)) {
    const key = `${error.instancePath} ${saying(error, value)}`
    if (!found.has(key)) found.set(key, error)
  }
  return [...found.values()].slice(0, MOST).map(error => {
    const { instancePath: pointer, keyword, parentSchema } = error
    const schema = originOf(parentSchema)
    const rule = schema && { ...schema, pointer: `${schema.pointer}/${escapeToken(keyword)}` }
    return { pointer, message: saying(error, value), rule }
  })
}

/** The first fault in words that are the same for every response which has it: no values, no list positions. */
export function describeKind(errors: readonly SchemaError[]): string {
  const error = withoutSummaries(errors)[0]!
  return at(error.instancePath.replaceAll(/\/\d+(?=\/|$)/g, '/*'), ruleOf(error))
}

function withoutSummaries(errors: readonly SchemaError[]): readonly SchemaError[] {
  const details = errors.filter(({ keyword }) => !summaries.has(keyword))
  return details.length > 0 ? details : errors
}

const at = (place: string, text: string) => (place === '' ? text : `${place} ${text}`)

function saying(error: SchemaError, value: unknown): string {
  const rule = ruleOf(error)
  if (error.keyword !== 'type' && error.keyword !== 'enum' && error.keyword !== 'format') return rule
  const found = getAt(value, parsePointer(error.instancePath))
  return `${rule}, found ${shown(found)}`
}

function ruleOf({ keyword, params, message = `breaks "${keyword}"` }: SchemaError): string {
  const details = params as Record<string, unknown>
  switch (keyword) {
    case 'enum':
      return `must be one of ${(details.allowedValues as unknown[]).map(shown).join(', ')}`
    case 'const':
      return `must be ${shown(details.allowedValue)}`
    case 'additionalProperties':
      return `must NOT have the property "${details.additionalProperty}"`
    case 'unevaluatedProperties':
      return `must NOT have the property "${details.unevaluatedProperty}"`
    case 'oneOf':
      return Array.isArray(details.passingSchemas) ? 'matches more than one schema of its oneOf' : message
    case 'false schema':
      return 'must NOT be there'
    default:
      return message
  }
}

function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'an array' : 'an object'
  return shownShort(value)
}
