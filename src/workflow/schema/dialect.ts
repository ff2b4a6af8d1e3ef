import { given } from '../../ground/given.ts'

type Raw = Readonly<Record<string, unknown>>

/** `openapi` is the Schema Object of OpenAPI 2.0 and 3.0, `json-schema` that of 3.1 and later. */
export type Dialect = 'openapi' | 'json-schema'

export const dialectOf = (version: string): Dialect => (/^(2\.0|3\.0)/.test(version) ? 'openapi' : 'json-schema')

/** What OpenAPI 3.0.3, "Schema Object", takes from JSON Schema; `const`, `if` and the like mean nothing there. */
const OPENAPI = new Set(
  (
    'type enum multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern ' +
    'maxItems minItems uniqueItems maxProperties minProperties required format ' +
    'allOf oneOf anyOf not items properties additionalProperties'
  ).split(' '),
)

/**
 * The keywords of one schema object in the terms of JSON Schema 2020-12; schemas within it stay as they are.
 *
 * OpenAPI's `nullable` lets null pass whatever else is said, also beside `enum` and `allOf`: the letter of 3.0.3 asks
 * for a `type` in the same object and for null within the `enum`, but who writes `nullable: true` means it.
 */
export function modernize(schema: Raw, dialect: Dialect): Raw {
  if (dialect === 'json-schema') return bounds(tuple(schema))
  if (typeof schema.$ref === 'string') return { $ref: schema.$ref }
  if (schema.nullable === true || schema['x-nullable'] === true) {
    return { if: { type: 'null' }, else: { ...schema, nullable: false, 'x-nullable': false } }
  }
  // A file is whatever the bytes are. Source: OpenAPI 2.0, "Response Object".
  if (schema.type === 'file') return {}
  const known = Object.entries(schema).filter(([keyword]) => OPENAPI.has(keyword))
  return bounds(Object.fromEntries(known))
}

/**
 * `exclusiveMinimum: true` beside `minimum`, as drafts up to 4 have it; `required: true`, of draft 3, says nothing
 * here.
 */
function bounds(schema: Raw): Raw {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, required, ...rest } = schema
  return {
    ...rest,
    ...(Array.isArray(required) && { required }),
    ...bound('minimum', minimum, 'exclusiveMinimum', exclusiveMinimum),
    ...bound('maximum', maximum, 'exclusiveMaximum', exclusiveMaximum),
  }
}

function bound(name: string, limit: unknown, exclusiveName: string, exclusive: unknown): Raw {
  if (exclusive === true) return limit === undefined ? {} : { [exclusiveName]: limit }
  return given({ [name]: limit, [exclusiveName]: exclusive === false ? undefined : exclusive })
}

/** `items: [a, b]` of drafts before 2020-12. */
function tuple(schema: Raw): Raw {
  if (!Array.isArray(schema.items)) return schema
  const { items, additionalItems, ...rest } = schema
  return given({ ...rest, prefixItems: items, items: additionalItems })
}
