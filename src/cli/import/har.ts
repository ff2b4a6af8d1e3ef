import { readFileSync, statSync } from 'node:fs'
import { given } from '../../ground/given.ts'
import { parseJson } from '../../ground/json.ts'
import { isObject } from '../../ground/object.ts'
import { tried } from '../../ground/tried.ts'
import { type Bytes, formatBytes } from '../../ground/units.ts'
import { misuse } from '../flags.ts'

/** Name and value; names in lower case. */
export type Header = readonly [name: string, value: string]

/** A request and its response, as they were recorded. */
export interface Recorded {
  /** Upper case. */
  method: string
  url: URL
  headers: readonly Header[]
  /** Undefined where none was sent. */
  body?: { type: string; text: string; hasFiles: boolean }
  /** 0 where there was no response. */
  status: number
  responseHeaders: readonly Header[]
  /** Media type of the response, and its text where the recording has it. */
  responseType: string
  responseText?: string
}

/** A recording is parsed as a whole. */
const LARGEST: Bytes = 256_000_000

/** Reads a HAR file: requests in the order in which they began. Throws Misuse for what is not one. Source: HAR 1.2. */
export function readHar(file: string): Recorded[] {
  const refuse = (found: string, advice: string) => misuse('read', file, found, advice)
  const stats = statSync(file, { throwIfNoEntry: false })
  if (!stats?.isFile()) throw refuse('there is no such file', 'Correct the path.')
  if (stats.size > LARGEST)
    throw refuse(`it has ${formatBytes(stats.size)}, and no more than ${formatBytes(LARGEST)} are read`, 'Record less.')
  const value = tried(() => parseJson(readFileSync(file, 'utf8').replace(/^\uFEFF/, '')))
  const log = isObject(value) ? value.log : undefined
  const entries = isObject(log) ? log.entries : undefined
  const advice = 'Save one by the network panel of a browser ("Save all as HAR with content").'
  if (isObject(value) && isObject(value.info) && Array.isArray(value.item))
    throw refuse('it is a collection of Postman, which has no responses to carry values from', advice)
  if (!Array.isArray(entries)) throw refuse('it is not a HAR file: it has no log.entries', advice)
  const timed = entries.filter(isObject).map(entry => ({ entry, at: Date.parse(String(entry.startedDateTime)) || 0 }))
  return timed.sort((a, b) => a.at - b.at).flatMap(({ entry }) => recordedOf(entry) ?? [])
}

function recordedOf({ request, response }: Record<string, unknown>): Recorded | undefined {
  if (!isObject(request) || typeof request.url !== 'string' || !URL.canParse(request.url)) return undefined
  const received = isObject(response) ? response : {}
  const content = isObject(received.content) ? received.content : {}
  const responseHeaders = headersOf(received.headers)
  const type = responseHeaders.find(([name]) => name === 'content-type')?.[1]
  return given<Recorded>({
    method: String(request.method).toUpperCase(),
    url: new URL(request.url),
    headers: headersOf(request.headers),
    body: bodyOf(request.postData),
    status: statusOf(received.status),
    responseHeaders,
    responseType: type ?? (typeof content.mimeType === 'string' ? content.mimeType : ''),
    responseText: textOf(content),
  })
}

function statusOf(written: unknown): number {
  const status = Number(written)
  return Number.isInteger(status) && status >= 100 && status < 600 ? status : 0
}

/** Names that begin with a colon are pseudo-headers of HTTP/2. */
function headersOf(written: unknown): Header[] {
  const all = Array.isArray(written) ? written.filter(isObject) : []
  return all
    .map(({ name, value }): Header => [String(name).toLowerCase(), String(value ?? '')])
    .filter(([name]) => !name.startsWith(':'))
}

function bodyOf(written: unknown): Recorded['body'] {
  if (!isObject(written)) return undefined
  const params = Array.isArray(written.params) ? written.params.filter(isObject) : []
  const hasFiles = params.some(({ fileName }) => typeof fileName === 'string' && fileName !== '')
  const pairs = params.map(({ name, value }): [string, string] => [String(name), String(value ?? '')])
  const text = typeof written.text === 'string' && written.text !== '' ? written.text : `${new URLSearchParams(pairs)}`
  if (text === '' && !hasFiles) return undefined
  return { type: String(written.mimeType ?? ''), text, hasFiles }
}

function textOf({ text, encoding }: Record<string, unknown>): string | undefined {
  if (typeof text !== 'string') return undefined
  const read = encoding === 'base64' ? Buffer.from(text, 'base64').toString() : text
  return isTooDeep(read) ? undefined : read
}

export function cookiesIn(text: string): [name: string, value: string][] {
  const pairs = text
    .split(';')
    .map(pair => pair.trim())
    .filter(pair => pair.includes('='))
  return pairs.map(pair => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)])
}

/** Cookies that a response sets, as they are written. */
export function cookiesSetBy({ responseHeaders }: Recorded): [name: string, value: string][] {
  const lines = responseHeaders.filter(([name]) => name === 'set-cookie').flatMap(([, value]) => value.split('\n'))
  return lines.flatMap(line => cookiesIn(line.split(';', 1)[0]!))
}

/** Names and values in the text of a body. */
export const fieldsOf = (body: Recorded['body']): [name: string, value: string][] =>
  body === undefined ? [] : fieldsIn(body.text)

const NAMED = /\bname=["']?([\w.-]+)[^<>]*>([^<>]+)<\//g
const ELEMENT = /<(?:[\w-]+:)?([\w.-]+)(?:\s[^<>]*)?>(?:<!\[CDATA\[)?([^<>]+?)(?:\]\]>)?<\//g
/** `name: "value"`, also with quotes that are escaped for a text around it, and `name=value`. */
const FIELD = new RegExp(
  String.raw`([\w-]+)\\*["']?\s*[=:](?!\s*(?:\w+:)?//)\s*` +
    String.raw`(?:(["'])((?:\\.|(?!\2)[^\\]){0,4000}?)\2|\\+["'](.{0,4000}?)\\+["']|([^\s"'<>&;,{}\\]+))`,
  'gs',
)

/** Names and values in a text: elements and attributes of XML, arguments of GraphQL, and fields of any text. */
export function fieldsIn(text: string): [name: string, value: string][] {
  const elements = [...text.matchAll(ELEMENT), ...text.matchAll(NAMED)].map(
    ([, name, value]) => [name!, value!.trim()] as [string, string],
  )
  const fields = [...text.matchAll(FIELD)].map(([, name, , quoted, escaped, bare]): [string, string] => [
    name!,
    quoted ?? escaped ?? bare!,
  ])
  return [...elements, ...fields]
}

/** Levels of a JSON body that are looked at; deeper nesting is not an API. */
const DEEPEST = 200

/** Whether a text, if it is JSON, has more levels than are looked at. */
export function isTooDeep(text: string): boolean {
  let depth = 0
  for (const [part] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[{\]}]/gs)) {
    if (part === '[' || part === '{') depth++
    else if (part === ']' || part === '}') depth--
    if (depth > DEEPEST) return true
  }
  return false
}
