import { isRaw, objectsWithin, type Raw, text } from '../raw.ts'
import { baseUriOf, resolveUri } from './base-uri.ts'
import { fileOf, parentOf, type SourceFile } from './source-file.ts'

const named = new WeakMap<SourceFile, boolean>()

/** Whether any schema of a file may have an `$id`; the text is looked through once. */
function mayHaveIds(file: SourceFile): boolean {
  const known = named.get(file) ?? file.text.includes('$id')
  named.set(file, known)
  return known
}

/**
 * The schema that a `$ref` within it is relative to: the nearest with an `$id`. Source: JSON Schema 2020-12 Core,
 * 8.2.1.
 */
export function resourceOf(holder: object): Raw | undefined {
  if (!mayHaveIds(fileOf(holder))) return undefined
  for (let at: object | undefined = holder; at; at = parentOf(at)) {
    if (isRaw(at) && text(at, '$id') !== undefined) return at
  }
  return undefined
}

/** What references in an object are resolved against. */
export function baseUriAt(holder: object): string {
  const resource = resourceOf(holder)
  if (!resource) return baseUriOf(fileOf(holder))
  const parent = parentOf(resource)
  const outer = parent ? baseUriAt(parent) : baseUriOf(fileOf(holder))
  return resolveUri(text(resource, '$id')!, outer) ?? outer
}

const known = new WeakMap<SourceFile, ReadonlyMap<string, Raw>>()

/** The schemas of a file by their `$id`, as absolute URIs. */
export function schemasOf(file: SourceFile): ReadonlyMap<string, Raw> {
  const found = known.get(file) ?? collect(file)
  known.set(file, found)
  return found
}

function collect(file: SourceFile): Map<string, Raw> {
  const found = new Map<string, Raw>()
  if (!mayHaveIds(file)) return found
  for (const schema of objectsWithin(file.value)) {
    if (text(schema, '$id') === undefined) continue
    const uri = baseUriAt(schema)
    if (!found.has(uri)) found.set(uri, schema)
  }
  return found
}
