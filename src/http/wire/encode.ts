import { badRequest } from '../causes.ts'
import { latin1Of } from '../latin1.ts'
import type { OutgoingRequest } from '../transport.ts'
import { expectsBody, isFieldValue, isToken } from './grammar.ts'

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
