import { isObject } from '../ground/object.ts'

/** Reads unchecked values. A value of the wrong type is absent here, and the shape check reports it once. */
export type Raw = Readonly<Record<string, unknown>>

export const isRaw: (value: unknown) => value is Raw = isObject

/** An own member; what objects inherit does not count. */
export function member(of: Raw | undefined, key: string): unknown {
  return of && Object.hasOwn(of, key) ? of[key] : undefined
}

export function has(of: Raw | undefined, key: string): boolean {
  return of !== undefined && Object.hasOwn(of, key)
}

export function text(of: Raw | undefined, key: string): string | undefined {
  const value = member(of, key)
  return typeof value === 'string' ? value : undefined
}

/** Text, or what YAML made of text that looks like a number or a boolean, as text: `3.1`, `8080`. */
export function scalar(of: Raw | undefined, key: string): string | undefined {
  const value = member(of, key)
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? `${value}` : undefined
}

export function object(of: Raw | undefined, key: string): Raw | undefined {
  const value = member(of, key)
  return isRaw(value) ? value : undefined
}

/** Objects within a value, itself included: each once, before those within it. */
export function* objectsWithin(root: unknown): Generator<Raw> {
  const seen = new Set<object>()
  const pending = [root]
  while (pending.length > 0) {
    const value = pending.pop()
    if (typeof value !== 'object' || value === null || seen.has(value)) continue
    seen.add(value)
    if (isRaw(value)) yield value
    for (const child of Object.values(value).reverse()) pending.push(child)
  }
}

const NOTHING: readonly never[] = []

export function list(of: Raw | undefined, key: string): readonly unknown[] {
  const value = member(of, key)
  return Array.isArray(value) ? value : NOTHING
}

/** The items of a list that are objects. */
export function objects(of: Raw | undefined, key: string): readonly Raw[] {
  return list(of, key).filter(isRaw)
}

/** The items of a list that are text. */
export function texts(of: Raw | undefined, key: string): readonly string[] {
  return list(of, key).filter(item => typeof item === 'string')
}

/**
 * `{$inputs.id}` without quotes: to YAML that is a mapping with one key and no value. The text without braces, if it is
 * one.
 */
export function unquotedExpression(value: unknown): string | undefined {
  if (!isRaw(value)) return undefined
  const [key, ...others] = Object.keys(value)
  return key?.startsWith('$') && others.length === 0 && value[key] === null ? key : undefined
}
