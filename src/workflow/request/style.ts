/**
 * Parameter styles: how a value becomes part of a path, a query, a header or a cookie.
 * Source: OpenAPI 3.1 "Style Values" and RFC 6570, which it refers to.
 */

import { stringify } from '../../expression/index.ts'
import { isObject } from '../../ground/object.ts'

export type Encode = (text: string) => string

const strict = /[!'()*]/g
const toHex = (char: string) => '%' + char.charCodeAt(0).toString(16).toUpperCase()
const unreserved = /^[A-Za-z0-9\-._~]*$/

/** Everything but RFC 3986's unreserved characters is percent-encoded. */
export function encodeStrict(text: string): string {
  if (unreserved.test(text)) return text
  return encodeURIComponent(text.toWellFormed()).replace(strict, toHex)
}

/** `allowReserved`: reserved characters and percent-encoded triplets stay, except those that would end the query. */
export function encodeReserved(text: string): string {
  return encodeURI(text.toWellFormed())
    .replaceAll(/%25([0-9A-Fa-f]{2})/g, '%$1')
    .replaceAll('#', '%23')
    .replaceAll('[', '%5B')
    .replaceAll(']', '%5D')
}

export const encodeNothing: Encode = text => text

type Member = readonly [name: string, value: unknown]
const isAbsent = (value: unknown) => value === undefined || value === null
const isList = (value: unknown): value is unknown[] => Array.isArray(value)
const present = (list: unknown[]) => list.filter(item => !isAbsent(item))
const membersOf = (record: Record<string, unknown>): Member[] =>
  Object.entries(record).filter(([, value]) => !isAbsent(value))

/** `k,v,k,v` or, exploded, `k=v` pairs, joined by `separator`. */
function joinMembers(record: Record<string, unknown>, explode: boolean, separator: string, encode: Encode): string {
  return membersOf(record)
    .map(([name, value]) => encode(name) + (explode ? '=' : separator) + encode(stringify(value)))
    .join(separator)
}

/** `simple`: paths and headers. */
export function simple(value: unknown, explode: boolean, encode: Encode): string {
  if (isList(value))
    return present(value)
      .map(item => encode(stringify(item)))
      .join(',')
  if (isObject(value)) return joinMembers(value, explode, ',', encode)
  return encode(stringify(value))
}

/** `label`: `.a,b`, exploded `.a.b`. */
export function label(value: unknown, explode: boolean, encode: Encode): string {
  const separator = explode ? '.' : ','
  if (isList(value))
    return (
      '.' +
      present(value)
        .map(item => encode(stringify(item)))
        .join(separator)
    )
  if (isObject(value)) return '.' + joinMembers(value, explode, separator, encode)
  return '.' + encode(stringify(value))
}

/** `matrix`: `;n=a,b`, exploded `;n=a;n=b`. */
export function matrix(name: string, value: unknown, explode: boolean, encode: Encode): string {
  const pair = (key: string, text: string) => (text === '' ? `;${encode(key)}` : `;${encode(key)}=${text}`)
  if (isList(value)) {
    const items = present(value).map(item => encode(stringify(item)))
    return explode ? items.map(item => pair(name, item)).join('') : pair(name, items.join(','))
  }
  if (isObject(value)) {
    if (!explode) return pair(name, joinMembers(value, false, ',', encode))
    return membersOf(value)
      .map(([key, member]) => pair(key, encode(stringify(member))))
      .join('')
  }
  return pair(name, encode(stringify(value)))
}

/**
 * `form` and its relatives: pairs for a query (or, with another joiner, a cookie).
 * Nothing (`undefined`, null, an empty list) gives no pair, as RFC 6570 has it for undefined values.
 */
export function form(name: string, value: unknown, explode: boolean, encode: Encode, delimiter = ',', joiner = '&') {
  if (isAbsent(value)) return ''
  const key = encodeStrict(name)
  if (isList(value)) {
    const items = present(value).map(item => encode(stringify(item)))
    if (items.length === 0) return ''
    return explode ? items.map(item => `${key}=${item}`).join(joiner) : `${key}=${items.join(delimiter)}`
  }
  if (isObject(value)) {
    const members = membersOf(value)
    if (members.length === 0) return ''
    if (explode)
      return members.map(([member, item]) => `${encodeStrict(member)}=${encode(stringify(item))}`).join(joiner)
    const parts = members.flatMap(([member, item]) => [encodeStrict(member), encode(stringify(item))])
    return `${key}=${parts.join(delimiter)}`
  }
  return `${key}=${encode(stringify(value))}`
}

/** `deepObject`: `n[a]=1&n[b][c]=2`, brackets percent-encoded. */
export function deepObject(name: string, value: unknown, encode: Encode): string {
  const pairs: string[] = []
  const walk = (prefix: string, node: unknown): void => {
    if (isAbsent(node)) return
    if (isList(node)) for (const item of node) walk(prefix, item)
    else if (isObject(node))
      for (const [key, item] of membersOf(node)) walk(`${prefix}%5B${encodeStrict(key)}%5D`, item)
    else pairs.push(`${prefix}=${encode(stringify(node))}`)
  }
  walk(encodeStrict(name), value)
  return pairs.join('&')
}

const plainDelimiters = { form: ',', spaceDelimited: ' ', pipeDelimited: '|', tabDelimited: '\t' } as const

/** Styles as unencoded names and texts: parts of a multipart body. */
export function stylePairs(
  name: string,
  value: unknown,
  style: 'form' | 'spaceDelimited' | 'pipeDelimited' | 'tabDelimited' | 'deepObject',
  explode: boolean,
): (readonly [name: string, text: string])[] {
  if (style === 'deepObject') return deepPairs(name, value)
  const delimiter = plainDelimiters[style]
  if (isList(value)) {
    const items = present(value).map(stringify)
    if (items.length === 0) return []
    return explode ? items.map(item => [name, item] as const) : [[name, items.join(delimiter)]]
  }
  if (isObject(value)) {
    const members = membersOf(value).map(([key, item]) => [key, stringify(item)] as const)
    if (explode || members.length === 0) return members
    return [[name, members.flat().join(delimiter)]]
  }
  return [[name, stringify(value)]]
}

function deepPairs(prefix: string, node: unknown): (readonly [string, string])[] {
  if (isAbsent(node)) return []
  if (isList(node)) return node.flatMap(item => deepPairs(prefix, item))
  if (isObject(node)) return membersOf(node).flatMap(([key, item]) => deepPairs(`${prefix}[${key}]`, item))
  return [[prefix, stringify(node)]]
}
