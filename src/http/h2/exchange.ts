import type { ClientHttp2Session, ClientHttp2Stream, OutgoingHttpHeaders } from 'node:http2'
import { performance } from 'node:perf_hooks'
import { setImmediate } from '../../ground/timers.ts'
import type { Milliseconds } from '../../ground/units.ts'
import type { BodyCarrier, BodyReader } from '../body-reader.ts'
import { BodyStore } from '../body-store.ts'
import {
  aborted,
  badRequest,
  type Came,
  notResent,
  type TransportError,
  timedOut,
  tooLong,
  waitedTooLong,
} from '../causes.ts'
import { findHeader } from '../headers.ts'
import type { PoolSettings } from '../pooled-transport.ts'
import { isIdempotent } from '../resend.ts'
import { tellFailure, tellResponse } from '../tell.ts'
import { Timed } from '../timer-wheel.ts'
import type { ExchangeTimes, OutgoingRequest, ResponseListener } from '../transport.ts'
import { MOST_HEADER } from '../wire/body-sink.ts'
import { CANCEL, NO_ERROR, neverProcessed, notHttp2, REFUSED_STREAM, streamReset } from './causes.ts'
import type { FieldCounts } from './fields.ts'
import { headOf } from './head.ts'

const now = () => performance.now()
const nothing = Buffer.alloc(0)

const FORBIDDEN = 'a name or value of its header has a character that is forbidden there, as CR, LF or NUL'

/** How often a request that no server has processed is sent in all. */
const MOST_SENDINGS = 6

/** The connection that an exchange is on, as the exchange sees it. */
export interface Carrier {
  /** Streams above it were not processed, as GOAWAY says; `Infinity` before that. */
  readonly lastProcessed: number
  /**
   * Why the connection is gone; undefined while it is there.
   *
   * @param error of a stream of it that has closed, whose response had come as far as `came`.
   */
  endedBy(error: Error | undefined, came: Came | undefined): TransportError | undefined
  /** Whether it ended as one that had been idle, so that what was sent on it had not arrived. */
  readonly isIdleRace: boolean
  /** Fields of headers as they came. */
  readonly fields: Pick<FieldCounts, 'take' | 'forget'>
  /** The server has begun to respond. */
  responds(): void
  /** The exchange is over, or is to be sent elsewhere. */
  release(exchange: Exchange): void
}

/** Who an exchange belongs to. */
export interface ExchangePool {
  readonly settings: PoolSettings
  readonly endpoint: { readonly origin: string }
  /** Host as in `:authority`. */
  readonly host: string
  /** Finds it a connection again. */
  again(exchange: Exchange): void
  /** Its listener is being told, or will be. */
  over(exchange: Exchange): void
}

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
export class Exchange extends Timed implements BodyCarrier {
  /** A copy, since its owner uses the original again. */
  readonly request: OutgoingRequest
  /** Who sends. */
  readonly sender: object
  readonly queued: Milliseconds
  /** Undefined while it waits for one. */
  carrier: Carrier | undefined
  /** Undefined once it was told. */
  listener: ResponseListener | undefined
  readonly #pool: ExchangePool
  readonly #head: OutgoingHttpHeaders
  readonly #body: BodyStore
  #stream: ClientHttp2Stream | undefined
  #sent: Milliseconds = 0
  #read: Milliseconds = 0
  #status = 0
  #headers: readonly string[] = []
  #hasBegun = false
  /** The response ended by END_STREAM, not by a reset. */
  #isWhole = false
  /** It was sent again because a connection had ended. */
  #wasLost = false
  #sendings = 0
  /** Error of the last stream. */
  #error: Error | undefined

  /** Throws a `TransportError` for what no request may contain. */
  constructor(pool: ExchangePool, sent: OutgoingRequest, listener: ResponseListener, queued: Milliseconds) {
    super()
    const { origin, method, path, headers, body, timeout, reads, reader } = sent
    const own = typeof body === 'object' ? Buffer.from(body) : body
    this.request = { origin, method, path, headers: headers.slice(), body: own, timeout, reads, reader }
    this.sender = sent.user ?? sent
    this.queued = queued
    this.listener = listener
    this.#pool = pool
    this.#head = headOf(sent, pool.host)
    this.#body = new BodyStore(pool.settings.limits, this)
    this.#body.reads = reads
    this.#body.reader = reader
    const { headersTimeout, wheel } = pool.settings
    const limit = this.#body.firstLimit(timeout, headersTimeout)
    if (limit !== Infinity) wheel.add(this, queued + limit)
  }

  start(session: ClientHttp2Session): void {
    const { body } = this.request
    // One that is sent again keeps the time of its first sending.
    if (this.#sent === 0) this.#sent = now()
    this.#sendings++
    this.#error = undefined
    this.#isWhole = false
    this.#hasBegun = false
    this.#status = 0
    const isEmpty = body === undefined || body.length === 0
    try {
      this.#stream = this.#listen(session.request(this.#head, { endStream: isEmpty }))
      if (!isEmpty) this.#stream.end(body)
    } catch (error) {
      setImmediate(() => this.fail(badRequest(this.request.origin, (error as Error).message)))
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
        if (fields.take(stream.id!) !== raw.length / 2) this.#giveUp(notHttp2(this.request.origin, FORBIDDEN))
        else if (event === 'response') {
          this.#onHeader(raw)
          // Not before: data may be handed on sooner than the header that came with it.
          stream.on('data', (chunk: Buffer) => this.#onData(chunk))
        }
      })
    stream.on('end', () => this.#onEnd(stream))
    stream.on('error', error => {
      this.#error = error
    })
    stream.on('close', () => {
      if (stream.id !== undefined) fields.forget(stream.id)
      // What has ended the connection is told in the same turn, but later.
      if (this.listener !== undefined && this.#stream === stream) setImmediate(() => this.#onClose(stream))
    })
    return stream
  }

  #begins(): void {
    this.#hasBegun = true
    this.carrier?.responds()
  }

  #onHeader(raw: readonly string[]): void {
    if (this.listener === undefined) return
    const { bodyTimeout, headersTimeout, wheel } = this.#pool.settings
    const headers: string[] = []
    let size = 0
    for (let i = 0; i + 1 < raw.length; i += 2) {
      const name = raw[i]!
      const value = raw[i + 1]!
      if (name === ':status') this.#status = Number(value)
      if (name.startsWith(':')) continue
      headers.push(name, value)
      size += name.length + value.length
    }
    if (size >= MOST_HEADER) return this.#giveUp(notHttp2(this.request.origin, 'its header is too large'))
    this.#headers = headers
    this.#body.status = this.#status
    this.#body.headers = headers
    const length = findHeader(headers, 'content-length')
    this.#body.begin(length === undefined ? -1 : Number(length))
    this.#read = now()
    if (bodyTimeout < headersTimeout) {
      wheel.remove(this)
      wheel.add(this, Math.min(this.#overall, this.#read + bodyTimeout))
    }
  }

  #onData(chunk: Buffer): void {
    if (this.listener === undefined) return
    this.#read = now()
    if (!this.#body.take(chunk, 0, chunk.length)) this.cutShort(this.#body.reader)
  }

  get times(): ExchangeTimes {
    return this.#times(0)
  }

  /** Its stream is cancelled, the connection stays. */
  cutShort(reader: BodyReader | undefined): void {
    const { listener } = this
    if (listener === undefined || this.#body.reader !== reader) return
    if (!this.#body.hasEnough) return this.#giveUp(tooLong(this.request.origin, this.#body.refusal))
    const stream = this.#stream
    const times = this.#times(now())
    this.#leave()
    stream?.close(CANCEL)
    tellResponse(listener, this.#status, this.#headers, nothing, times)
  }

  #onEnd(stream: ClientHttp2Stream): void {
    const { listener } = this
    if (listener === undefined || !this.#isWhole || this.#status === 0) return
    const times = this.#times(now())
    this.#body.end()
    const { bytes, passed } = this.#body
    this.#leave()
    // The server did not want the rest of the request.
    if (!stream.writableFinished) stream.close(CANCEL)
    tellResponse(listener, this.#status, this.#headers, bytes, times, passed)
  }

  /** The stream is gone, and its response was not complete. */
  #onClose(stream: ClientHttp2Stream): void {
    const { carrier, listener } = this
    if (listener === undefined || carrier === undefined || this.#stream !== stream) return
    const { origin, method } = this.request
    const code = stream.rstCode ?? NO_ERROR
    const end = carrier.endedBy(this.#error, this.#came)
    const isRefused = code === REFUSED_STREAM && !this.#hasBegun
    if (isRefused || stream.id === undefined || stream.id > carrier.lastProcessed) {
      if (this.#sendings < MOST_SENDINGS) return this.#again('refused')
      return this.fail(neverProcessed(origin, this.#sendings))
    }
    if (end === undefined) return this.fail(streamReset(origin, code))
    if (carrier.isIdleRace && !this.#hasBegun && !this.#wasLost && end.failure === 'reset') {
      if (!isIdempotent(method)) return this.fail(notResent(origin, method, end.cause))
      this.#wasLost = true
      return this.#again('resent')
    }
    this.fail(end)
  }

  #again(why: 'resent' | 'refused'): void {
    this.#pool.settings.counters[why]++
    this.#stream = undefined
    this.carrier?.release(this)
    this.#pool.again(this)
  }

  /* ---- its end ---- */

  onExpired(time: Milliseconds): void {
    const { headersTimeout, bodyTimeout, wheel } = this.#pool.settings
    const { origin, timeout } = this.request
    if (time >= this.#overall) {
      const isInLine = this.carrier === undefined
      const error = isInLine
        ? waitedTooLong(origin, timeout)
        : timedOut(origin, 'complete response', timeout, this.#came)
      return this.#giveUp(error)
    }
    const hasHeader = this.#status !== 0
    const limit = this.#body.limit(hasHeader, headersTimeout, bodyTimeout)
    const since = hasHeader ? this.#read : this.#sent || time
    if (time >= since + limit)
      return this.#giveUp(timedOut(origin, this.#body.awaited(hasHeader, headersTimeout), limit, this.#came))
    const deadline = Math.min(this.#overall, since + limit)
    if (deadline !== Infinity) wheel.add(this, deadline)
  }

  abort(): void {
    this.fail(aborted(this.request.origin, undefined, this.#came))
  }

  fail(error: TransportError): void {
    const { listener } = this
    if (listener === undefined) return
    const times = this.#times(now())
    this.#leave()
    tellFailure(listener, error, times)
  }

  /** Somebody else carries it from here on. */
  handOver(to: (request: OutgoingRequest, listener: ResponseListener, queued: Milliseconds) => void): void {
    const { listener } = this
    if (listener === undefined) return
    this.#leave()
    to(this.request, listener, this.queued)
  }

  #giveUp(error: TransportError): void {
    const stream = this.#stream
    this.fail(error)
    stream?.close(CANCEL)
  }

  #leave(): void {
    this.listener = undefined
    this.#pool.settings.wheel.remove(this)
    this.carrier?.release(this)
    this.#pool.over(this)
  }

  get #overall(): Milliseconds {
    const { timeout } = this.request
    return timeout > 0 ? this.queued + timeout : Infinity
  }

  /** Undefined before the request is sent. */
  get #came(): Came | undefined {
    if (this.#stream === undefined) return undefined
    return { hasBegun: this.#hasBegun, status: this.#status, size: this.#status === 0 ? 0 : this.#body.size }
  }

  #times(ended: Milliseconds): ExchangeTimes {
    // Never sent: as if sent when it was handed over, so that the time it took is not hidden.
    return { queued: this.queued, sent: this.#sent || this.queued, ended, isResent: this.#wasLost }
  }
}
