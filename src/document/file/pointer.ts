import { fileURLToPath } from 'node:url'
import { suggestion } from '../../ground/errors.ts'
import { unescapeToken } from '../../ground/pointer.ts'
import { decoded, tried } from '../../ground/tried.ts'
import { isRaw } from '../raw.ts'
import type { Unreadable } from './files.ts'

/** The tokens of the JSON Pointer in a URI's fragment, which may be percent-encoded: `/paths/~1pets~1%7Bid%7D`. */
export function tokensOf(fragment: string): string[] {
  return fragment
    .split('/')
    .slice(1)
    .map(token => unescapeToken(decoded(token)))
}

/** The path of a `file:` URL; undefined when it names another machine. */
export function fileOfUrl(url: string): string | undefined {
  return tried(() => fileURLToPath(url))
}

/** A member of an object or an item of a list; what is not there is said with what may have been meant. */
export function step(value: unknown, token: string): { value: unknown } | Unreadable {
  if (Array.isArray(value) && /^(?:0|[1-9]\d*)$/.test(token) && Number(token) < value.length) {
    return { value: value[Number(token)] }
  }
  if (isRaw(value) && Object.hasOwn(value, token)) return { value: value[token] }
  const hint = isRaw(value) ? suggestion(token, Object.keys(value)) : undefined
  return { found: `there is no "${token}"`, hint }
}
