import { foreseen } from '../ground/fault.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { FailureCause } from './transport.ts'

/**
 * An exchange that got no response. The message is the same for the same cause at the same origin; the
 * original is in `cause`.
 */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly failure: FailureCause

  constructor(failure: FailureCause, message: string, cause?: unknown) {
    super(message, { cause })
    this.failure = failure
    foreseen(this)
  }
}

const start = 'Start the application, or correct its URL.'

/** No connection came about: what was found, and what to do. */
const unconnected: Record<string, string> = {
  ECONNREFUSED: `connection refused. ${start}`,
  ENOTFOUND: 'no such host. Correct its URL.',
  EAI_AGAIN: 'its name could not be looked up. Check the URL and the name server.',
  EHOSTUNREACH: 'host unreachable. Check the URL and the network.',
  EHOSTDOWN: 'host down. Check the URL and the network.',
  ENETUNREACH: 'network unreachable. Check the URL and the network.',
  EADDRNOTAVAIL: 'no local port is free. Lower the number of connections, or let them be kept alive.',
  EMFILE: 'this process has too many open files. Raise the limit (`ulimit -n`), or lower the number of connections.',
  ENFILE: 'the system has too many open files. Lower the number of connections.',
  EACCES: 'permission denied. Check the URL and the firewall.',
  EPERM: 'not permitted. Check the URL and the firewall.',
}

/** The connection ended before the response did. */
const broken: Record<string, string> = {
  ECONNRESET: 'the connection was reset.',
  EPIPE: 'the connection was closed while the request was written.',
  ECONNABORTED: 'the connection was aborted.',
  ETIMEDOUT: 'the connection broke down.',
  UND_ERR_SOCKET: 'the other side closed the connection.',
}

const lookAtLog = "Look for a crash or a limit in the application's log."

interface Reported {
  name?: string
  code?: string
  message?: string
  syscall?: string
}

/** What a socket or undici reported, as a cause and a sentence. `origin` is `http://127.0.0.1:3000`. */
export function transportError(origin: string, error: unknown): TransportError {
  if (error instanceof TransportError) return error
  if (isEarlyEnd(error)) return transportError(origin, { code: 'UND_ERR_SOCKET', cause: error })
  const { name, code = '', message = String(error), syscall } = (error ?? {}) as Reported
  const failed = (failure: FailureCause, text: string) => new TransportError(failure, `Failed to ${text}`, error)

  if (Object.hasOwn(unconnected, code)) return failed('refused', `connect to ${origin}: ${unconnected[code]}`)
  if (code === 'ETIMEDOUT' && syscall === 'connect') return failed('refused', `connect to ${origin}: ${noResponse}`)
  if (name === 'HTTPParserError' || code === 'UND_ERR_HEADERS_OVERFLOW') {
    return failed('protocol', `read a response from ${origin}: ${message}. ${speaksHttp}`)
  }
  // `bad response`, `bad upgrade`: a response that nobody asked for.
  if (code === 'UND_ERR_SOCKET' && message.startsWith('bad ')) {
    return failed('protocol', `read a response from ${origin}: ${message}. ${speaksHttp}`)
  }
  if (Object.hasOwn(broken, code))
    return failed('reset', `read a response from ${origin}: ${broken[code]} ${lookAtLog}`)
  if (ours.has(code)) return aborted(origin, error)
  if (malformed.has(code)) return failed('protocol', `send a request to ${origin}: ${message}. Correct the request.`)
  const advice = origin.startsWith('https:') ? speaksTls : 'Check that the URL is right.'
  return failed('protocol', `talk to ${origin}: ${message}${code && ` (${code})`}. ${advice}`)
}

/** Undici's words for a response whose connection ended before it did. */
export function isEarlyEnd(error: unknown): boolean {
  const { code, name, message } = (error ?? {}) as Reported
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return true
  return name === 'HTTPParserError' && message !== undefined && message.includes('Invalid EOF state')
}

/**
 * A kept connection ended under a request that is not sent again. `error` is what a socket or undici reported;
 * undefined where the other side closed the connection in order.
 */
export function notResent(origin: string, method: string, error: unknown): TransportError {
  const { code = '' } = (error ?? {}) as Reported
  const how = Object.hasOwn(broken, code) ? broken[code]!.slice(0, -1) : 'the other side closed the connection'
  return new TransportError(
    'reset',
    `Failed to read a response from ${origin}: ${how} before a byte of the response had come. It was a kept ` +
      `connection, but ${method} is not idempotent, so it is not sent again (RFC 9110, 9.2.2). Let the application ` +
      'keep idle connections for longer than "idleTimeout", or look for a crash or a limit in its log.',
    error,
  )
}

/** `found` is what is wrong with the bytes that came: `it has two Content-Lengths`. */
export function badResponse(origin: string, found: string): TransportError {
  return new TransportError('protocol', `Failed to read a response from ${origin}: ${found}. ${speaksHttp}`)
}

/** A body, or a value of one, that is too long to be held. `refusal` is what was found, and what to do. */
export function tooLong(origin: string, refusal: string): TransportError {
  return new TransportError('protocol', `Failed to read a response from ${origin}: ${refusal}`)
}

/** `found` is what no request may contain: `invalid x-a header`. */
export function badRequest(origin: string, found: string): TransportError {
  return new TransportError('protocol', `Failed to send a request to ${origin}: ${found}. Correct the request.`)
}

const ours = new Set(['UND_ERR_ABORTED', 'UND_ERR_DESTROYED', 'UND_ERR_CLOSED'])
const malformed = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'])
const noResponse = 'no response to the attempt. Check the URL and the network.'
const speaksHttp = "Check that the URL's port speaks HTTP/1.1."
const speaksTls = 'Check that it speaks TLS and that its certificate is trusted (NODE_EXTRA_CA_CERTS).'

export function connectTimeout(origin: string, after: Milliseconds): TransportError {
  const message =
    `Failed to connect to ${origin}: no connection within ${duration(after)}. Check the URL and ` + 'the network.'
  return new TransportError('refused', message)
}

/** `what` is what did not come: `complete response`, `header`, `more of the body`. */
export function timedOut(origin: string, what: string, after: Milliseconds): TransportError {
  const message =
    `Failed to read a response from ${origin}: no ${what} within ${duration(after)}. Raise the timeout, or make the ` +
    'application faster.'
  return new TransportError('timeout', message)
}

export function waitedTooLong(origin: string, after: Milliseconds): TransportError {
  const message =
    `Failed to send a request to ${origin}: no free connection within ${duration(after)}. Allow more connections, ` +
    'or make the application faster.'
  return new TransportError('timeout', message)
}

export function aborted(origin: string, cause?: unknown): TransportError {
  return new TransportError(
    'aborted',
    `Failed to read a response from ${origin}: the run was ended before it came. Let it run longer.`,
    cause,
  )
}

export function badOrigin(origin: string): TransportError {
  return new TransportError(
    'refused',
    `Failed to connect to ${JSON.stringify(origin)}: not a URL of http or https. Correct its URL.`,
  )
}

function duration(ms: Milliseconds) {
  return ms >= 1000 ? `${Math.round(ms) / 1000} s` : `${Math.round(ms)} ms`
}
