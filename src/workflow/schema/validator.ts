import type { OpenApiDescription, SchemaPlace } from '../../document/model.ts'
import { isRaw, object } from '../../document/raw.ts'
import { modernize, noteOrigin, type Resource, type SchemaNode, SchemaPlaces } from '../../document/schema-places.ts'
import { bounded } from '../../expression/bounded.ts'
import { ExpressionError } from '../../expression/index.ts'
import { onceFor } from '../../ground/once.ts'
import { createAjv, type SchemaError } from './ajv.ts'

/** Holds a value against a schema. Throws EffortError where that takes too much. */
export interface Validator {
  (value: unknown): boolean
  /** Errors of the last value that did not pass: all for a value of a usual size, else the first. */
  errors?: readonly SchemaError[]
}

/** Size of a value above which only the first error is looked for: each wrong item of 100,000 would have its own. */
const ALL_LISTED = 5_000

/**
 * Compiles a schema for a part of a response. Throws an Error in one line if it is not a schema, or has a broken
 * reference.
 */
export function compileForResponse(place: SchemaPlace, description: OpenApiDescription): Validator {
  const places = SchemaPlaces.of(description)
  const schema = new Bundle(places).of(places.at(place))
  const { first, all } = compilersOf(description)
  const quick = first.compile(schema)
  let thorough: typeof quick | undefined
  const validator: Validator = value => {
    if (withinEffort(value, () => quick(value))) return true
    validator.errors = quick.errors!
    if (partsOf(value, ALL_LISTED) === ALL_LISTED) return false
    thorough ??= all.compile(schema)
    try {
      if (!withinEffort(value, () => thorough!(value))) validator.errors = thorough.errors!
    } catch (error) {
      // The first error was found; that listing the others takes too long changes nothing.
      if (!(error instanceof EffortError)) throw error
    }
    return false
  }
  return validator
}

/** Compilers of each description, because creating one takes a millisecond; they live as long as the description. */
const compilersOf = onceFor((_: OpenApiDescription) => ({ first: createCompiler(false), all: createCompiler(true) }))

function createCompiler(allErrors: boolean) {
  const ajv = createAjv({ multipleOfPrecision: 9, allErrors, verbose: true })
  ajv.addKeyword({
    keyword: FORBIDDEN,
    validate: () => false,
    error: { message: 'must NOT be in a response (writeOnly)' },
  })
  ajv.addKeyword({
    keyword: VISITED,
    errors: false,
    validate: () => {
      visit()
      return true
    },
  })
  return ajv
}

/** Context that the path to a schema adds. */
interface Way {
  /** `$dynamicAnchor`s of the resources that were entered, the outermost of each name. */
  readonly dynamic: ReadonlyMap<string, SchemaNode>
  /** Properties that are `writeOnly` in a schema around this one for the same object. */
  readonly hidden: ReadonlySet<string>
}

const nothingHidden: ReadonlySet<string> = new Set()

/** Put in the place of a property that must not be in a response. */
const FORBIDDEN = 'forbiddenInResponse'

/**
 * A schema with all its references as one JSON Schema 2020-12, for a response: `writeOnly` properties are forbidden,
 * and not required. A `$dynamicRef` is resolved here, once for each path to its schema. Throws an Error that names a
 * broken reference.
 */
class Bundle {
  readonly #places: SchemaPlaces
  readonly #definitions: Record<string, unknown> = {}
  readonly #names = new Map<string, string>()
  readonly #numbers = new Map<unknown, number>()

  constructor(places: SchemaPlaces) {
    this.#places = places
  }

  of(root: SchemaNode): Record<string, unknown> {
    const way = entered(root.resource, { dynamic: new Map(), hidden: nothingHidden })
    return { $ref: this.#refer(root, way), $defs: this.#definitions }
  }

  #refer(target: SchemaNode, way: Way): string {
    const key = this.#keyOf(target, way)
    const name = this.#names.get(key) ?? String(this.#names.size)
    if (!this.#names.has(key)) {
      this.#names.set(key, name)
      const definition = this.#translate(target, way)
      this.#definitions[name] = isRaw(definition) ? noteOrigin({ [VISITED]: true, ...definition }, target) : definition
    }
    return `#/$defs/${name}`
  }

  #translate(node: SchemaNode, way: Way): unknown {
    if (typeof node.value === 'boolean') return node.value
    if (!isRaw(node.value)) throw new Error(`${JSON.stringify(node.value) ?? 'nothing'} is not a schema`)
    const hidden = new Set([...way.hidden, ...this.#hiddenIn(node)])
    const same = hidden.size === 0 ? way : { ...way, hidden }
    const below = { ...way, hidden: nothingHidden }
    const result: Record<string, unknown> = {}
    for (const [keyword, value] of Object.entries(modernize(node.value, this.#places.dialect))) {
      if (keyword === '$ref' && typeof value === 'string') {
        result.$ref = this.#follow(this.#places.resolve(value, node), node, same)
      } else if (keyword === '$dynamicRef' && typeof value === 'string') {
        result.$dynamicRef = this.#follow(this.#resolveDynamic(value, node, same), node, same)
      } else if (keyword === 'required') {
        result.required = (value as unknown[]).filter(name => !hidden.has(name as string))
      } else if (Object.hasOwn(KEYWORDS, keyword)) {
        const holds = KEYWORDS[keyword]!
        result[keyword] = this.#keyword(holds, value, node, holds.startsWith('same') ? same : below)
      }
    }
    return noteOrigin(withoutDynamic(result), node)
  }

  #keyword(holds: Holds, value: unknown, node: SchemaNode, way: Way): unknown {
    const read = (schema: unknown) => this.#translate(this.#places.child(node, schema), way)
    switch (holds) {
      case 'data':
        return value
      case 'same':
      case 'below':
        return read(value)
      case 'sameList':
      case 'belowList':
        return Array.isArray(value) ? value.map(read) : value
      case 'sameMap':
        // A list of names in `dependencies` stays one.
        return mapped(value, schema => (Array.isArray(schema) ? schema : read(schema)))
      case 'belowMap':
        return mapped(value, schema =>
          this.#isWriteOnly(this.#places.child(node, schema))
            ? noteOrigin({ [FORBIDDEN]: true }, this.#places.child(node, schema))
            : read(schema),
        )
    }
  }

  #follow(target: SchemaNode, from: SchemaNode, way: Way): string {
    return this.#refer(target, target.resource === from.resource ? way : entered(target.resource, way))
  }

  /** Source: JSON Schema 2020-12, Core 8.2.3.2. */
  #resolveDynamic(reference: string, node: SchemaNode, way: Way): SchemaNode {
    const initial = this.#places.resolve(reference, node)
    const name = reference.slice(reference.indexOf('#') + 1)
    const isDynamic = isRaw(initial.value) && initial.value.$dynamicAnchor === name
    return (isDynamic && way.dynamic.get(name)) || initial
  }

  #hiddenIn(schema: SchemaNode): string[] {
    return [...this.#places.alike(schema)].flatMap(node =>
      Object.entries(object(node.value, 'properties') ?? {})
        .filter(([, property]) => this.#isWriteOnly(this.#places.child(node, property)))
        .map(([name]) => name),
    )
  }

  #isWriteOnly(node: SchemaNode, depth = 0): boolean {
    const { value } = node
    if (!isRaw(value) || depth > 100) return false
    const { $ref, writeOnly } = value
    if (writeOnly === true) return true
    return typeof $ref === 'string' && this.#isWriteOnly(this.#places.resolve($ref, node), depth + 1)
  }

  #keyOf({ value }: SchemaNode, { dynamic, hidden }: Way): string {
    const bound = [...dynamic].map(([name, node]) => `${name}=${this.#numberOf(node.value)}`)
    return JSON.stringify([this.#numberOf(value), bound, [...hidden].sort()])
  }

  #numberOf(value: unknown): number {
    const number = this.#numbers.get(value) ?? this.#numbers.size
    this.#numbers.set(value, number)
    return number
  }
}

/**
 * Content of JSON Schema keywords. `same` are schemas that apply to the value of the outer schema; `below` are schemas
 * of its members. Other keywords do not affect validity and are left out. Source: JSON Schema 2020-12, Core 10 and 11,
 * Validation 6 and 7; `dependencies` and `additionalItems` of older drafts.
 */
type Holds = 'data' | 'same' | 'sameList' | 'sameMap' | 'below' | 'belowList' | 'belowMap'

const KEYWORDS: Readonly<Record<string, Holds>> = {
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

function mapped(value: unknown, read: (schema: unknown) => unknown): unknown {
  if (!isRaw(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, read(schema)]))
}

function entered(resource: Resource, way: Way): Way {
  const added = [...resource.dynamicAnchors].filter(([name]) => !way.dynamic.has(name))
  if (added.length === 0) return way
  const bound = added.map(([name, value]) => [name, { value, resource }] as const)
  return { ...way, dynamic: new Map([...way.dynamic, ...bound]) }
}

/** Both kinds of reference became plain ones; a schema can have one of each. */
function withoutDynamic({ $dynamicRef, ...schema }: Record<string, unknown>): Record<string, unknown> {
  if ($dynamicRef === undefined) return schema
  if (schema.$ref === undefined) return { ...schema, $ref: $dynamicRef }
  const rest = Array.isArray(schema.allOf) ? schema.allOf : []
  return { ...schema, allOf: [...rest, { $ref: $dynamicRef }] }
}

/** Put into each schema that is referred to: only by references can a short schema mean endless work. */
const VISITED = 'countsVisits'

/** The validation of a response was too expensive and has not been completed. */
export class EffortError extends Error {
  override readonly name = 'EffortError'
}

/** A value of fewer parts cannot take long, except by references, which are counted. */
const SHORT = 2_000
const LONGEST = 5_000
const MOST_VISITS = 200_000
const MOST_VISITS_EACH = 50

let visits = 0
let allowed = MOST_VISITS
let looked: unknown

/** Counts the visit of a referenced schema. Throws EffortError after too many for the current value. */
function visit(): void {
  if (++visits < allowed) return
  allowed = Math.max(MOST_VISITS, MOST_VISITS_EACH * partsOf(looked, Number.POSITIVE_INFINITY))
  if (visits < allowed) return
  throw new EffortError(
    `it takes more than ${allowed.toLocaleString('en')} visits to schemas that it refers to; alternatives within ` +
      'alternatives multiply',
  )
}

/** Holds a value against a schema within a time and a number of visits. Throws EffortError beyond them. */
function withinEffort<T>(value: unknown, hold: () => T): T {
  visits = 0
  allowed = MOST_VISITS
  looked = value
  try {
    return partsOf(value, SHORT) < SHORT
      ? shallow(hold)
      : bounded(() => shallow(hold), LONGEST, { expected: 'its end' })
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error
    throw new EffortError(error.message)
  } finally {
    looked = undefined
  }
}

function shallow<T>(hold: () => T): T {
  try {
    return hold()
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new EffortError('one of the two is nested too deeply, or refers to itself without end')
  }
}

/** How many values there are within one, itself included; not counted beyond `most`. */
function partsOf(value: unknown, most: number): number {
  let parts = 0
  const pending = [value]
  while (pending.length > 0 && parts < most) {
    const one = pending.pop()
    parts++
    if (typeof one !== 'object' || one === null) continue
    const members = Array.isArray(one) ? one : Object.values(one)
    if (parts + pending.length + members.length >= most) return most
    for (const member of members) pending.push(member)
  }
  return parts
}
