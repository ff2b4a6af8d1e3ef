import { badRequest } from '../causes.ts'
import type { OutgoingRequest } from '../transport.ts'

const badPath = /[^\x21-\xff]/
const wholeNumber = /^\d+$/
/** They are the connection's business, not the request's. */
const forbidden = new Set(['transfer-encoding', 'keep-alive', 'upgrade', 'expect'])

/**
 * A request as Latin-1 text, complete but for a body of bytes, which follows it. Text beyond Latin-1 in a body is in
 * it as UTF-8, each byte a character. Throws a `TransportError` for what no request may contain.
 */
export function encodeRequest(request: OutgoingRequest, host: string, closes: boolean): string {
  const { origin, method, path, headers, body } = request
  assertSendable(request)
  const text = typeof body === 'string' ? latin1Of(body) : ''
  const length = typeof body === 'object' ? body.byteLength : text.length
  const own = new OwnHeaders(origin)
  let fields = ''
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i]!
    const value = headers[i + 1]!
    if (own.take(name, value)) fields += `${name}: ${value}\r\n`
  }
  if (own.length !== undefined && length > 0 && own.length !== length)
    throw badRequest(origin, 'Request body length does not match content-length header')
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${own.host ?? host}\r\n`
  if (closes || own.closes) head += 'connection: close\r\n'
  head += fields
  if (length > 0 || expectsBody(method)) head += `content-length: ${length}\r\n`
  return `${head}\r\n${text}`
}

/** Throws a `TransportError` for a method or a path that no request may have. */
export function assertSendable({ origin, method, path }: OutgoingRequest): void {
  if (!isToken(method)) throw badRequest(origin, 'invalid request method')
  if (method === 'CONNECT') throw badRequest(origin, 'CONNECT makes a tunnel')
  if (!path.startsWith('/') || badPath.test(path)) throw badRequest(origin, 'invalid request path')
}

/** Looks at headers as they are given, and keeps those that stand elsewhere. */
export class OwnHeaders {
  host: string | undefined
  length: number | undefined
  closes = false
  readonly #origin: string

  constructor(origin: string) {
    this.#origin = origin
  }

  /** Whether the header is to be written as it is. */
  take(name: string, value: string): boolean {
    if (!isToken(name)) throw badRequest(this.#origin, 'invalid header key')
    if (!isFieldValue(value)) throw badRequest(this.#origin, `invalid ${name} header`)
    const key = name.toLowerCase()
    if (forbidden.has(key)) throw badRequest(this.#origin, `invalid ${key} header`)
    if (key === 'host') {
      if (this.host !== undefined) throw badRequest(this.#origin, 'duplicate host header')
      this.host = value
      return false
    }
    if (key === 'content-length') {
      if (this.length !== undefined) throw badRequest(this.#origin, 'duplicate content-length header')
      if (!wholeNumber.test(value)) throw badRequest(this.#origin, 'invalid content-length header')
      this.length = Number(value)
      return false
    }
    if (key === 'connection') {
      const options = value.split(',').map(option => option.trim().toLowerCase())
      if (!options.every(isToken)) throw badRequest(this.#origin, 'invalid connection header')
      this.closes ||= options.includes('close')
      return false
    }
    return true
  }
}

/** Text as UTF-8, each byte a character; text of ASCII is that already. */
function latin1Of(text: string): string {
  return Buffer.byteLength(text) === text.length ? text : Buffer.from(text).toString('latin1')
}

const plainPath = /^\/[\x21-\x7e]*$/
/** Headers that a transport has its own ideas about. */
const special = new Set([
  ...['host', 'content-length', 'transfer-encoding', 'connection'],
  ...['keep-alive', 'upgrade', 'expect', 'cookie'],
])

/**
 * Constant parts of a request's text: `start`, its path, `head`, lines of headers, and `end` or the tail with its body.
 */
interface RequestTemplate {
  readonly start: string
  readonly head: string
  /** The end of one without a body. */
  readonly end: string
}

/**
 * The constant parts of a request, as `encodeRequest` would write them. Undefined for one that has to be written by it:
 * headers that are the connection's business, characters that no request may contain.
 * @param fixed headers that are always the same: names and values in turn.
 * @param names of the headers whose values change.
 */
export function requestTemplate(
  method: string,
  origin: string,
  path: string,
  fixed: readonly string[],
  names: readonly string[],
): RequestTemplate | undefined {
  const all = [...fixed.filter((_, index) => index % 2 === 0), ...names]
  if (!isToken(method) || method === 'CONNECT' || !plainPath.test(path)) return undefined
  if (all.some(name => !isToken(name) || special.has(name.toLowerCase()))) return undefined
  if (!fixed.every(isFieldValue)) return undefined
  let head = ` HTTP/1.1\r\nhost: ${new URL(origin).host}\r\n`
  for (let i = 0; i < fixed.length; i += 2) head += `${fixed[i]}: ${fixed[i + 1]}\r\n`
  return { start: `${method} `, head, end: expectsBody(method) ? 'content-length: 0\r\n\r\n' : '\r\n' }
}

/** Undefined where the value cannot stand in a header. */
export function headerLine(name: string, value: string): string | undefined {
  return isFieldValue(value) ? `${name}: ${value}\r\n` : undefined
}

/** The end of a request with this body. */
export function tailOf(body: string): string {
  const bytes = latin1Of(body)
  return `content-length: ${bytes.length}\r\n\r\n${bytes}`
}

/*
 * Allowed characters of a request. Source: RFC 9110, sections 5.5 (field values), 5.6.2 (tokens) and 8.6
 * (Content-Length).
 */

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** Line breaks, NUL and other control characters, and what is not Latin-1. */
const badValue = /[^\t\x20-\x7e\x80-\xff]/
/** Methods whose requests have a Content-Length even without a body. */
const withBody = new Set(['POST', 'PUT', 'PATCH', 'QUERY', 'PROPFIND', 'PROPPATCH'])

const isToken = (text: string): boolean => token.test(text)
const isFieldValue = (text: string): boolean => !badValue.test(text)
export const expectsBody = (method: string): boolean => withBody.has(method)
