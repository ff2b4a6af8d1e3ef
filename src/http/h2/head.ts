import type { OutgoingHttpHeaders } from 'node:http2'
import { badRequest } from '../causes.ts'
import type { OutgoingRequest } from '../transport.ts'
import { assertSendable, OwnHeaders } from '../wire/encode.ts'
import { expectsBody } from '../wire/grammar.ts'

/** Further headers that HTTP/2 has no place for. Source: RFC 9113, section 8.2.2. */
const forbidden = new Set(['proxy-connection', 'http2-settings'])

/**
 * The head of a request: its pseudo-headers, and its headers in lower case. What HTTP/1.1 refuses is refused in the
 * same words, and what is the connection's business is left out. Throws a `TransportError` for what no request may
 * contain.
 */
export function headOf(request: OutgoingRequest, host: string): OutgoingHttpHeaders {
  const { origin, method, path, headers, body } = request
  assertSendable(request)
  const own = new OwnHeaders(origin)
  // Without a prototype: a header may be called `__proto__`.
  const fields: Record<string, string | string[]> = Object.create(null)
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i]!.toLowerCase()
    const value = headers[i + 1]!
    if (!own.take(headers[i]!, value)) continue
    if (forbidden.has(name) || (name === 'te' && value.trim().toLowerCase() !== 'trailers'))
      throw badRequest(origin, `invalid ${name} header`)
    const earlier = fields[name]
    fields[name] = earlier === undefined ? value : [...[earlier].flat(), value]
  }
  const length = body === undefined ? 0 : typeof body === 'string' ? Buffer.byteLength(body) : body.byteLength
  if (own.length !== undefined && length > 0 && own.length !== length)
    throw badRequest(origin, 'Request body length does not match content-length header')
  if (length > 0 || expectsBody(method)) fields['content-length'] = String(length)
  return Object.assign(Object.create(null), {
    ':method': method,
    ':scheme': origin.startsWith('https:') ? 'https' : 'http',
    ':authority': own.host ?? host,
    ':path': path,
    ...fields,
  })
}
