import { isRaw } from '../../document/raw.ts'
import { modernize } from './dialect.ts'
import { VISITED } from './effort.ts'
import { type Holds, KEYWORDS } from './keywords.ts'
import { noteOrigin } from './origin.ts'
import type { Resource, SchemaNode, SchemaPlaces } from './places.ts'

/** What the way to a schema adds to it. */
interface Way {
  /** `$dynamicAnchor`s of the resources that were entered, the outermost of each name. */
  readonly dynamic: ReadonlyMap<string, SchemaNode>
  /** Properties that are `writeOnly` in a schema around this one for the same object. */
  readonly hidden: ReadonlySet<string>
}

const nothingHidden: ReadonlySet<string> = new Set()

/** Put in the place of a property that must not be in a response. */
export const FORBIDDEN = 'forbiddenInResponse'

/**
 * A schema with all that it refers to as one JSON Schema 2020-12, for a response: `writeOnly` properties are
 * forbidden, and not required. A `$dynamicRef` is resolved here, once for each way on which its schema is reached,
 * which is what it means. Throws an Error that says what leads nowhere.
 */
export function bundleForResponse(root: SchemaNode, places: SchemaPlaces): Record<string, unknown> {
  return new Bundle(places).of(root)
}

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

  #hiddenIn(node: SchemaNode, seen = new Set<unknown>()): string[] {
    const { value } = node
    if (!isRaw(value) || seen.has(value)) return []
    seen.add(value)
    const { properties, allOf, anyOf, oneOf, $ref } = value
    const own = Object.entries(isRaw(properties) ? properties : {})
      .filter(([, schema]) => this.#isWriteOnly(this.#places.child(node, schema)))
      .map(([name]) => name)
    const parts = [allOf, anyOf, oneOf].flatMap(list => (Array.isArray(list) ? list : []))
    const nodes = parts.map(part => this.#places.child(node, part))
    if (typeof $ref === 'string') nodes.push(this.#places.resolve($ref, node))
    return [...own, ...nodes.flatMap(part => this.#hiddenIn(part, seen))]
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
