import type { JsonSchema } from '../../document/model.ts'
import { isObject } from '../../ground/object.ts'

/** Objects within objects that are written out; what is deeper is `unknown`. */
const DEEPEST = 8

/**
 * TypeScript type of a schema on one line. It is never narrower than the schema: keywords without an equivalent are
 * left out.
 *
 * @param given optional top-level properties, which other code supplies.
 */
export function typeOfSchema(
  schema: JsonSchema | undefined,
  given: ReadonlySet<string> = new Set(),
  depth = 0,
): string {
  if (schema === false) return 'never'
  if (!isObject(schema) || depth > DEEPEST || '$ref' in schema) return 'unknown'
  const within = (part: unknown) => typeOfSchema(part as JsonSchema, given, depth)
  const parts = [
    ...listOf(schema.allOf).map(within),
    ...[schema.anyOf, schema.oneOf].flatMap(either => unionOf(listOf(either).map(within)) ?? []),
    ownType(schema, given, depth) ?? [],
  ].flat()
  const known = [...new Set(parts)].filter(part => part !== 'unknown')
  const type = known.length > 1 ? known.map(bracketed).join(' & ') : (known[0] ?? 'unknown')
  return schema.nullable === true && type !== 'unknown' ? `${bracketed(type)} | null` : type
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : [])
const bracketed = (type: string) => (/[|&]/.test(type) ? `(${type})` : type)
const unionOf = (types: readonly string[]) => (types.length === 0 ? undefined : [...new Set(types)].join(' | '))

type Schema = { readonly [keyword: string]: unknown }

function ownType(schema: Schema, given: ReadonlySet<string>, depth: number): string | undefined {
  const literals = 'const' in schema ? [schema.const] : listOf(schema.enum)
  if (literals.length > 0) return unionOf(literals.map(literal))
  const types = typeof schema.type === 'string' ? [schema.type] : listOf(schema.type)
  if (types.length === 0 && isObject(schema.properties)) return objectType(schema, given, depth)
  return unionOf(types.map(type => typeOfWord(`${type}`, schema, given, depth)))
}

/** Texts that read as a name of a type are not a danger in JSON; what is not a literal in TypeScript is left open. */
function literal(value: unknown): string {
  const isPlain = value === null || ['string', 'number', 'boolean'].includes(typeof value)
  return isPlain ? JSON.stringify(value) : 'unknown'
}

function typeOfWord(word: string, schema: Schema, given: ReadonlySet<string>, depth: number): string {
  if (word === 'string' || word === 'boolean' || word === 'null') return word
  if (word === 'number') return 'number'
  // One that a number cannot hold exactly.
  if (word === 'integer') return schema.format === 'int64' ? 'number | bigint' : 'number'
  if (word === 'array') return `readonly ${bracketed(typeOfSchema(itemsOf(schema), new Set(), depth + 1))}[]`
  return word === 'object' ? objectType(schema, given, depth) : 'unknown'
}

/** Lists whose first items differ are lists of anything. */
const itemsOf = ({ items, prefixItems }: Schema) =>
  prefixItems === undefined && !Array.isArray(items) ? (items as JsonSchema | undefined) : undefined

function objectType(schema: Schema, given: ReadonlySet<string>, depth: number): string {
  const properties = isObject(schema.properties) ? schema.properties : {}
  const required = new Set(listOf(schema.required))
  const members = Object.entries(properties).map(([name, property]) => {
    const isOptional = !required.has(name) || given.has(name) || (isObject(property) && 'default' in property)
    return `${nameOf(name)}${isOptional ? '?' : ''}: ${typeOfSchema(property as JsonSchema, new Set(), depth + 1)}`
  })
  const undeclared = [...required].filter(name => !Object.hasOwn(properties, `${name}`) && !given.has(`${name}`))
  for (const name of undeclared) members.push(`${nameOf(`${name}`)}: unknown`)
  const isOpen = schema.additionalProperties === true || isObject(schema.additionalProperties)
  if (isOpen || (members.length === 0 && depth > 0)) members.push('[name: string]: unknown')
  return members.length === 0 ? 'Record<never, never>' : `{ ${members.join('; ')} }`
}

/** A name as the key of an object. */
export const nameOf = (name: string) => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name))
