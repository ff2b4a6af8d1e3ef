import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2'
import { setImmediate } from '../../ground/timers.ts'
import type { Milliseconds } from '../../ground/units.ts'
import type { BodyReader } from '../body-store.ts'
import {
  aborted,
  badRequest,
  type Limited,
  lookAtLog,
  notResent,
  reading,
  reportFailure,
  reportResponse,
  sending,
  TransportError,
  tooLong,
  waitedTooLong,
} from '../causes.ts'
import { Exchange as AnyExchange, copyOf, now } from '../exchange.ts'
import { isIdempotent } from '../resend.ts'
import type { OutgoingRequest, PassedBody, ResponseListener } from '../transport.ts'
import { assertSendable, expectsBody, OwnHeaders } from '../wire/encode.ts'
import { MOST_HEADER } from '../wire/framing.ts'
import type { Connection } from './connection.ts'
import type { Http2Pool } from './pool.ts'

const FRAME_HEADER = 9
const HEADERS = 1
const CONTINUATION = 9
const END_HEADERS = 4
const PADDED = 8
const PRIORITY = 32

/**
 * Counts the fields of each header that comes on a connection, by the structure of frames and of HPACK alone. Node
 * leaves out fields that RFC 9113 forbids (CR, LF or NUL in a value), though a response that has one is malformed: if
 * Node hands on fewer than have come, it has left some out.
 */
export class FieldCounts {
  /** Counts of headers that Node has not passed on yet, by stream. */
  readonly #counts = new Map<number, number[]>()
  readonly #head = Buffer.alloc(FRAME_HEADER)
  #headLength = 0
  /** Bytes of the current frame that are still to come. */
  #left = 0
  /** Its header's bytes; undefined for a frame without. */
  #parts: Buffer[] | undefined
  /** Header that goes on in the next frame. */
  #block: Buffer[] = []

  feed(chunk: Buffer): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#headLength < FRAME_HEADER) {
        const copied = chunk.copy(this.#head, this.#headLength, at)
        this.#headLength += copied
        at += copied
        if (this.#headLength === FRAME_HEADER) this.#begin()
        continue
      }
      const end = Math.min(chunk.length, at + this.#left)
      this.#parts?.push(chunk.subarray(at, end))
      this.#left -= end - at
      at = end
      if (this.#left === 0) this.#end()
    }
  }

  /** Fields of the next header of a stream that is handed on. */
  take(stream: number): number | undefined {
    return this.#counts.get(stream)?.shift()
  }

  forget(stream: number): void {
    this.#counts.delete(stream)
  }

  #begin(): void {
    this.#left = this.#head.readUIntBE(0, 3)
    const type = this.#head[3]
    this.#parts = type === HEADERS || type === CONTINUATION ? [] : undefined
    if (this.#left === 0) this.#end()
  }

  #end(): void {
    this.#headLength = 0
    if (this.#parts === undefined) return
    const flags = this.#head[4]!
    const payload = Buffer.concat(this.#parts)
    this.#parts = undefined
    if (this.#head[3] === CONTINUATION) this.#block.push(payload)
    else this.#block = [fragmentOf(payload, flags)]
    if ((flags & END_HEADERS) === 0) return
    const stream = this.#head.readUInt32BE(5) % 2 ** 31
    const counts = this.#counts.get(stream) ?? []
    this.#counts.set(stream, counts)
    counts.push(countFields(Buffer.concat(this.#block)))
    this.#block = []
  }
}

/** The part of a HEADERS frame that is the header. Source: RFC 9113, 6.2. */
function fragmentOf(payload: Buffer, flags: number): Buffer {
  const isPadded = (flags & PADDED) !== 0
  const from = (isPadded ? 1 : 0) + (flags & PRIORITY ? 5 : 0)
  return payload.subarray(from, payload.length - (isPadded ? payload[0]! : 0))
}

/** How many fields a header of HPACK has. Source: RFC 7541, 5 and 6. */
export function countFields(block: Buffer): number {
  let at = 0
  const readInteger = (bits: number): number => {
    const most = 2 ** bits - 1
    let value = block[at++]! & most
    if (value < most) return value
    for (let unit = 1; at < block.length; unit *= 128) {
      const byte = block[at++]!
      value += (byte & 127) * unit
      if (byte < 128) break
    }
    return value
  }
  const skipText = () => {
    const length = readInteger(7)
    at += length
  }
  let fields = 0
  while (at < block.length) {
    const kind = block[at]!
    // A change of the table's size is no field.
    if (kind >= 0x20 && kind < 0x40) {
      readInteger(5)
      continue
    }
    fields++
    if (kind >= 0x80) readInteger(7)
    else {
      if (readInteger(kind >= 0x40 ? 6 : 4) === 0) skipText()
      skipText()
    }
  }
  return fields
}

/** Error codes of RFC 9113, section 7, by their number. */
const CODES = [
  ...['NO_ERROR', 'PROTOCOL_ERROR', 'INTERNAL_ERROR', 'FLOW_CONTROL_ERROR', 'SETTINGS_TIMEOUT', 'STREAM_CLOSED'],
  ...['FRAME_SIZE_ERROR', 'REFUSED_STREAM', 'CANCEL', 'COMPRESSION_ERROR', 'CONNECT_ERROR', 'ENHANCE_YOUR_CALM'],
  ...['INADEQUATE_SECURITY', 'HTTP_1_1_REQUIRED'],
]

export const NO_ERROR = 0
const REFUSED_STREAM = 7
const CANCEL = 8
const HTTP_1_1_REQUIRED = 13

/** A side has broken the rules: PROTOCOL_ERROR, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, COMPRESSION_ERROR. */
const BROKEN_RULES = new Set([1, 3, 6, 9])

const nameOf = (code: number) => CODES[code] ?? `code ${code}`

/** A stream ended by RST_STREAM before its response was complete. */
function streamReset(origin: string, code: number): TransportError {
  const found = `its stream was reset (${nameOf(code)})`
  if (code === HTTP_1_1_REQUIRED)
    return new TransportError('protocol', { ...reading(origin), found, advice: "Write protocol: 'h1' for it." })
  const breaks = BROKEN_RULES.has(code)
  const advice = breaks ? "Look in the application's log for what is not valid in HTTP/2." : lookAtLog
  return new TransportError(breaks ? 'protocol' : 'reset', { ...reading(origin), found, advice })
}

/** The connection ended before the response did, by GOAWAY with an error. */
export function goAwayError(origin: string, code: number, cause?: unknown): TransportError {
  const found = `the other side ended the connection (GOAWAY, ${nameOf(code)})`
  return new TransportError('reset', { ...reading(origin), found, advice: lookAtLog }, cause)
}

/** `found` is the fault in the received data: `Protocol error`. */
export function notHttp2(origin: string, found: string, cause?: unknown): TransportError {
  const advice = "Look in the application's log for what is not valid in HTTP/2."
  return new TransportError(
    'protocol',
    { ...reading(origin), found: `it is not valid HTTP/2 (${found})`, advice },
    cause,
  )
}

/** The server has said that it did not process the request, again and again. */
function neverProcessed(origin: string, times: number): TransportError {
  const found = `it was sent ${times} times, and refused each time before it was processed (REFUSED_STREAM or GOAWAY)`
  const advice = 'Look for a limit of the application.'
  return new TransportError('reset', { ...sending(origin), found, advice })
}

/** Further headers that HTTP/2 has no place for. Source: RFC 9113, section 8.2.2. */
const forbidden = new Set(['proxy-connection', 'http2-settings'])

/**
 * The head of a request: its pseudo-headers, and its headers in lower case. What HTTP/1.1 refuses is refused in the
 * same words, and what is the connection's business is left out. Throws a `TransportError` for what no request may
 * contain.
 */
function headOf(request: OutgoingRequest, host: string): OutgoingHttpHeaders {
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

const nothing = Buffer.alloc(0)

const FORBIDDEN = 'a name or value of its header has a character that is forbidden there, as CR, LF or NUL'

/** How often a request that no server has processed is sent in all. */
const MOST_SENDINGS = 6

/**
 * A request and its response over a stream of HTTP/2, and of another one where it is sent again:
 *
 * | what happens before the response is complete                 | then                                             |
 * | ------------------------------------------------------------ | ------------------------------------------------ |
 * | RST_STREAM with REFUSED_STREAM, GOAWAY with a lower stream   | it was not processed: sent again, any method     |
 * | the connection ends, as one that had been idle               | sent again once, if the method is idempotent     |
 * | RST_STREAM, also NO_ERROR and CANCEL; the connection ends    | a failure, however much of the body had come     |
 * | too late, or too long                                        | the stream is cancelled, the connection stays    |
 *
 * Source: RFC 9113, sections 8.1.1 and 8.7; RFC 9110, section 9.2.2.
 */
export class Exchange extends AnyExchange {
  /** A copy, since its owner uses the original again. */
  readonly #request: OutgoingRequest
  /** Sender of the request. */
  readonly sender: object
  /** Undefined while it waits for one. */
  carrier: Connection | undefined
  readonly #pool: Http2Pool
  readonly #head: OutgoingHttpHeaders
  #stream: ClientHttp2Stream | undefined
  protected hasBegun = false
  /** The response ended by END_STREAM, not by a reset. */
  #isWhole = false
  #sendings = 0
  /** Error of the last stream. */
  #error: Error | undefined

  /** Throws a `TransportError` for what no request may contain. */
  constructor(pool: Http2Pool, sent: OutgoingRequest, listener: ResponseListener, queued: Milliseconds) {
    super(sent.origin, pool.settings)
    this.#request = copyOf(sent)
    this.sender = sent.user ?? sent
    this.#pool = pool
    this.#head = headOf(sent, pool.host)
    this.begin(this.#request, listener, queued, queued)
  }

  start(session: ClientHttp2Session): void {
    const { body } = this.#request
    this.noteSent()
    this.#sendings++
    this.#error = undefined
    this.#isWhole = false
    this.hasBegun = false
    this.body.status = 0
    const isEmpty = body === undefined || body.length === 0
    try {
      this.#stream = this.#listen(session.request(this.#head, { endStream: isEmpty }))
      if (!isEmpty) this.#stream.end(body)
    } catch (error) {
      setImmediate(() => this.fail(badRequest(this.origin, (error as Error).message)))
    }
  }

  /* ---- what the stream tells ---- */

  #listen(stream: ClientHttp2Stream): ClientHttp2Stream {
    const push = stream.push
    // Node ends the readable side in the same way for END_STREAM and for a reset with NO_ERROR or CANCEL; only before a
    // reset has it closed the stream.
    stream.push = (chunk: unknown, encoding?: BufferEncoding) => {
      if (chunk === null && !stream.closed) this.#isWhole = true
      return push.call(stream, chunk, encoding)
    }
    const { fields } = this.carrier!
    for (const event of ['headers', 'response', 'trailers'])
      stream.on(event, (_headers: unknown, _flags: number, raw: string[]) => {
        this.#begins()
        // A response that Node has changed so is malformed. Source: RFC 9113, 8.2.1.
        if (fields.take(stream.id!) !== raw.length / 2) this.giveUp(notHttp2(this.origin, FORBIDDEN))
        else if (event === 'response') {
          this.#onHeader(raw)
          // Not before: data may be handed on sooner than the header that came with it.
          stream.on('data', (chunk: Buffer) => this.takeBody(chunk))
        }
      })
    stream.on('end', () => this.#onEnd(stream))
    stream.on('error', error => {
      this.#error = error
    })
    stream.on('close', () => {
      if (stream.id !== undefined) fields.forget(stream.id)
      // The cause of the connection's end is reported in the same turn, but later.
      if (this.listener !== undefined && this.#stream === stream) setImmediate(() => this.#onClose(stream))
    })
    return stream
  }

  #begins(): void {
    this.hasBegun = true
    this.carrier?.responds()
  }

  #onHeader(raw: readonly string[]): void {
    if (this.listener === undefined) return
    const headers: string[] = []
    let [status, size] = [0, 0]
    for (let i = 0; i + 1 < raw.length; i += 2) {
      const name = raw[i]!
      const value = raw[i + 1]!
      if (name === ':status') status = Number(value)
      if (name.startsWith(':')) continue
      headers.push(name, value)
      size += name.length + value.length
    }
    if (size >= MOST_HEADER) this.giveUp(notHttp2(this.origin, 'its header is too large'))
    else this.takeHeader(status, headers)
  }

  /** Its stream is cancelled, the connection stays. */
  cutShort(reader: BodyReader | undefined): void {
    if (this.listener === undefined || this.body.reader !== reader) return
    if (!this.body.hasEnough) return this.giveUp(tooLong(this.origin, this.body.refusal))
    const stream = this.#stream
    this.#respond(nothing)
    stream?.close(CANCEL)
  }

  #onEnd(stream: ClientHttp2Stream): void {
    const { body } = this
    if (this.listener === undefined || !this.#isWhole || body.status === 0) return
    body.end()
    // The server did not want the rest of the request.
    if (!stream.writableFinished) stream.close(CANCEL)
    this.#respond(body.bytes, body.passed)
  }

  #respond(bytes: Uint8Array, passed?: PassedBody): void {
    const listener = this.listener as ResponseListener
    this.times.ended = now()
    this.#leave()
    reportResponse(listener, this.body.status, this.body.headers, bytes, this.times, passed)
  }

  /** The stream is gone, and its response was not complete. */
  #onClose(stream: ClientHttp2Stream): void {
    const { carrier, listener } = this
    if (listener === undefined || carrier === undefined || this.#stream !== stream) return
    const { origin, method } = this
    const code = stream.rstCode ?? NO_ERROR
    const end = carrier.endedBy(this.#error, this.came)
    const isRefused = code === REFUSED_STREAM && !this.hasBegun
    if (isRefused || stream.id === undefined || stream.id > carrier.lastProcessed) {
      if (this.#sendings < MOST_SENDINGS) return this.#again('refused')
      return this.fail(neverProcessed(origin, this.#sendings))
    }
    if (end === undefined) return this.fail(streamReset(origin, code))
    if (carrier.isIdleRace && !this.hasBegun && !this.times.isResent && end.failure === 'reset') {
      if (!isIdempotent(method)) return this.fail(notResent(origin, method, end.cause))
      this.times.isResent = true
      return this.#again('resent')
    }
    this.fail(end)
  }

  #again(why: 'resent' | 'refused'): void {
    this.settings.counters[why]++
    this.#stream = undefined
    this.carrier?.release(this)
    this.#pool.again(this)
  }

  /* ---- its end ---- */

  protected override tooLate(missing: Limited, limit: Milliseconds): TransportError {
    const isInLine = this.carrier === undefined && missing === 'complete response'
    return isInLine ? waitedTooLong(this.origin, limit) : super.tooLate(missing, limit)
  }

  abort(): void {
    this.fail(aborted(this.origin, undefined, this.came))
  }

  fail(error: TransportError): void {
    const { listener, times } = this
    if (listener === undefined) return
    times.ended = now()
    this.#leave()
    reportFailure(listener, error, times)
  }

  /** Another pool carries the exchange from here on. */
  handOver(to: (request: OutgoingRequest, listener: ResponseListener, queued: Milliseconds) => void): void {
    const { listener } = this
    if (listener === undefined) return
    this.#leave()
    to(this.#request, listener, this.times.queued)
  }

  protected giveUp(error: TransportError): void {
    const stream = this.#stream
    this.fail(error)
    stream?.close(CANCEL)
  }

  #leave(): void {
    this.listener = undefined
    this.settings.wheel.remove(this)
    this.carrier?.release(this)
    this.#pool.over(this)
  }
}
