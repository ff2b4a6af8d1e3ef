import { pointerThrough, unescapeToken } from '../ground/pointer.ts'
import type { Pointer } from './ast.ts'
import { ExpressionError } from './expression-error.ts'

/**
 * Equal pointers are one object within a thread, so that those who compare by identity (compiled expressions
 * and the body readers they were planned for) find each other. Emptied when full: equality by text still
 * holds.
 */
const known = new Map<string, Pointer>()
const MOST_KNOWN = 10_000

/**
 * Reads a JSON Pointer: `''` is the whole document, `/a~1b/0` the first of `a/b`. Source: RFC 6901, sections
 * 3 to 5.
 */
export function parsePointer(text: string): Pointer {
  const found = known.get(text)
  if (found !== undefined) return found
  if (text !== '' && !text.startsWith('/')) {
    throw new ExpressionError(`expected "/" at the start of a JSON Pointer, found "${text[0]}"`, 0, `Write /${text}.`)
  }
  const stray = /~(?![01])/.exec(text)
  if (stray !== null) {
    const message = 'expected "~0" or "~1" in a JSON Pointer, found "~" alone'
    throw new ExpressionError(message, stray.index, 'Write ~0 for "~" and ~1 for "/".')
  }
  return remember({ text, tokens: text.split('/').slice(1).map(unescapeToken) })
}

/** The whole of a value in which something is looked for: not the one of `$response.body#`, which takes it as it is. */
export const WHOLE: Pointer = { text: '', tokens: [] }

export function pointerTo(tokens: readonly (string | number)[]): Pointer {
  const text = pointerThrough(tokens)
  return known.get(text) ?? remember({ text, tokens: tokens.map(String) })
}

/** The one object for this pointer in this thread. */
export function intern(pointer: Pointer): Pointer {
  return known.get(keyOf(pointer)) ?? remember(pointer)
}

const keyOf = ({ text, chain }: Pointer) => (chain === undefined ? text : `${text}\0${chain.key}`)

/** Value at a pointer, through own members only; `undefined` if it is missing. */
export function getAt(value: unknown, pointer: Pointer): unknown {
  const { tokens } = pointer
  let at = value
  for (let i = 0; i < tokens.length; i++) {
    at = memberOf(at, tokens[i]!)
    if (at === undefined) return undefined
  }
  return at
}

/**
 * Own member of an object or item of an array. Apart from `length`, the own keys of a JSON array are its indexes, in
 * the form of RFC 6901 (no leading zeros, no sign).
 */
export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  if (name === 'length' && Array.isArray(value)) return undefined
  return (value as Record<string, unknown>)[name]
}

/**
 * A copy of the value with one place set; what does not lie on the way is shared, the original is untouched.
 * Missing members are made on the way: arrays where the next token is `0` or `-`, objects elsewhere. `null`
 * counts as missing. `-` and an array's length append. Throws where a scalar is in the way or an array would
 * get a hole.
 *
 * @param depth number of tokens that have led to the value.
 */
export function setAt(value: unknown, pointer: Pointer, newValue: unknown, depth = 0): unknown {
  const token = pointer.tokens[depth]
  if (token === undefined) return newValue
  const parent = value ?? (token === '0' || token === '-' ? [] : {})
  const child = () => setAt(memberOf(parent, token), pointer, newValue, depth + 1)
  if (Array.isArray(parent)) {
    const index = token === '-' ? parent.length : /^(?:0|[1-9]\d*)$/.test(token) ? Number(token) : undefined
    if (index === undefined || index > parent.length) {
      throw new ExpressionError(`expected an index up to ${parent.length}, found "${token}"`, offsetOf(pointer, depth))
    }
    const copy = parent.slice()
    copy[index] = child()
    return copy
  }
  // A computed key in a literal creates an own member with any name, `__proto__` included.
  if (typeof parent === 'object') return { ...parent, [token]: child() }
  const message =
    `expected an object or array at "${pointerThrough(pointer.tokens.slice(0, depth))}", found ` + `${typeof parent}`
  throw new ExpressionError(message, offsetOf(pointer, depth))
}

const offsetOf = (pointer: Pointer, depth: number): number => pointerThrough(pointer.tokens.slice(0, depth)).length

function remember(pointer: Pointer): Pointer {
  if (known.size >= MOST_KNOWN) known.clear()
  known.set(keyOf(pointer), pointer)
  return pointer
}

/**
 * Value of a name in a record. Names may contain dots, and dots are also member access (`$inputs.user.name`), so the
 * whole name is tried first, then the longest existing beginning, and so on inside it.
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
 * Splits `<source>.<reference>`. Version 1.0 allows dots in source names, and the longest matching name is used. An
 * unknown name ends at the first dot, as in version 1.1.
 */
export function splitSource(text: string, names: Iterable<string>): { source: string; reference: string } | undefined {
  let length = text.indexOf('.')
  for (const name of names)
    if (name.length > length && text.startsWith(`${name}.`) && text.length > name.length + 1) length = name.length
  if (length <= 0 || length + 1 >= text.length) return undefined
  return { source: text.slice(0, length), reference: text.slice(length + 1) }
}

/**
 * Applies that rule if only the names are known: returns the name that a dotted one means. For checks before anything
 * runs.
 */
export function resolveName(name: string, exists: (name: string) => boolean): string | undefined {
  if (exists(name)) return name
  for (let dot = name.lastIndexOf('.'); dot > 0; dot = name.lastIndexOf('.', dot - 1)) {
    if (exists(name.slice(0, dot))) return name.slice(0, dot)
  }
  return undefined
}
