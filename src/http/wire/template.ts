import { latin1Of } from '../latin1.ts'
import { expectsBody, isFieldValue, isToken } from './grammar.ts'

const plainPath = /^\/[\x21-\x7e]*$/
/** Headers that a transport has its own ideas about. */
const special = new Set([
  ...['host', 'content-length', 'transfer-encoding', 'connection'],
  ...['keep-alive', 'upgrade', 'expect', 'cookie'],
])

/**
 * What is always the same of a request's text: `start`, its path, `head`, lines of headers, and `end` or the tail with
 * its body.
 */
export interface RequestTemplate {
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
