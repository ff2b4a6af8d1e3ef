import { escapeToken } from '../../ground/pointer.ts'
import type { SchemaNode } from './places.ts'

/** From which schema of a description a translated one was made. */
const origins = new WeakMap<object, SchemaNode>()

export function noteOrigin<T extends object>(translated: T, node: SchemaNode): T {
  origins.set(translated, node)
  return translated
}

/**
 * The file and the JSON Pointer of a schema as it is written, by what it was translated to; undefined where it is in no
 * file, as what was converted from OpenAPI 2.0. Slow: it looks through the file.
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
