import { dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { given } from '../ground/given.ts'
import { onceFor } from '../ground/once.ts'
import { escapeToken, unescapeToken } from '../ground/pointer.ts'
import { decoded } from '../ground/tried.ts'
import type { OpenApiDescription, SchemaPlace } from './model.ts'
import { isRaw, type Raw } from './raw.ts'

/** From which schema of a description a translated one was made. */
const origins = new WeakMap<object, SchemaNode>()

export function noteOrigin<T extends object>(translated: T, node: SchemaNode): T {
  origins.set(translated, node)
  return translated
}

/**
 * File and JSON Pointer of the original of a translated schema. Undefined if it is in no file, for example after a
 * conversion from OpenAPI 2.0. Slow: it searches the file.
 */
export function originOf(translated: unknown): { file: string; pointer: string } | undefined {
  let node = typeof translated === 'object' && translated !== null ? origins.get(translated) : undefined
  // A schema may have been taken apart, as one that is nullable: then the one around it is in the file.
  for (; node !== undefined; node = node.parent) {
    const { file, whole } = node.resource
    const pointer = pathTo(node.value, whole)
    if (pointer !== undefined) return { file, pointer }
  }
  return undefined
}

/** JSON Pointer of an object within another, the first on the way through it. */
function pathTo(wanted: unknown, whole: unknown): string | undefined {
  const seen = new Set<unknown>()
  const pending: [value: unknown, pointer: string][] = [[whole, '']]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [value, pointer] = next
    if (value === wanted) return pointer
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    for (const [key, member] of Object.entries(value).reverse())
      pending.push([member, `${pointer}/${escapeToken(key)}`])
  }
  return undefined
}

/** `openapi` is the Schema Object of OpenAPI 2.0 and 3.0, `json-schema` that of 3.1 and later. */
type Dialect = 'openapi' | 'json-schema'

const dialectOf = (version: string): Dialect => (/^(2\.0|3\.0)/.test(version) ? 'openapi' : 'json-schema')

/**
 * Keywords that OpenAPI 3.0.3, "Schema Object", takes from JSON Schema; `const`, `if` and others have no meaning there.
 */
const OPENAPI = new Set(
  (
    'type enum multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern ' +
    'maxItems minItems uniqueItems maxProperties minProperties required format ' +
    'allOf oneOf anyOf not items properties additionalProperties'
  ).split(' '),
)

/**
 * Converts the keywords of one schema object to JSON Schema 2020-12; inner schemas are unchanged.
 *
 * OpenAPI's `nullable` always allows null, also next to `enum` and `allOf`. The text of 3.0.3 requires a `type` in the
 * same object and null in the `enum`, but authors of `nullable: true` mean it.
 */
export function modernize(schema: Raw, dialect: Dialect): Raw {
  if (dialect === 'json-schema') return bounds(tuple(schema))
  if (typeof schema.$ref === 'string') return { $ref: schema.$ref }
  if (schema.nullable === true || schema['x-nullable'] === true) {
    return { if: { type: 'null' }, else: { ...schema, nullable: false, 'x-nullable': false } }
  }
  // A file may have any bytes. Source: OpenAPI 2.0, "Response Object".
  if (schema.type === 'file') return {}
  const known = Object.entries(schema).filter(([keyword]) => OPENAPI.has(keyword))
  return bounds(Object.fromEntries(known))
}

/**
 * `exclusiveMinimum: true` next to `minimum`, as in drafts up to 4; `required: true`, of draft 3, has no meaning here.
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

/** A file, or a part of one that has an `$id` of its own. Source: JSON Schema 2020-12, Core 4.3.5. */
export interface Resource {
  readonly base: string
  readonly file: string
  readonly root: unknown
  /** The value of the whole file. */
  readonly whole: unknown
  readonly anchors: Map<string, unknown>
  /** Anchors of `$dynamicAnchor` only. */
  readonly dynamicAnchors: Map<string, unknown>
}

/** A schema and the resource that it stands in, which is what its references are relative to. */
export interface SchemaNode {
  readonly value: unknown
  readonly resource: Resource
  /** The schema that this one was reached from, as a part of it. */
  readonly parent?: SchemaNode
}

/** Finds schemas in the files of one OpenAPI description, and follows their references. */
export class SchemaPlaces {
  readonly dialect: Dialect
  /** References in the middle of JSON Pointers that were followed. */
  readonly passed = new Set<object>()
  readonly #files = new Map<string, Resource>()
  readonly #byId = new Map<string, Resource>()
  readonly #byRoot = new Map<unknown, Resource>()

  static readonly of = onceFor((description: OpenApiDescription) => new SchemaPlaces(description))

  private constructor({ version, documents }: OpenApiDescription) {
    this.dialect = dialectOf(version)
    for (const [file, root] of Object.entries(documents)) {
      this.#files.set(file, createResource(pathToFileURL(file).href, file, root))
    }
    // Before 3.1 an `$id` or `$anchor` is nothing but an unknown word.
    if (this.dialect === 'openapi') return
    for (const file of this.#files.values()) visitSchemas(file.root, file, (schema, outer) => this.#note(schema, outer))
  }

  /** Schema at a place. The value there may have been converted (OpenAPI 2.0). */
  at({ file, pointer, schema }: SchemaPlace): SchemaNode {
    const resource = this.#files.get(file) ?? createResource(pathToFileURL(file).href, file, schema)
    const node = this.#files.has(file) ? this.#walk({ value: resource.root, resource }, pointer) : undefined
    return node && (isRaw(node.value) || typeof node.value === 'boolean') ? node : { value: schema, resource }
  }

  /** A schema within another. */
  child(parent: SchemaNode, value: unknown): SchemaNode {
    return { value, resource: this.#byRoot.get(value) ?? parent.resource, parent }
  }

  /** A schema, and those that it puts together for the same value: its own members first. */
  *alike(node: SchemaNode, seen = new Set<unknown>()): Generator<SchemaNode & { readonly value: Raw }> {
    const { value } = node
    if (!isRaw(value) || seen.has(value)) return
    seen.add(value)
    yield { ...node, value }
    for (const parts of [value.allOf, value.anyOf, value.oneOf])
      if (Array.isArray(parts)) for (const part of parts) yield* this.alike(this.child(node, part), seen)
    if (typeof value.$ref === 'string') yield* this.alike(this.resolve(value.$ref, node), seen)
  }

  /** Target of a `$ref`. Throws an Error with the finding. */
  resolve(reference: string, from: SchemaNode): SchemaNode {
    const [path = '', fragment = ''] = splitAtHash(reference)
    const resource = path === '' ? from.resource : this.#resource(path, from.resource)
    const node = resource && this.#find(resource, fragment)
    if (!node) throw new Error(`its $ref "${reference}" leads nowhere`)
    return node
  }

  #find(resource: Resource, fragment: string): SchemaNode | undefined {
    const root = { value: resource.root, resource }
    if (fragment === '' || fragment.startsWith('/')) return this.#walk(root, decoded(fragment))
    const value = resource.anchors.get(decoded(fragment))
    return value === undefined ? undefined : { value, resource }
  }

  #resource(path: string, from: Resource): Resource | undefined {
    const url = URL.canParse(path, from.base) ? new URL(path, from.base).href : undefined
    const byId = url === undefined ? undefined : this.#byId.get(url)
    if (byId) return byId
    if (path.startsWith('file:')) return this.#files.get(fileURLToPath(path))
    const folder = dirname(from.file)
    return this.#files.get(resolve(folder, path)) ?? this.#files.get(resolve(folder, decoded(path)))
  }

  /** Follows a JSON Pointer; `$ref`s on the way are followed too. */
  #walk(start: SchemaNode, pointer: string): SchemaNode | undefined {
    let node = start
    for (const token of pointer.split('/').slice(1)) {
      const key = unescapeToken(token)
      if (!has(node.value, key) && isRaw(node.value) && typeof node.value.$ref === 'string') {
        this.passed.add(node.value)
        node = this.resolve(node.value.$ref, node)
      }
      if (!has(node.value, key)) return undefined
      node = this.child(node, (node.value as Raw)[key])
    }
    return node
  }

  /** Notes what has an `$id` or an anchor. */
  #note(schema: Raw, outer: Resource): Resource {
    const { $id, $anchor, $dynamicAnchor } = schema
    let resource = outer
    if (typeof $id === 'string' && URL.canParse($id, outer.base)) {
      const base = new URL($id, outer.base).href.replace(/#.*$/, '')
      resource = createResource(base, outer.file, schema, outer.whole)
      this.#byId.set(base, resource)
      this.#byRoot.set(schema, resource)
    }
    if (typeof $anchor === 'string') resource.anchors.set($anchor, schema)
    if (typeof $dynamicAnchor === 'string') {
      resource.anchors.set($dynamicAnchor, schema)
      resource.dynamicAnchors.set($dynamicAnchor, schema)
    }
    return resource
  }
}

const createResource = (base: string, file: string, root: unknown, whole = root): Resource => ({
  base,
  file,
  root,
  whole,
  anchors: new Map(),
  dynamicAnchors: new Map(),
})

const has = (value: unknown, key: string) => typeof value === 'object' && value !== null && Object.hasOwn(value, key)

function splitAtHash(reference: string): string[] {
  const hash = reference.indexOf('#')
  return hash < 0 ? [reference] : [reference.slice(0, hash), reference.slice(hash + 1)]
}

/** Keywords whose values are data: a `$ref` or `$id` in an example is data as well. */
const DATA: ReadonlySet<string> = new Set(['example', 'examples', 'default', 'enum', 'const'])

/** Keywords whose members have names of the author's: `properties` may well have one that is called `default`. */
const NAMED: ReadonlySet<string> = new Set(
  'properties patternProperties dependentSchemas $defs definitions schemas headers responses'.split(' '),
)

/**
 * Visits the objects of a description that are not data, each once. `enter` is given the context of the object around
 * one, and returns its own.
 */
export function visitSchemas<C>(
  root: unknown,
  context: C,
  enter: (value: Raw, context: C) => C,
  skips: (key: string) => boolean = () => false,
): void {
  const seen = new Set<unknown>()
  const visit = (value: unknown, outer: C, isNamed: boolean): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return
    seen.add(value)
    const own = isNamed || !isRaw(value) ? outer : enter(value, outer)
    for (const [key, child] of Object.entries(value))
      if (isNamed || !(DATA.has(key) || skips(key))) visit(child, own, !isNamed && NAMED.has(key))
  }
  visit(root, context, false)
}
