/**
 * Parameter styles: how a value becomes part of a path, a query, a header or a cookie.
 * Source: OpenAPI 3.1 "Style Values" and RFC 6570, which it refers to.
 */

import type { OperationParameter } from '../../document/model.ts'
import { stringify } from '../../expression/index.ts'
import { isObject } from '../../ground/object.ts'

type Encode = (text: string) => string

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

const encodeNothing: Encode = text => text

type Member = readonly [name: string, value: unknown]
const isAbsent = (value: unknown) => value === undefined || value === null
const isList = (value: unknown): value is unknown[] => Array.isArray(value)
const present = (list: unknown[]) => list.filter(item => !isAbsent(item))
const membersOf = (record: Record<string, unknown>): Member[] =>
  Object.entries(record).filter(([, value]) => !isAbsent(value))

/** `a,b`, `k,v,k,v` or, exploded, `k=v` pairs, joined by `separator`. */
function joined(value: unknown, explode: boolean, separator: string, encode: Encode): string {
  if (isList(value))
    return present(value)
      .map(item => encode(stringify(item)))
      .join(separator)
  if (!isObject(value)) return encode(stringify(value))
  return membersOf(value)
    .map(([name, member]) => encode(name) + (explode ? '=' : separator) + encode(stringify(member)))
    .join(separator)
}

/** `matrix`: `;n=a,b`, exploded `;n=a;n=b`. */
function matrix(name: string, value: unknown, explode: boolean, encode: Encode): string {
  const pair = (key: string, text: string) => (text === '' ? `;${encode(key)}` : `;${encode(key)}=${text}`)
  if (!explode) return pair(name, joined(value, false, ',', encode))
  return pairsOf(name, value, true)
    .map(([key, [text = '']]) => pair(key, encode(text)))
    .join('')
}

/** Delimiters of lists that are not exploded, as they stand in a query. */
const DELIMITERS = { form: ',', spaceDelimited: '%20', tabDelimited: '%09', pipeDelimited: '%7C' } as const

export type FormStyle = keyof typeof DELIMITERS | 'deepObject'

export const isFormStyle = (style: unknown): style is FormStyle =>
  style === 'deepObject' || Object.hasOwn(DELIMITERS, String(style))

type Styled = Pick<OperationParameter, 'name' | 'style' | 'explode' | 'allowReserved'>
type Place = Exclude<OperationParameter['in'], 'querystring'>

/** Writes the values of a parameter into its place. */
export function styleWriter({ name, style, explode, allowReserved }: Styled, place: Place): (value: unknown) => string {
  const encode = allowReserved ? encodeReserved : encodeStrict
  const ofQuery = isFormStyle(style) ? style : 'form'
  switch (place) {
    case 'path':
      // Exploded `.a.b`, else `.a,b`.
      if (style === 'label') return value => `.${joined(value, explode, explode ? '.' : ',', encode)}`
      if (style === 'matrix') return value => matrix(name, value, explode, encode)
      return value => (typeof value === 'string' ? encode(value) : joined(value, explode, ',', encode))
    case 'header':
      return value => (typeof value === 'string' ? value : joined(value, explode, ',', encodeNothing))
    case 'cookie':
      return value => form(name, value, explode, style === 'cookie' ? encodeNothing : encode, ',', '; ')
    case 'query':
      return value => inStyle(ofQuery, name, value, explode, encode)
  }
}

/** A value in one of the styles of a query, as pairs. */
export function inStyle(style: FormStyle, name: string, value: unknown, explode: boolean, encode: Encode): string {
  return style === 'deepObject'
    ? deepObject(name, value, encode)
    : form(name, value, explode, encode, DELIMITERS[style])
}

/**
 * `form` and its relatives: pairs for a query (or, with another joiner, a cookie).
 * Nothing (`undefined`, null, an empty list) gives no pair, as RFC 6570 has it for undefined values.
 */
export function form(name: string, value: unknown, explode: boolean, encode: Encode, delimiter = ',', joiner = '&') {
  if (isAbsent(value)) return ''
  if (typeof value !== 'object') return `${encodeStrict(name)}=${encode(stringify(value))}`
  const isRecord = isObject(value) && !explode
  // The names of members are names, of which no character is reserved.
  const encodeAt = (text: string, index: number) => (isRecord && index % 2 === 0 ? encodeStrict(text) : encode(text))
  return pairsOf(name, value, explode)
    .map(([key, texts]) => `${encodeStrict(key)}=${texts.map(encodeAt).join(delimiter)}`)
    .join(joiner)
}

/** `deepObject`: `n[a]=1&n[b][c]=2`, brackets percent-encoded. */
function deepObject(name: string, value: unknown, encode: Encode): string {
  return deepPairs(name, value)
    .map(([key, text]) => `${encodeStrict(key)}=${encode(text)}`)
    .join('&')
}

/** Styles as unencoded names and texts: parts of a multipart body. */
export function stylePairs(name: string, value: unknown, style: FormStyle, explode: boolean) {
  if (style === 'deepObject') return deepPairs(name, value)
  const delimiter = decodeURIComponent(DELIMITERS[style])
  return pairsOf(name, value, explode).map(([key, texts]) => [key, texts.join(delimiter)] as const)
}

/** Names with their unencoded texts: of an object that is not exploded, names and texts of its members in turn. */
function pairsOf(
  name: string,
  value: unknown,
  explode: boolean,
): (readonly [name: string, texts: readonly string[]])[] {
  if (!isList(value) && !isObject(value)) return [[name, [stringify(value)]]]
  const texts = isList(value)
    ? present(value).map(item => [name, stringify(item)] as const)
    : membersOf(value).map(([key, item]) => [key, stringify(item)] as const)
  if (explode) return texts.map(([key, text]) => [key, [text]])
  return texts.length === 0 ? [] : [[name, isList(value) ? texts.map(([, text]) => text) : texts.flat()]]
}

function deepPairs(prefix: string, node: unknown): (readonly [string, string])[] {
  if (isAbsent(node)) return []
  if (isList(node)) return node.flatMap(item => deepPairs(prefix, item))
  if (isObject(node)) return membersOf(node).flatMap(([key, item]) => deepPairs(`${prefix}[${key}]`, item))
  return [[prefix, stringify(node)]]
}
