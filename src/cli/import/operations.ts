import type { Operation } from '../../document/model.ts'
import type { ReadOpenApi } from '../../document/openapi/description.ts'
import { decoded } from '../../ground/tried.ts'
import { wordsOf } from '../../ground/words.ts'
import { baseOf } from '../../workflow/server.ts'
import type { Recorded } from './har.ts'

/** A path taken apart: its template, and the values that it was called with, as they were sent. */
export interface CalledPath {
  template: string
  values: readonly { name: string; value: string }[]
  /** Operation of a given description. */
  operation?: Operation
}

/** Tells what a request called; undefined where nothing is known of it. */
export type PathReader = (call: Recorded) => CalledPath | undefined

/** Reads paths by the operations of a description. */
export function byDescription({ description }: ReadOpenApi): PathReader {
  const all = description.operations.map(operation => {
    const base = baseOf(operation, '', 'http://127.0.0.1')
    const declared = operation.servers[0]?.url ?? '/'
    const path = URL.canParse(declared)
      ? new URL(declared).pathname.replace(/\/+$/, '')
      : 'found' in base
        ? ''
        : base.path
    const names = [...operation.path.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => name!)
    const pattern = operation.path
      .split(/\{[^{}]+\}/)
      .map(escaped)
      .join('([^/]+)')
    return { operation, names, pattern: new RegExp(`^${escaped(path)}${pattern}/?$`) }
  })
  // A literal path wins over one with parameters.
  const sorted = [...all].sort((a, b) => a.names.length - b.names.length)
  return ({ method, url }) => {
    for (const { operation, names, pattern } of sorted) {
      const match = operation.method === method ? pattern.exec(url.pathname) : null
      if (match === null) continue
      const values = names.map((name, i) => ({ name, value: decoded(match[i + 1]!) }))
      return { template: operation.path, values, operation }
    }
    return undefined
  }
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** Words before a number that say that it is not the id of anything. */
const COUNTED = /^(v|version|page|p|step|level|year|month|day|size|limit|offset|top|last)$/i

/**
 * Reads paths without a description: what looks like an id, or is one that a response had, is a parameter.
 *
 * @param isCarried whether a response had a value that is written as this text.
 * @param isSecret whether a text has a secret in it.
 */
export function byForm(isCarried: (text: string) => boolean, isSecret: (text: string) => boolean): PathReader {
  return ({ url }) => {
    const segments = url.pathname.split('/').slice(1)
    const values: { name: string; value: string }[] = []
    const template = segments.map((written, i) => {
      const [segment, before] = [decoded(written), segments[i - 1] ?? '']
      const isId = i > 0 && !COUNTED.test(before) && (looksLikeId(segment) || isCarried(segment))
      const isParameter = isId || isSecret(segment)
      if (!isParameter || segment === '') return written
      const name = nameAfter(before, values)
      values.push({ name, value: segment })
      return `{${name}}`
    })
    return { template: `/${template.join('/')}`, values }
  }
}

/** Whether a segment of a path is an id: digits, a UUID, or text that is hardly a word. */
function looksLikeId(segment: string): boolean {
  return (
    /^\d+$/.test(segment) ||
    /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(segment) ||
    /^[0-9a-f]{12,}$/i.test(segment) ||
    (segment.length >= 16 && /\d/.test(segment) && /^[\w~-]+$/.test(segment))
  )
}

/** `petId` after `pets`. */
function nameAfter(before: string, others: readonly { name: string }[]): string {
  const words = wordsOf(decoded(before)).split('-')
  const [first = '', ...rest] = words.map(word => word.toLowerCase())
  const thing = [first, ...rest.map(word => word.charAt(0).toUpperCase() + word.slice(1))].join('')
  const single = thing.replace(/ies$/, 'y').replace(/(?<=(s|x|ch|sh))es$|(?<!s)s$/, '')
  const base = /^[a-z]/.test(single) ? `${single}Id` : 'id'
  for (let n = 1; ; n++) {
    const name = n === 1 ? base : `${base}${n}`
    if (!others.some(one => one.name === name)) return name
  }
}
