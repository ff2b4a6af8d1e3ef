import type { ClientHttp2Session, Settings } from 'node:http2'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { clearTimeout, setImmediate, setTimeout } from '../../ground/timers.ts'
import { formatMs, type Milliseconds } from '../../ground/units.ts'
import { aborted, brokenOff, NO_PROTOCOL, type PartialResponse, TransportError, transportError } from '../causes.ts'
import { isIdleRace } from '../resend.ts'
import { Timed } from '../timer-wheel.ts'
import { type Exchange, FieldCounts, goAwayError, NO_ERROR, notHttp2 } from './exchange.ts'
import type { Http2Pool } from './pool.ts'

/** Streams have 31 bits, and those of a client are odd; half of them is enough for one connection. */
const MOST_STREAMS = 2 ** 29
/** Most requests in flight on one connection, unless the server allows fewer. */
export const STREAMS = 100

/** Maximum number of unread bytes of a stream and a connection; a megabyte avoids most waiting with fast servers. */
const STREAM_WINDOW = 2 ** 20
const CONNECTION_WINDOW = 2 ** 24

/**
 * A connection that carries many exchanges at once. Those that come while it is being opened wait for it.
 *
 * | state   | news                                         | then                                                  |
 * | ------- | -------------------------------------------- | ----------------------------------------------------- |
 * | opening | connected, and SETTINGS have come            | open; exchanges beyond the server's limit go elsewhere |
 * | opening | refused, not HTTP/2, or too late             | its exchanges have failed                             |
 * | open    | GOAWAY                                       | parting: no more exchanges, those in flight go on     |
 * | open    | idle too long                                | parting, and closed                                   |
 * | any     | its socket has closed                        | ended; exchanges look why                             |
 */
export class Connection extends Timed {
  /** Virtual user of the connection, if each has its own. */
  owner: object | undefined
  /** Streams above it were not processed, as GOAWAY says; `Infinity` before that. */
  lastProcessed = Infinity
  readonly exchanges = new Set<Exchange>()
  /** Fields of headers as they came. */
  readonly fields = new FieldCounts()
  readonly #pool: Http2Pool
  #state: 'opening' | 'open' | 'parting' = 'opening'
  #session: ClientHttp2Session | undefined
  #socket: Socket | undefined
  /** Exchanges that it has begun, and of those the ones that are over. */
  #begun = 0
  #carried = 0
  /** How long it had been idle before the requests that it carries now, and when the first of them was sent. */
  #idle: Milliseconds = 0
  #woken: Milliseconds = 0
  /** When its last exchange was over, and when it has ended. */
  #rested: Milliseconds = 0
  #ended: Milliseconds = 0
  /** Streams that the server allows at once. */
  #allowed = STREAMS
  #error: unknown
  #goaway = NO_ERROR
  #isClosedByUs = false
  readonly #onOpen: ((error: TransportError | undefined) => void)[] = []

  constructor(pool: Http2Pool) {
    super()
    this.#pool = pool
  }

  get hasRoom(): boolean {
    if (this.#state === 'parting' || this.#begun >= MOST_STREAMS) return false
    // Node closes it for GOAWAY and reports that later.
    if (this.#session?.closed || this.#session?.destroyed) return false
    if (!this.#pool.settings.reuse) return this.#begun + this.exchanges.size === 0
    return this.exchanges.size < this.#allowed
  }

  get isIdle(): boolean {
    return this.#state === 'open' && this.exchanges.size === 0
  }

  /**
   * Why the connection is gone; undefined while it is there.
   *
   * @param error of a stream of it that has closed, whose response had come as far as `came`.
   */
  endedBy(error: Error | undefined, came: PartialResponse | undefined): TransportError | undefined {
    const { origin } = this.#pool.endpoint
    if (!this.#isGone) return undefined
    if (this.#goaway !== NO_ERROR) return goAwayError(origin, this.#goaway, error)
    const cause = [error, this.#error].find(one => one !== undefined && !isOfStream(one)) as Error | undefined
    const { code = '', message = '' } = (cause ?? {}) as { code?: string; message?: string }
    if (code.startsWith('ERR_HTTP2')) return notHttp2(origin, message, cause)
    return brokenOff(origin, cause, came)
  }

  /** Whether it ended as one that had been idle, so that what was sent on it had not arrived. */
  get isIdleRace(): boolean {
    // GOAWAY covers requests that have arrived.
    return this.lastProcessed === Infinity && isIdleRace(this.#idle, this.#ended - this.#woken, false)
  }

  /** The server has begun to respond. */
  responds(): void {
    this.#idle = 0
  }

  get #isGone(): boolean {
    return this.#session?.destroyed === true || this.#socket?.destroyed === true
  }

  /* ---- exchanges ---- */

  take(exchange: Exchange): void {
    this.#pool.settings.wheel.remove(this)
    this.exchanges.add(exchange)
    exchange.carrier = this
    if (this.#state === 'open') this.#begin(exchange)
  }

  /** The exchange is over, or is to be sent elsewhere. */
  release(exchange: Exchange): void {
    exchange.carrier = undefined
    if (!this.exchanges.delete(exchange)) return
    if (this.#state === 'opening') return
    this.#carried++
    if (this.exchanges.size === 0) this.#rested = performance.now()
    if (!this.#pool.settings.reuse) this.close()
    else if (this.#state === 'open') this.#pool.hasRoom(this)
  }

  #begin(exchange: Exchange): void {
    const { counters } = this.#pool.settings
    if (this.#begun > 0) counters.reused++
    this.#begun++
    const inFlight = this.#begun - this.#carried
    if (inFlight === 1) {
      this.#woken = performance.now()
      this.#idle = this.#carried > 0 ? this.#woken - this.#rested : 0
    }
    counters.streams++
    counters.streamsAtOnce += inFlight
    counters.mostStreams = Math.max(counters.mostStreams, inFlight)
    exchange.start(this.#session!)
  }

  /* ---- its life ---- */

  /** Calls back once it is open, or why not. */
  whenOpen(told: (error: TransportError | undefined) => void): void {
    if (this.#state === 'opening') this.#onOpen.push(told)
    else setImmediate(told, undefined)
  }

  open(): void {
    const { origin, secure } = this.#pool.endpoint
    this.#socket = this.#pool.open((error, opened) => {
      if (opened === undefined) return this.#refuse(refusalOf(origin, error))
      const chosen = secure ? (opened as TLSSocket).alpnProtocol : 'h2'
      if (chosen === 'h2') this.#greet(opened)
      else if (!this.#pool.choseHttp1(this, opened)) {
        opened.destroy()
        this.#refuse(noHttp2(origin, chosen ? `it chose ${chosen} (ALPN)` : 'it chose no protocol (ALPN)'))
      }
    })
  }

  /** The server begins with its SETTINGS; what does not is not HTTP/2. */
  #greet(socket: Socket): void {
    const { endpoint, settings } = this.#pool
    const { origin } = endpoint
    const { connect } = process.getBuiltinModule('node:http2')
    const session = connect(origin, {
      createConnection: () => new Tap(socket, bytes => this.fields.feed(bytes)),
      // The limits of this side are looked at where the parts come; those of Node would end streams in other words.
      maxHeaderListPairs: 2 ** 14,
      maxSessionMemory: 2 ** 10,
      settings: { enablePush: false, initialWindowSize: STREAM_WINDOW, maxHeaderListSize: 2 ** 20 },
    })
    this.#session = session
    const { connectTimeout: limit } = settings
    const tooLate = () => {
      this.#refuse(noHttp2(origin, `it said nothing in HTTP/2 within ${formatMs(limit)}`))
      session.destroy()
    }
    const timer = limit > 0 ? setTimeout(tooLate, limit) : undefined
    session.on('remoteSettings', remote => {
      clearTimeout(timer)
      this.#onSettings(remote)
      if (session.destroyed || this.#state !== 'opening') return
      session.setLocalWindowSize(CONNECTION_WINDOW)
      settings.counters.opened++
      this.#opened()
    })
    session.on('goaway', (code, lastStreamId) => this.#onGoaway(code, lastStreamId))
    const onError = (error: Error) => {
      this.#error ??= error
    }
    session.on('error', onError)
    // Node may report a reset on the socket only.
    socket.once('error', onError)
    socket.once('close', () => {
      this.#ended = performance.now()
    })
    // Node has destroyed the socket by then, or is about to.
    session.on('close', () => {
      clearTimeout(timer)
      if (this.#state === 'opening') this.#refuse(noHttp2(origin, unspoken(this.#error), this.#error))
      else this.#part()
      this.#pool.closed(this)
    })
  }

  #opened(): void {
    this.#state = 'open'
    const waiting = [...this.exchanges]
    const room = this.#pool.settings.reuse ? this.#allowed : 1
    for (const exchange of waiting.slice(0, room)) this.#begin(exchange)
    for (const exchange of waiting.slice(room)) {
      this.exchanges.delete(exchange)
      exchange.carrier = undefined
    }
    for (const told of this.#onOpen.splice(0)) told(undefined)
    this.#pool.opened(this, waiting.slice(room))
    this.#pool.hasRoom(this)
  }

  /** The server speaks HTTP/1.1 over it: it carries no exchange of ours. */
  becameHttp1(): void {
    this.#leave()
  }

  #onSettings({ maxConcurrentStreams = Infinity }: Settings): void {
    const before = this.#allowed
    // A server that allows none yet may do so later: one request waits for that.
    this.#allowed = Math.min(STREAMS, Math.max(1, maxConcurrentStreams))
    if (this.#state === 'open' && this.#allowed > before) this.#pool.hasRoom(this)
  }

  #onGoaway(code: number, lastStreamId: number): void {
    this.#goaway = code
    this.lastProcessed = lastStreamId
    this.#part()
  }

  /** The other side has ended it, or is about to. */
  #part(): void {
    if (this.#state !== 'open') return
    this.#leave()
    const isAnnounced = this.lastProcessed !== Infinity && this.#goaway === NO_ERROR
    if (!this.#isClosedByUs && !isAnnounced) this.#pool.lost()
  }

  /** @param why it was not opened, where it was not. */
  #leave(why?: TransportError): void {
    this.#state = 'parting'
    this.#pool.settings.wheel.remove(this)
    this.#pool.parted(this)
    for (const told of this.#onOpen.splice(0)) told(why)
  }

  #refuse(error: TransportError): void {
    if (this.#state !== 'opening') return
    this.#leave(error)
    for (const exchange of [...this.exchanges]) exchange.fail(error)
  }

  /** Idle from now on. */
  rest(): void {
    const { wheel, idleTimeout } = this.#pool.settings
    wheel.remove(this)
    wheel.add(this, performance.now() + idleTimeout)
  }

  onExpired(): void {
    if (this.isIdle) this.close()
  }

  /** Waits for the exchanges in progress, then closes. */
  close(): void {
    if (this.#state !== 'parting') {
      this.#isClosedByUs = true
      this.#leave(aborted(this.#pool.endpoint.origin))
    }
    if (this.exchanges.size === 0) this.#session?.destroy()
    else this.#session?.close()
  }

  /** Ends it at once, with its exchanges. */
  abort(): void {
    this.#isClosedByUs = true
    if (this.#state !== 'parting') this.#leave(aborted(this.#pool.endpoint.origin))
    this.#session?.destroy()
    this.#socket?.destroy()
  }
}

/**
 * HTTP/2 was asked for, and is not spoken there.
 *
 * @param found how that was seen: `it chose http/1.1 (ALPN)`.
 */
function noHttp2(origin: string, found: string, cause?: unknown): TransportError {
  const secure = origin.startsWith('https:')
  const advice = secure
    ? "Turn HTTP/2 on there, or write protocol: 'auto' or 'h1'."
    : "Turn HTTP/2 without TLS (prior knowledge) on there, or write protocol: 'h1'."
  return new TransportError('protocol', { verb: 'speak', thing: `HTTP/2 to ${origin}`, found, advice }, cause)
}

/** Whether an error says no more than how a stream ended. */
function isOfStream(error: unknown): boolean {
  const { code } = error as { code?: string }
  return code === 'ERR_HTTP2_STREAM_ERROR' || code === 'ERR_HTTP2_STREAM_CANCEL'
}

/** Why no connection came about; a server that speaks none of the protocols offered ends the handshake (RFC 7301). */
function refusalOf(origin: string, error: Error | undefined): TransportError {
  const refusal = transportError(origin, error)
  const { code } = (refusal.cause ?? {}) as { code?: string }
  if (code !== NO_PROTOCOL) return refusal
  return noHttp2(origin, 'it speaks none of the protocols that TLS offered (ALPN: h2)', refusal.cause)
}

/** How a server that did not begin with SETTINGS began. */
function unspoken(error: unknown): string {
  const { code = '' } = (error ?? {}) as { code?: string }
  if (code.startsWith('ERR_HTTP2')) return 'what it sent first is not HTTP/2'
  return 'it closed the connection before it had said anything in HTTP/2'
}

/** A socket whose bytes are seen as they come: a session that gets the socket itself reads them past JavaScript. */
class Tap extends Duplex {
  readonly #socket: Socket

  constructor(socket: Socket, onBytes: (bytes: Buffer) => void) {
    super({ readableHighWaterMark: socket.readableHighWaterMark })
    this.#socket = socket
    socket.on('data', (bytes: Buffer) => {
      onBytes(bytes)
      if (!this.push(bytes)) socket.pause()
    })
    socket.once('end', () => this.push(null))
    socket.once('error', error => this.#endWith(error))
    socket.once('close', () => this.#endWith())
  }

  /** Ends after the bytes that came before: a GOAWAY frame says which requests may be sent again. */
  #endWith(error?: Error): void {
    if (this.readableLength === 0) setImmediate(() => this.destroy(error))
    else this.once('end', () => setImmediate(() => this.destroy(error)))
    if (!this.readableEnded && error === undefined) this.push(null)
  }

  override _read(): void {
    this.#socket.resume()
  }

  // A write fails only when the socket ends, which has an event of its own.
  override _write(bytes: Buffer, encoding: BufferEncoding, done: () => void): void {
    this.#socket.write(bytes, encoding, () => done())
  }

  override _writev(pieces: { chunk: Buffer }[], done: () => void): void {
    this.#socket.write(Buffer.concat(pieces.map(({ chunk }) => chunk)), () => done())
  }

  override _final(done: () => void): void {
    this.#socket.end(done)
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }
}
