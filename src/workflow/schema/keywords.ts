/**
 * What the keywords of JSON Schema hold. `same` are schemas that apply to the very value that the schema around them
 * applies to; `below` are schemas of its members. What is not listed says nothing about validity and is left out.
 * Source: JSON Schema 2020-12, Core 10 and 11, Validation 6 and 7; `dependencies` and `additionalItems` of older
 * drafts.
 */
export type Holds = 'data' | 'same' | 'sameList' | 'sameMap' | 'below' | 'belowList' | 'belowMap'

export const KEYWORDS: Readonly<Record<string, Holds>> = {
  not: 'same',
  if: 'same',
  // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
  then: 'same',
  else: 'same',
  allOf: 'sameList',
  anyOf: 'sameList',
  oneOf: 'sameList',
  dependentSchemas: 'sameMap',
  dependencies: 'sameMap',
  items: 'below',
  additionalItems: 'below',
  prefixItems: 'belowList',
  contains: 'below',
  properties: 'belowMap',
  patternProperties: 'belowMap',
  additionalProperties: 'below',
  propertyNames: 'below',
  unevaluatedItems: 'below',
  unevaluatedProperties: 'below',
  ...data(
    'type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems',
    'minItems uniqueItems maxContains minContains maxProperties minProperties required dependentRequired format',
  ),
}

function data(...words: string[]): Record<string, Holds> {
  return Object.fromEntries(words.flatMap(line => line.split(' ')).map(word => [word, 'data'] as const))
}

/** Keywords whose values are not schemas: a `$ref` or `$id` in an example is none. */
export const DATA: ReadonlySet<string> = new Set(['example', 'examples', 'default', 'enum', 'const'])

/** Keywords whose members have names of the author's: `properties` may well have one that is called `default`. */
export const NAMED: ReadonlySet<string> = new Set([
  'properties',
  'patternProperties',
  'dependentSchemas',
  '$defs',
  'definitions',
  'schemas',
])
