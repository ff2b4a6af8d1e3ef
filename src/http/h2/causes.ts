import { TransportError } from '../causes.ts'

/** Error codes of RFC 9113, section 7, by their number. */
const CODES = [
  ...['NO_ERROR', 'PROTOCOL_ERROR', 'INTERNAL_ERROR', 'FLOW_CONTROL_ERROR', 'SETTINGS_TIMEOUT', 'STREAM_CLOSED'],
  ...['FRAME_SIZE_ERROR', 'REFUSED_STREAM', 'CANCEL', 'COMPRESSION_ERROR', 'CONNECT_ERROR', 'ENHANCE_YOUR_CALM'],
  ...['INADEQUATE_SECURITY', 'HTTP_1_1_REQUIRED'],
]

export const NO_ERROR = 0
export const REFUSED_STREAM = 7
export const CANCEL = 8
const HTTP_1_1_REQUIRED = 13

/** A side has broken the rules: PROTOCOL_ERROR, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, COMPRESSION_ERROR. */
const BROKEN_RULES = new Set([1, 3, 6, 9])

const lookAtLog = "Look for a crash or a limit in the application's log."
const reading = (origin: string) => ({ verb: 'read', thing: `a response from ${origin}` })

const nameOf = (code: number) => CODES[code] ?? `code ${code}`

/** A stream ended by RST_STREAM before its response was complete. */
export function streamReset(origin: string, code: number): TransportError {
  const found = `its stream was reset (${nameOf(code)})`
  if (code === HTTP_1_1_REQUIRED)
    return new TransportError('protocol', { ...reading(origin), found, advice: "Write protocol: 'h1' for it." })
  const breaks = BROKEN_RULES.has(code)
  const advice = breaks ? "Look in the application's log for what is not valid in HTTP/2." : lookAtLog
  return new TransportError(breaks ? 'protocol' : 'reset', { ...reading(origin), found, advice })
}

/** The connection ended before the response did, by GOAWAY with an error. */
export function goneAway(origin: string, code: number, cause?: unknown): TransportError {
  const found = `the other side ended the connection (GOAWAY, ${nameOf(code)})`
  return new TransportError('reset', { ...reading(origin), found, advice: lookAtLog }, cause)
}

/** `found` is what is wrong with what came: `Protocol error`. */
export function notHttp2(origin: string, found: string, cause?: unknown): TransportError {
  const advice = "Look in the application's log for what is not valid in HTTP/2."
  return new TransportError(
    'protocol',
    { ...reading(origin), found: `it is not valid HTTP/2 (${found})`, advice },
    cause,
  )
}

/** The server has said that it did not process the request, again and again. */
export function neverProcessed(origin: string, times: number): TransportError {
  const found = `it was sent ${times} times, and refused each time before it was processed (REFUSED_STREAM or GOAWAY)`
  const advice = 'Lower "streams" of the connections, or look for a limit of the application.'
  return new TransportError('reset', { verb: 'send', thing: `a request to ${origin}`, found, advice })
}

/**
 * HTTP/2 was asked for, and is not spoken there.
 *
 * @param found how that was seen: `it chose http/1.1 (ALPN)`.
 */
export function noHttp2(origin: string, found: string, cause?: unknown): TransportError {
  const secure = origin.startsWith('https:')
  const advice = secure
    ? "Turn HTTP/2 on there, or write protocol: 'auto' or 'h1'."
    : "Turn HTTP/2 without TLS (prior knowledge) on there, or write protocol: 'h1'."
  return new TransportError('protocol', { verb: 'speak', thing: `HTTP/2 to ${origin}`, found, advice }, cause)
}
