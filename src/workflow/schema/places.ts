import { dirname, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { OpenApiDescription, SchemaPlace } from '../../document/model.ts'
import { isRaw, type Raw } from '../../document/raw.ts'
import { unescapeToken } from '../../ground/pointer.ts'
import { decoded } from '../../ground/tried.ts'
import { type Dialect, dialectOf } from './dialect.ts'
import { DATA, NAMED } from './keywords.ts'

/** A file, or a part of one that has an `$id` of its own. Source: JSON Schema 2020-12, Core 4.3.5. */
export interface Resource {
  readonly base: string
  readonly file: string
  readonly root: unknown
  /** The value of the whole file. */
  readonly whole: unknown
  readonly anchors: Map<string, unknown>
  /** Those of `$dynamicAnchor` alone. */
  readonly dynamicAnchors: Map<string, unknown>
}

/** A schema and the resource that it stands in, which is what its references are relative to. */
export interface SchemaNode {
  readonly value: unknown
  readonly resource: Resource
  /** The schema that this one was reached from, as a part of it. */
  readonly parent?: SchemaNode
}

const known = new WeakMap<OpenApiDescription, SchemaPlaces>()

/** Finds schemas in the files of one OpenAPI description, and follows their references. */
export class SchemaPlaces {
  readonly dialect: Dialect
  readonly #files = new Map<string, Resource>()
  readonly #byId = new Map<string, Resource>()
  readonly #byRoot = new Map<unknown, Resource>()

  static of(description: OpenApiDescription): SchemaPlaces {
    const places = known.get(description) ?? new SchemaPlaces(description)
    known.set(description, places)
    return places
  }

  private constructor({ version, documents }: OpenApiDescription) {
    this.dialect = dialectOf(version)
    for (const [file, root] of Object.entries(documents)) {
      this.#files.set(file, createResource(pathToFileURL(file).href, file, root))
    }
    // Before 3.1 an `$id` or `$anchor` is nothing but an unknown word.
    if (this.dialect === 'openapi') return
    for (const resource of this.#files.values()) this.#scan(resource.root, resource)
  }

  /** The schema that a place names. What stands there may have been read in other terms (OpenAPI 2.0). */
  at({ file, pointer, schema }: SchemaPlace): SchemaNode {
    const resource = this.#files.get(file) ?? createResource(pathToFileURL(file).href, file, schema)
    const node = this.#files.has(file) ? this.#walk({ value: resource.root, resource }, pointer) : undefined
    return node && (isRaw(node.value) || typeof node.value === 'boolean') ? node : { value: schema, resource }
  }

  /** A schema within another. */
  child(parent: SchemaNode, value: unknown): SchemaNode {
    return { value, resource: this.#byRoot.get(value) ?? parent.resource, parent }
  }

  /** What `$ref` stands for. Throws an Error that says what was found. */
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
        node = this.resolve(node.value.$ref, node)
      }
      if (!has(node.value, key)) return undefined
      node = this.child(node, (node.value as Raw)[key])
    }
    return node
  }

  /** Notes what has an `$id` or an anchor. */
  #scan(root: unknown, within: Resource): void {
    const seen = new Set<unknown>()
    const visit = (value: unknown, resource: Resource, named: boolean): void => {
      if (typeof value !== 'object' || value === null || seen.has(value)) return
      seen.add(value)
      const inner = named || !isRaw(value) ? resource : this.#note(value, resource)
      for (const [key, child] of Object.entries(value)) {
        if (named || !DATA.has(key)) visit(child, inner, !named && NAMED.has(key))
      }
    }
    visit(root, within, false)
  }

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
