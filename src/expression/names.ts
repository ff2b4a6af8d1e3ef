import { memberOf } from './pointer.ts'

/**
 * What a name stands for in a record. Names may contain dots, and dots are also written for member access
 * (`$inputs.user.name`), so the whole name is tried first, then the longest beginning that exists, and so on
 * inside it.
 */
export function lookup(record: unknown, name: string): unknown {
  const value = memberOf(record, name)
  if (value !== undefined) return value
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    const head = memberOf(record, name.slice(0, dot))
    if (head !== undefined) return lookup(head, name.slice(dot + 1))
  }
  return undefined
}

/**
 * The source and the rest of `<source>.<reference>`. Version 1.0 lets a source's name hold dots; of several that are a
 * beginning, the longest is meant. A name that is none ends at the first dot, as in version 1.1.
 */
export function splitSource(text: string, names: Iterable<string>): { source: string; reference: string } | undefined {
  let length = text.indexOf('.')
  for (const name of names)
    if (name.length > length && text.startsWith(`${name}.`) && text.length > name.length + 1) length = name.length
  if (length <= 0 || length + 1 >= text.length) return undefined
  return { source: text.slice(0, length), reference: text.slice(length + 1) }
}

/**
 * The same rule where only the names are known: which of them a dotted name means. For checks before anything
 * runs.
 */
export function resolveName(name: string, exists: (name: string) => boolean): string | undefined {
  if (exists(name)) return name
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    if (exists(name.slice(0, dot))) return name.slice(0, dot)
  }
  return undefined
}
