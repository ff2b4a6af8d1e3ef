import { dirname, resolve } from 'node:path'
import { onceFor } from '../../ground/once.ts'
import { decoded } from '../../ground/tried.ts'
import type { Finding } from '../problems.ts'
import { isRaw, member, objectsWithin, type Raw, text } from '../raw.ts'
import { baseUriOf, type Files, fileOfUrl, isUnreadable, resolveUri, step, tokensOf, type Unreadable } from './files.ts'
import { fileOf, parentOf, placeOfValue, type SourceFile } from './source-file.ts'

type Resolved = { readonly value: unknown } | Unreadable

/**
 * Follows `$ref`s by JSON Pointer or `$anchor`, within a file and to others, relative to the file that holds them.
 * Nothing is fetched from a network.
 */
export class References {
  readonly #files: Files
  /** How deep one reference has led to the next; a chain this long leads in a circle. */
  #depth = 0

  constructor(files: Files) {
    this.#files = files
  }

  /** Resolves a reference. `holder` is the object that contains it. */
  resolve(reference: string, holder: object): Resolved {
    const hash = reference.indexOf('#')
    const fragment = hash < 0 ? '' : reference.slice(hash + 1)
    const schema = schemaBehind(reference, holder)
    const within = schema && this.#within(schema, fragment)
    if (within && !isUnresolved(within)) return within
    const file = this.fileBehind(reference, holder)
    if (isUnreadable(file)) return file
    if (file.value === undefined) return { found: 'its file cannot be read' }
    return this.#within(file.value, fragment)
  }

  #within(root: unknown, fragment: string): Resolved {
    if (fragment !== '' && !fragment.startsWith('/')) return findAnchor(root, decoded(fragment))
    return this.walk(root, tokensOf(fragment))
  }

  /** The file that a reference leads to. */
  fileBehind(reference: string, holder: object): SourceFile | Unreadable {
    const path = reference.split('#', 1)[0]!
    if (path === '') return fileOf(holder)
    const known = this.#identified(path, holder)
    return known ? this.#files.read(known) : this.#read(path, fileOf(holder).file)
  }

  /** A file that calls itself so. Only references that lead away from this machine are worth a search. */
  #identified(path: string, holder: object): string | undefined {
    const uri = resolveUri(path, baseUriAt(holder))
    return uri === undefined || uri.startsWith('file:') ? undefined : this.#files.withSelf(uri)
  }

  /** Walks down from a value and follows `$ref`s on the way. */
  walk(root: unknown, tokens: readonly string[]): Resolved {
    let value = root
    for (const token of tokens) {
      let next = step(value, token)
      if (isUnresolved(next) && text(asRaw(value), '$ref') !== undefined) {
        let broken: Finding | undefined
        const target = this.follow(value, finding => {
          broken = finding
        })
        if (broken) return { found: broken.found, hint: broken.hint }
        next = step(target, token)
      }
      if (isUnresolved(next)) return next
      value = next.value
    }
    return { value }
  }

  /** Value at the end of a chain of `$ref`s, or the value itself. `undefined` if the chain is broken. */
  follow(value: unknown, onUnresolved: (finding: Finding) => void): unknown {
    const seen = new Set<unknown>()
    let target = value
    for (;;) {
      const holder = asRaw(target)
      const reference = text(holder, '$ref')
      if (!holder || reference === undefined) return target
      const result =
        seen.has(holder) || this.#depth > 100 ? CIRCLE : this.#deeper(() => this.resolve(reference, holder))
      if (isUnresolved(result)) {
        onUnresolved(unresolved(reference, holder, result))
        return undefined
      }
      seen.add(holder)
      target = result.value
    }
  }

  #deeper<T>(resolve: () => T): T {
    this.#depth++
    try {
      return resolve()
    } finally {
      this.#depth--
    }
  }

  #read(path: string, from: string): SourceFile | Unreadable {
    if (/^[a-z][a-z0-9+.-]+:/i.test(path)) {
      const file = path.startsWith('file:') ? fileOfUrl(path) : undefined
      if (file !== undefined) return this.#files.read(file)
      return {
        found: 'it is on the network, from where nothing is read',
        hint: 'Keep a copy next to the file and refer to that.',
      }
    }
    const base = dirname(from)
    const written = resolve(base, path)
    const plain = resolve(base, decoded(path))
    return this.#files.read(written !== plain && this.#files.exists(written) ? written : plain)
  }
}

/** A schema with an `$id`: the one that a reference names, or the one that a mere fragment is relative to. */
function schemaBehind(reference: string, holder: object): Raw | undefined {
  if (reference.startsWith('#')) return resourceOf(holder)
  const uri = resolveUri(reference, baseUriAt(holder))
  return uri === undefined ? undefined : schemasOf(fileOf(holder)).get(uri)
}

export const CIRCLE: Unreadable = { found: 'it refers to itself', hint: 'Remove one of the references in this circle.' }

export const isUnresolved = (result: Resolved): result is Unreadable => 'found' in result

/** Finding for a broken `$ref`. */
export function unresolved(reference: string, holder: object, { found, hint }: Unreadable): Finding {
  const at = placeOfValue(holder, '$ref')
  return { code: 'unresolved-reference', at, failed: `resolve $ref "${reference}"`, found, hint }
}

const asRaw = (value: unknown): Raw | undefined => (isRaw(value) ? value : undefined)

/** Plain-name fragments: `$anchor` of JSON Schema 2020-12, anywhere in the file. */
function findAnchor(root: unknown, name: string): Resolved {
  for (const value of objectsWithin(root))
    if (member(value, '$anchor') === name || member(value, '$dynamicAnchor') === name) return { value }
  return { found: `no schema has the $anchor "${name}"` }
}

/** Whether any schema of a file may have an `$id`; the text is looked through once. */
const mayHaveIds = onceFor((file: SourceFile) => file.text.includes('$id'))

/**
 * The schema that a `$ref` within it is relative to: the nearest with an `$id`. Source: JSON Schema 2020-12 Core,
 * 8.2.1.
 */
function resourceOf(holder: object): Raw | undefined {
  if (!mayHaveIds(fileOf(holder))) return undefined
  for (let at: object | undefined = holder; at; at = parentOf(at)) {
    if (isRaw(at) && text(at, '$id') !== undefined) return at
  }
  return undefined
}

/** Base URI of the references in an object. */
function baseUriAt(holder: object): string {
  const resource = resourceOf(holder)
  if (!resource) return baseUriOf(fileOf(holder))
  const parent = parentOf(resource)
  const outer = parent ? baseUriAt(parent) : baseUriOf(fileOf(holder))
  return resolveUri(text(resource, '$id')!, outer) ?? outer
}

/** The schemas of a file by their `$id`, as absolute URIs. */
const schemasOf = onceFor((file: SourceFile): ReadonlyMap<string, Raw> => {
  const found = new Map<string, Raw>()
  if (!mayHaveIds(file)) return found
  for (const schema of objectsWithin(file.value)) {
    if (text(schema, '$id') === undefined) continue
    const uri = baseUriAt(schema)
    if (!found.has(uri)) found.set(uri, schema)
  }
  return found
})
