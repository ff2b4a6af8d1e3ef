import { parseJson, writeJson } from '../ground/json.ts'
import { shortened, shownAsJson } from '../ground/show.ts'
import { decoded, tried } from '../ground/tried.ts'
import type { Bytes } from '../ground/units.ts'
import { CUT_OFF } from '../http/causes.ts'
import type { ShownExchange } from '../measure/report.ts'
import { traceOf } from './exchange.ts'
import type { Delivery, Exchange } from './outcome.ts'
import { isSecretHeader } from './secrets.ts'

const maxBody = 1_000
/** So much of a text that is not JSON is looked at for what to hide. */
const LOOKED_AT = 4_000
const secrets = ['password', 'passwd', '(?:client[-_]?)?secret', '(?:(?:access|refresh|id)[-_]?)?token', 'api[-_]?key']
const secretKey = new RegExp(`^(?:.*[-_])?(?:${secrets.join('|')}|authorization)$`, 'i')

/**
 * An exchange as a reader wants it: headers that say something, bodies shortened. Credentials in headers, and members
 * of bodies that are named like credentials, are hidden even where their values are not known to be secrets.
 *
 * @param size of the response's body, where only its beginning is there.
 */
export function shownExchange({ request, response }: Exchange, failure?: string, size?: Bytes): ShownExchange {
  const { method, url, headers, body } = request
  return {
    method,
    url,
    headers: shownHeaders(headers),
    body: body === undefined ? undefined : shownText(body),
    response: response && {
      status: response.status,
      headers: shownHeaders(response.headers),
      body: response.body === undefined ? undefined : shownBody(response.body, size),
    },
    failure: response ? undefined : failure,
    trace: traceOf(headers),
  }
}

/** Words for a request that was sent twice. */
export const RESENT = 'the request was sent again: its idle connection had ended before it arrived'

/** A message as a reader wants it: where it went or came from, headers and payload, shortened. */
export function shownDelivery(delivery: Delivery, failure?: string): ShownExchange {
  const { action, address, correlationId, message } = delivery
  const id = correlationId === undefined ? '' : ` (correlationId ${shownAsJson(correlationId)})`
  return {
    method: action,
    url: `${address}${id}`,
    headers: {},
    response: message && {
      headers: Object.fromEntries(
        Object.entries(message.headers).map(([name, value]) => [name, hideHeader(name, String(value))]),
      ),
      ...(message.payload !== undefined && { body: shownBody(message.payload) }),
    },
    failure: failure || undefined,
  }
}

/** Request line, headers and body, then the response's. */
export function describeShown({ method, url, headers, body, response, failure }: ShownExchange): string {
  const lines = [`${method} ${url}`, ...linesOf(headers, body)]
  const isMessage = method === 'send' || method === 'receive'
  if (!response)
    return [...lines, isMessage ? `no message${failure ? `: ${failure}` : ''}` : absence(failure)].join('\n')
  if (response.status !== undefined) lines.push(`HTTP ${response.status}`)
  lines.push(...linesOf(response.headers, response.body))
  if (failure !== undefined) lines.push(`failed: ${failure}`)
  return lines.join('\n')
}

/** Names a response that had come in part otherwise than one that had not come. */
function absence(failure: string | undefined): string {
  return `${failure?.endsWith(CUT_OFF) ? 'incomplete' : 'no'} response${failure ? `: ${failure}` : ''}`
}

/** One line: `GET http://127.0.0.1:3000/items -> 503 {"error":"out of stock"}`. */
export function summarizeShown({ method, url, response, failure, trace }: ShownExchange): string {
  const status = response
    ? [response.status, response.body && shortened(response.body, MOST_IN_LINE)].filter(part => part !== undefined)
    : [absence(failure)]
  const of = trace === undefined ? '' : `, trace ${trace}`
  return `${method} ${shortened(url, MOST_IN_LINE)} -> ${status.join(' ')}${of}`.trimEnd().replaceAll(/\s+/g, ' ')
}

const MOST_IN_LINE = 120

const linesOf = (headers: Record<string, string>, body: string | undefined): string[] => [
  ...Object.entries(headers).map(([name, value]) => `  ${name}: ${value}`),
  ...(body === undefined ? [] : [`  ${body}`]),
]

const uninteresting = new Set([
  'date',
  'connection',
  'keep-alive',
  'user-agent',
  'accept',
  'content-length',
  'transfer-encoding',
])

function shownHeaders(headers: Record<string, string>): Record<string, string> {
  const shown = Object.entries(headers).filter(([name]) => !uninteresting.has(name.toLowerCase()))
  return Object.fromEntries(shown.map(([name, value]) => [name, hideHeader(name, value)]))
}

const hideHeader = (name: string, value: string) => (isSecretHeader(name) ? '***' : value)

/** @param size in bytes, if the body is only the beginning of a longer one. */
function shownBody(body: unknown, size?: Bytes): string {
  if (typeof body === 'string') return shownText(body, size)
  if (ArrayBuffer.isView(body)) return `<${body.byteLength} bytes>`
  const text = body === undefined ? '' : shownAsJson(body, hideMember)
  return shorten(text, `${text.length} characters`)
}

/** JSON text loses its secret members; form text its secret fields. */
function shownText(text: string, size?: Bytes): string {
  if (text === `<${size} bytes>`) return text
  const json = size === undefined ? tried(() => writeJson(parseJson(text), hideMember)) : undefined
  const shown = json ?? hideInBeginning(text.slice(0, LOOKED_AT))
  const length = size === undefined ? `${(json ?? text).length} characters` : `${size} bytes`
  return shorten(shown, length, size !== undefined || (json === undefined && text.length > LOOKED_AT))
}

const shorten = (text: string, length: string, isCut = false) =>
  isCut || text.length > maxBody ? `${text.slice(0, maxBody)}... (${length})` : text

const HIDDEN_TYPES: ReadonlySet<string> = new Set(['string', 'number', 'bigint'])

function hideMember(key: string, value: unknown): unknown {
  return secretKey.test(key) && HIDDEN_TYPES.has(typeof value) ? '***' : value
}

/** Confidential value after a name's colon: text, possibly cut off, or a number in any notation. */
const VALUE = String.raw`(?:"(?:[^"\\]|\\.)*(?:"|\\?$)|(?!true\b|false\b|null\b)[^\s"{}[\],]+)`
/** A text in quotes; and where it is a member's name the colon and a value. */
const QUOTED = new RegExp(String.raw`"((?:[^"\\]|\\.)*)(?:"|\\?$)(?:(\s*:\s*)${VALUE})?`, 'gs')
/** Name without its first quote. */
const BARE = new RegExp(String.raw`([A-Za-z_][\w-]*)("\s*:\s*)${VALUE}`, 'gs')
const FIELD = /(^|&)([^=&\s]+)=([^&\s]*)/g

/** Hides values in a beginning of JSON, in faulty JSON, or in a form. */
function hideInBeginning(text: string): string {
  const isSecret = (name: string) => secretKey.test(tried(() => JSON.parse(`"${name}"`) as string) ?? name)
  return text
    .replaceAll(QUOTED, (member, name: string, colon?: string) =>
      colon !== undefined && isSecret(name) ? `"${name}"${colon}"***"` : member,
    )
    .replaceAll(BARE, (member, name: string, colon: string) => (secretKey.test(name) ? `${name}${colon}"***"` : member))
    .replaceAll(FIELD, (field, before: string, name: string) =>
      secretKey.test(decoded(name)) ? `${before}${name}=***` : field,
    )
}
