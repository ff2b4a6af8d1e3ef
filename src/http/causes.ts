import { asUserError, type Fault, type Finding, sentenceOf } from '../ground/fault.ts'
import { setImmediate } from '../ground/timers.ts'
import { type Bytes, formatCount, type Milliseconds } from '../ground/units.ts'
import type { RawHeaders } from './headers.ts'
import { notAllowed } from './loopback.ts'
import type { ExchangeTimes, FailureCause, PassedBody, ResponseListener } from './transport.ts'

/**
 * An exchange that got no response. The message is the same for the same cause at the same origin; the
 * original is in `cause`.
 */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly failure: FailureCause

  constructor(failure: FailureCause, fault: Fault, cause?: unknown) {
    super(sentenceOf(fault), { cause })
    this.failure = failure
    asUserError(this, fault)
  }
}

const connecting = (origin: string) => ({ verb: 'connect', thing: `to ${origin}` })
export const reading = (origin: string) => ({ verb: 'read', thing: `a response from ${origin}` })
export const sending = (origin: string) => ({ verb: 'send', thing: `a request to ${origin}` })

const start = 'Start the application, or correct its URL.'
const checkNetwork = 'Check the URL and the network.'
const checkFirewall = 'Check the URL and the firewall.'

/** No connection came about. */
const unconnected: Record<string, Finding> = {
  ECONNREFUSED: { found: 'connection refused', advice: start },
  ENOTFOUND: { found: 'no such host', advice: 'Correct its URL.' },
  EAI_AGAIN: { found: 'its name could not be looked up', advice: 'Check the URL and the name server.' },
  EHOSTUNREACH: { found: 'host unreachable', advice: checkNetwork },
  EHOSTDOWN: { found: 'host down', advice: checkNetwork },
  ENETUNREACH: { found: 'network unreachable', advice: checkNetwork },
  EADDRNOTAVAIL: {
    found: 'no local port is free',
    advice: 'Lower the number of connections, or let them be kept alive.',
  },
  EMFILE: {
    found: 'this process has too many open files',
    advice: 'Raise the limit (`ulimit -n`), or lower the number of connections.',
  },
  ENFILE: { found: 'the system has too many open files', advice: 'Lower the number of connections.' },
  EACCES: { found: 'permission denied', advice: checkFirewall },
  EPERM: { found: 'not permitted', advice: checkFirewall },
}

/** The connection ended before the response did. */
const broken: Record<string, string> = {
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was closed while the request was written',
  ECONNABORTED: 'the connection was aborted',
  ETIMEDOUT: 'the connection broke down',
  UND_ERR_SOCKET: 'the other side closed the connection',
}

export const lookAtLog = "Look for a crash or a limit in the application's log."

interface Reported {
  name?: string
  code?: string
  message?: string
  syscall?: string
  /** OpenSSL's words; its message names the thread and a line of its source, too. */
  reason?: string
  /** Certificate for other names. */
  cert?: PeerCertificate
}

/**
 * Error of a socket or of undici, as a cause and a sentence. `origin` is `http://127.0.0.1:3000`.
 *
 * @param peer certificate of the server, for TLS.
 */
export function transportError(origin: string, error: unknown, peer?: PeerCertificate): TransportError {
  if (error instanceof TransportError) return error
  if (isEarlyEnd(error)) return transportError(origin, { code: 'UND_ERR_SOCKET', cause: error })
  const { name, code = '', message = String(error), syscall, reason, cert } = (error ?? {}) as Reported
  const failed = (failure: FailureCause, fault: Fault) => new TransportError(failure, fault, error)

  if (Object.hasOwn(unconnected, code)) return failed('refused', { ...connecting(origin), ...unconnected[code]! })
  if (code === 'ETIMEDOUT' && syscall === 'connect') return failed('refused', { ...connecting(origin), ...noResponse })
  // `bad response`, `bad upgrade`: undici's words for an unexpected response.
  const isStray = code === 'UND_ERR_SOCKET' && message.startsWith('bad ')
  if (isStray || name === 'HTTPParserError' || code === 'UND_ERR_HEADERS_OVERFLOW')
    return failed('protocol', { ...reading(origin), found: message, advice: speaksHttp })
  if (Object.hasOwn(broken, code))
    return failed('reset', { ...reading(origin), found: broken[code]!, advice: lookAtLog })
  if (ours.has(code)) return aborted(origin, error)
  if (malformed.has(code)) return failed('protocol', { ...sending(origin), found: message, advice: correctRequest })
  const untrusted = certificateFault(origin, code, peer ?? cert)
  if (untrusted) return failed('protocol', untrusted)
  if (code === NO_PROTOCOL) {
    const found = 'it speaks none of the protocols that TLS offered (ALPN: http/1.1)'
    return failed('protocol', { ...connecting(origin), found, advice: "Write protocol: 'auto' or 'h2'." })
  }
  if (code === NO_CERTIFICATE) {
    const found = 'it wants a certificate of the client, and got none'
    return failed('protocol', { ...connecting(origin), found, advice: giveCertificate })
  }
  const found = (reason ?? message) + (code && ` (${code})`)
  const advice = origin.startsWith('https:') ? speaksTls : 'Check that the URL is right.'
  return failed('protocol', { verb: 'talk', thing: `to ${origin}`, found, advice })
}

/** How a server ends the handshake that speaks none of the protocols that were offered. Source: RFC 7301, 3.2. */
export const NO_PROTOCOL = 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL'

/** How a server ends a connection whose client has not shown who it is. Source: RFC 8446, 4.4.2.4. */
const NO_CERTIFICATE = 'ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED'
const giveCertificate = 'Give cert and key in security, by a scheme mutualTLS of the description.'

/** Undici's words for a response whose connection ended before it did. */
export function isEarlyEnd(error: unknown): boolean {
  const { code, name, message } = (error ?? {}) as Reported
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH') return true
  return name === 'HTTPParserError' && message !== undefined && message.includes('Invalid EOF state')
}

/**
 * A connection ended under a request. `error` is what a socket or undici reported; undefined if the other side closed
 * the connection in order.
 */
export function brokenOff(origin: string, error: unknown, came: PartialResponse | undefined): TransportError {
  const plain = transportError(origin, error ?? { code: 'UND_ERR_SOCKET', message: 'other side closed' })
  if (plain.failure !== 'reset' || came === undefined) return plain
  const { hasBegun, status } = came
  const when = hasBegun
    ? `within the ${status === 0 ? 'header' : 'body'} of the response`
    : 'before a byte of the response had come'
  const fault = { ...reading(origin), found: `${brokenBy(plain.cause)} ${when}`, advice: lookAtLog }
  return new TransportError('reset', { ...fault, note: hasBegun ? noteOf(came) : undefined }, plain.cause)
}

/** Error of an idle connection that ended under a request that is not sent again; see `brokenOff`. */
export function notResent(origin: string, method: string, error: unknown): TransportError {
  const found =
    `${brokenBy(error)} before a byte of the response had come. It had been idle, but ${method} is not idempotent, ` +
    'so it is not sent again (RFC 9110, 9.2.2)'
  const advice =
    'Look for a crash or a limit in its log. If it closes idle connections on purpose, let it say after how long ' +
    '(Keep-Alive: timeout=5).'
  return new TransportError('reset', { ...reading(origin), found, advice }, error)
}

function brokenBy(error: unknown): string {
  const { code = '' } = (error ?? {}) as Reported
  return Object.hasOwn(broken, code) ? broken[code]! : broken.UND_ERR_SOCKET!
}

/** `found` is the fault in the bytes: `it has two Content-Lengths`. */
export function badResponse(origin: string, found: string): TransportError {
  return new TransportError('protocol', { ...reading(origin), found, advice: speaksHttp })
}

/** A server has spoken before it was asked. */
export const greeted = (origin: string): TransportError =>
  badResponse(origin, 'bytes came before the first request was sent')

/** A body, or a value of one, that is too long to be held. */
export function tooLong(origin: string, refusal: Finding): TransportError {
  return new TransportError('protocol', { ...reading(origin), ...refusal })
}

/** `found` is what no request may contain: `invalid x-a header`. */
export function badRequest(origin: string, found: string): TransportError {
  return new TransportError('protocol', { ...sending(origin), found, advice: correctRequest })
}

const ours = new Set(['UND_ERR_ABORTED', 'UND_ERR_DESTROYED', 'UND_ERR_CLOSED'])
const malformed = new Set(['UND_ERR_INVALID_ARG', 'UND_ERR_NOT_SUPPORTED', 'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'])
const noResponse: Finding = { found: 'no response to the attempt', advice: checkNetwork }
const correctRequest = 'Correct the request.'
const speaksHttp = "Check that the URL's port speaks HTTP/1.1."
const speaksTls = 'Check that it speaks TLS and that its certificate is trusted (option ca, or NODE_EXTRA_CA_CERTS).'

/** @param failure `timeout` if the time of the request was over before. */
export function noConnection(
  origin: string,
  after: Milliseconds,
  failure: 'refused' | 'timeout' = 'refused',
): TransportError {
  const found = `no connection within ${duration(after)}`
  return new TransportError(failure, { ...connecting(origin), found, advice: checkNetwork })
}

/** How much of a response had come when it was given up. */
export interface PartialResponse {
  /** Whether a byte of it had. */
  hasBegun: boolean
  /** 0 where its header had not come. */
  status: number
  /** Bytes of its body, as they were sent. */
  size: Bytes
}

/** End of the note on a response that had come in part. */
export const CUT_OFF = 'had come, and no more'

function noteOf({ hasBegun, status, size }: PartialResponse): string {
  if (!hasBegun) return 'not one byte of it had come'
  if (status === 0) return `a part of its header ${CUT_OFF}`
  return `status ${status} and ${formatCount(size)} byte${size === 1 ? '' : 's'} of its body ${CUT_OFF}`
}

/** Options that limit the time until something has come. */
const limitedBy = {
  'complete response': 'requestTimeout, or the timeout of the step',
  response: "requestTimeout, or the stream's within",
}

/** `what` is what did not come. */
export function timedOut(origin: string, what: Limited, after: Milliseconds, came?: PartialResponse): TransportError {
  const found = `no ${what} within ${duration(after)}`
  const advice = `Raise ${limitedBy[what]}, or make the application faster.`
  return new TransportError('timeout', { ...reading(origin), found, advice, note: came && noteOf(came) })
}

/** Options that limit the time of a request, and of its parts. */
export type Limited = keyof typeof limitedBy

export function waitedTooLong(origin: string, after: Milliseconds): TransportError {
  const found = `no free connection within ${duration(after)}`
  const advice = 'Allow more connections, or make the application faster.'
  return new TransportError('timeout', { ...sending(origin), found, advice })
}

export function aborted(origin: string, cause?: unknown, came?: PartialResponse): TransportError {
  const found = 'the run was ended before it came'
  const fault = { ...reading(origin), found, advice: 'Let it run longer.', note: came && noteOf(came) }
  return new TransportError('aborted', fault, cause)
}

/** A name of this machine leads to another one now. */
export function leftLoopback(origin: string, stranger: string): TransportError {
  return new TransportError('refused', { ...connecting(origin), ...notAllowed(new URL(origin).hostname, stranger) })
}

export function badOrigin(origin: string): TransportError {
  const found = 'not a URL of http or https'
  return new TransportError('refused', { ...connecting(JSON.stringify(origin)), found, advice: 'Correct its URL.' })
}

function duration(ms: Milliseconds) {
  return ms >= 1000 ? `${Math.round(ms) / 1000} s` : `${Math.round(ms)} ms`
}

/** A server's certificate, as far as messages name it. */
interface PeerCertificate {
  subject?: { CN?: string | string[] }
  issuer?: { CN?: string | string[] }
  /** `Nov  5 09:12:01 2027 GMT` */
  valid_from?: string
  valid_to?: string
  /** `DNS:localhost, IP Address:127.0.0.1` */
  subjectaltname?: string
}

type Told = (certificate: PeerCertificate | undefined, origin: string) => Pick<Fault, 'found' | 'advice'>

const trusting = (what: string) =>
  `To trust it, set the option ca to a PEM file with ${what}, or NODE_EXTRA_CA_CERTS before Node starts.`

const selfSigned: Told = certificate => ({
  found: `its certificate${named(certificate)} is self-signed`,
  advice: trusting('it'),
})

const unknownIssuer: Told = certificate => ({
  found: `its certificate${named(certificate)} was issued by ${issuerOf(certificate)}, who is not trusted here`,
  advice: trusting("the issuer's certificate"),
})

/** By the codes of Node, which are those of OpenSSL. */
const FAULTS: Readonly<Record<string, Told>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: selfSigned,
  SELF_SIGNED_CERT_IN_CHAIN: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownIssuer,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownIssuer,
  CERT_HAS_EXPIRED: certificate => ({
    found: `its certificate${named(certificate)} has expired${dated(' on ', certificate?.valid_to)}`,
    advice: 'Renew it, or correct the clock of this machine.',
  }),
  CERT_NOT_YET_VALID: certificate => ({
    found: `its certificate${named(certificate)} is not valid yet${dated(', only from ', certificate?.valid_from)}`,
    advice: 'Correct the clock of this machine, or that of who issued it.',
  }),
  ERR_TLS_CERT_ALTNAME_INVALID: (certificate, origin) => ({
    found: `its certificate is for ${namesOf(certificate)}, not for ${new URL(origin).hostname}`,
    advice: 'Write one of its names in the URL, or have it issued for this one.',
  }),
}

/** Fault of a certificate, by the code of an error; undefined for other errors. */
function certificateFault(origin: string, code: string, certificate: PeerCertificate | undefined): Fault | undefined {
  if (!Object.hasOwn(FAULTS, code)) return undefined
  return { verb: 'trust', thing: origin, ...FAULTS[code]!(certificate, origin) }
}

function named(certificate: PeerCertificate | undefined): string {
  const name = nameOf(certificate?.subject)
  return name === undefined ? '' : ` (${name})`
}

const issuerOf = (certificate: PeerCertificate | undefined) => nameOf(certificate?.issuer) ?? 'an unnamed authority'

const dated = (words: string, date: string | undefined) =>
  date === undefined ? '' : words + date.replaceAll(/ +/g, ' ')

function nameOf(who: PeerCertificate['subject']): string | undefined {
  const names = [who?.CN ?? []].flat()
  return names.length > 0 ? `CN=${names.join(', ')}` : undefined
}

function namesOf(certificate: PeerCertificate | undefined): string {
  const names = certificate?.subjectaltname?.replaceAll(/\b(?:DNS|IP Address):/g, '')
  return names || nameOf(certificate?.subject) || 'other names'
}

// Hot file. Allocated per response: nothing.

// A fault in a listener is not the exchange's, and must not stop who calls: it surfaces as an uncaught
// exception in a turn of its own.

export function reportResponse(
  listener: ResponseListener,
  status: number,
  headers: RawHeaders,
  body: Uint8Array,
  times: ExchangeTimes,
  passed?: PassedBody,
): void {
  try {
    listener.onResponse(status, headers, body, times, passed)
  } catch (error) {
    rethrowLater(error)
  }
}

export function reportFailure(listener: ResponseListener, error: TransportError, times: ExchangeTimes): void {
  try {
    listener.onFailure(error.failure, error, times)
  } catch (fault) {
    rethrowLater(fault)
  }
}

function rethrowLater(error: unknown) {
  setImmediate(() => {
    throw error
  })
}
