import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import { nextTick } from 'node:process'
import type { Client, Dispatcher } from 'undici'
import { once } from '../ground/once.ts'
import { setImmediate } from '../ground/timers.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { BodyReader } from './body-store.ts'
import {
  aborted,
  badResponse,
  brokenOff,
  greeted,
  isEarlyEnd,
  notResent,
  reportFailure,
  reportResponse,
  TransportError,
  tooLong,
  transportError,
} from './causes.ts'
import { Exchange, now } from './exchange.ts'
import { findHeader } from './headers.ts'
import { OriginPool, type PooledConnection } from './origin-pool.ts'
import { LONGEST_IDLE, PooledTransport } from './pooled-transport.ts'
import { isIdempotent, isIdleRace } from './resend.ts'
import { ResponseGate } from './response-gate.ts'
import { type Endpoint, hasSpoken } from './socket.ts'
import type { OutgoingRequest, ResponseListener, TransportCounters, TransportOptions } from './transport.ts'
import { expectsBody } from './wire/encode.ts'

type ClientClass = typeof Client

/**
 * The client of undici without the rest of it, of which nothing is used: that takes 70 ms more in every worker, and
 * makes undici's agent that of the process's own `fetch`. An undici that has the client elsewhere is loaded in whole.
 */
export function clientOf(load: (id: string) => unknown): ClientClass {
  try {
    return load('undici/lib/dispatcher/client.js') as ClientClass
  } catch (error) {
    if (!missing.has((error as { code?: unknown }).code)) throw error
    return (load('undici') as { Client: ClientClass }).Client
  }
}

const missing = new Set<unknown>(['MODULE_NOT_FOUND', 'ERR_PACKAGE_PATH_NOT_EXPORTED'])

/** Loaded when the first transport is made: 11 MB and 60 ms in a process that may never use it. */
export const undiciClient = once(() => clientOf(createRequire(import.meta.url)))

/** HTTP/1.1 through undici's `dispatch`. */
class UndiciTransport extends PooledTransport {
  readonly name = 'undici'

  constructor(options: TransportOptions, counters?: TransportCounters) {
    super(options, counters)
    undiciClient() // loaded here, no request waits for it
  }

  makePool(endpoint: Endpoint): UndiciPool {
    return new UndiciPool(endpoint, this.settings)
  }
}

class UndiciPool extends OriginPool<UndiciLane> {
  protected createConnection(): UndiciLane {
    return new UndiciLane(this)
  }

  override adopt(socket: Socket): void {
    this.watch(socket)
    const lane = this.make()
    lane.keep(socket)
    this.release(lane)
  }
}

/** @param counters to count in, where others do so too. */
export function createUndiciTransport(options: TransportOptions = {}, counters?: TransportCounters): PooledTransport {
  return new UndiciTransport(options, counters)
}

const nothing = Buffer.alloc(0)

/** So much sooner than the server an idle connection is ended. */
const EARLIER: Milliseconds = 500

/** Ends an exchange whose response is not to be read to its end. */
const enough = new Error('no more of the response is wanted')

/**
 * One undici `Client`, which is one connection, and the handler of its one exchange at a time: sending a request makes
 * no object but the times handed to the listener. One client a connection and our own list of free ones cost 5 to 15 %
 * less CPU a request than undici's `Pool` (10.5 to 12.9 against 11.1 to 13.4 microseconds in the same run, 64
 * connections); pipelining of two gained nothing.
 *
 * The life of an exchange, by undici's callbacks:
 *
 *   start -> onConnect (about to be written) -> onHeaders (1xx first, perhaps) -> onData* -> onComplete
 *   start -> any of these -> onError
 *
 * `onComplete` frees the lane before it calls the listener, so that the listener's next request uses the same
 * connection in the same turn. After `onError` undici's client is not ready for that (it asserts that its queue is
 * empty), and a request that undici finds malformed comes to `onError` within `start`: failures are reported in a
 * separate turn.
 */
class UndiciLane extends Exchange implements PooledConnection, Dispatcher.DispatchHandler {
  isOwned = false
  readonly #pool: UndiciPool
  #client: Client
  readonly #options: {
    -readonly [key in keyof Dispatcher.DispatchOptions]: Dispatcher.DispatchOptions[key]
  } = { method: '', path: '', headers: undefined, body: undefined, blocking: false }

  /** The open connection, and the same one until undici asks for it. */
  #socket: Socket | undefined
  #ahead: Socket | undefined
  #isOpening = false
  #abort: ((error: Error) => void) | undefined
  readonly #gate = new ResponseGate(found => this.#abort?.(badResponse(this.origin, found)))
  /** Reason why the connection broke. */
  #broken: Error | undefined
  /** Undici will close the connection after this exchange. */
  #parting = false
  /** The connection has carried no exchange yet. */
  #isFresh = false
  /** The connection had carried an exchange before this one: the server may have closed it unasked. */
  #isKept = false
  /** The server says for how long it keeps connections. */
  #isAnnounced = false
  /** There was a connection before. */
  #isOld = false
  /** When the connection is out of date. Undici's timers come late where this thread, or the machine, stood still. */
  #idleUntil: Milliseconds = Infinity
  /** Every exchange has a connection of its own. */
  #single = false

  constructor(pool: UndiciPool) {
    super(pool.endpoint.origin, pool.settings)
    this.#pool = pool
    this.#client = this.#createClient()
  }

  get isOpen(): boolean {
    return this.#socket !== undefined
  }

  get isBusy(): boolean {
    return this.listener !== undefined || this.#isOpening
  }

  protected get hasBegun(): boolean {
    return this.#gate.hasBegun
  }

  start(request: OutgoingRequest, listener: ResponseListener, queued: Milliseconds): void {
    const { method, body } = request
    const areTimersFaked = globalThis.setImmediate !== setImmediate
    if (areTimersFaked !== this.#single) this.#toggle()
    else if (queued > this.#idleUntil) this.#renew()
    this.begin(request, listener, queued, queued)
    const options = this.#options
    options.method = method
    options.path = request.path
    // A copy: the owner uses the original again, and this may be sent once more.
    options.headers = request.headers.slice()
    options.body = typeof body === 'object' ? Buffer.from(body) : body
    // Undici trusts a server to read the body of a method that has one; after another's it gives the connection up.
    this.#parting = method === 'HEAD' || (body !== undefined && body.length > 0 && !expectsBody(method))
    this.#client.dispatch(options, this)
  }

  abort(): void {
    this.settings.wheel.remove(this)
    this.report(aborted(this.origin, undefined, this.came))
    this.close()
  }

  close(): void {
    this.#client.destroy().catch(() => {})
  }

  onConnect(abort: (error?: Error) => void): void {
    // Given up while the connection was opened: undici drops a request whose `onConnect` throws, and keeps
    // the connection.
    if (this.listener === undefined) throw aborted(this.origin)
    this.#abort = abort
    this.noteSent()
    this.#gate.begin(this.method === 'HEAD')
    this.#isKept = !this.#isFresh
    if (this.#isFresh) this.#isFresh = false
    else this.settings.counters.reused++
  }

  onHeaders(status: number, headers: Buffer[]): boolean {
    if (status < 200) return true
    // White space behind a value does not belong to it. Source: RFC 9110, section 5.5.
    const list = headers.map((bytes, i) =>
      i % 2 === 0 ? bytes.toString('latin1') : bytes.toString('latin1').replace(/[ \t]+$/, ''),
    )
    this.takeHeader(status, list)
    return true
  }

  onData(chunk: Buffer): boolean {
    this.takeBody(chunk)
    return true
  }

  cutShort(reader: BodyReader | undefined): void {
    if (this.listener === undefined || this.body.reader !== reader) return
    this.#abort?.(this.body.hasEnough ? enough : tooLong(this.origin, this.body.refusal))
  }

  onComplete(): void {
    // A body without a length that ends by a reset is not complete, though undici takes it for that (RFC 9112, section
    // 8).
    if (this.#broken !== undefined) return this.onError(this.#broken)
    const { listener, body, times } = this
    body.end()
    times.ended = now()
    this.#idleUntil = times.ended + this.#readIdleTime()
    const { bytes, passed, status, headers } = body
    this.listener = undefined
    this.#clear()
    const isFree = this.#pool.offer(this)
    if (listener) reportResponse(listener, status, headers, bytes, times, passed)
    if (!isFree) this.#pool.release(this)
  }

  onError(error: Error): void {
    const { status, headers } = this.body
    // When a connection was reset, undici looks whether the response may be complete, and says only that it is not.
    const found = isEarlyEnd(error) ? (this.#broken ?? error) : error
    // A 304 may have the length of the omitted body (RFC 9110, section 8.6), and a 204 ends with its header in any case
    // (RFC 9112, section 6.3). undici waits for that body and drops the connection.
    const isWhole = error === enough
    const spared = (status === 304 || status === 204) && isMismatch(error)
    const isRace = this.#isIdleRace(found)
    if (isRace && this.listener && isIdempotent(this.method)) return this.#resend()
    const { times } = this
    const failure = brokenOff(this.origin, found, this.came)
    times.ended = now()
    this.#clear()
    this.#parting ||= spared && !this.#gate.hasExtra
    setImmediate(() => {
      const { listener } = this
      this.listener = undefined
      const isFree = this.#pool.offer(this)
      if (listener && (spared || isWhole)) reportResponse(listener, status, headers, nothing, times)
      else if (listener) reportFailure(listener, isRace ? notResent(this.origin, this.method, found) : failure, times)
      if (!isFree) this.#pool.release(this)
    })
  }

  #isIdleRace(error: Error): boolean {
    if (!this.#isKept || this.#abort === undefined || this.hasBegun) return false
    if (error instanceof TransportError || transportError(this.origin, error).failure !== 'reset') return false
    const { sent, ended } = this.times
    return isIdleRace(sent - ended, now() - sent, this.#isAnnounced)
  }

  /** Sends it again on a new connection, and only once: that one was not kept. */
  #resend(): void {
    this.settings.counters.resent++
    this.times.isResent = true
    this.#abort = undefined
    setImmediate(() => {
      if (this.listener !== undefined) this.#client.dispatch(this.#options, this)
      else this.#pool.release(this)
    })
  }

  /** Reads it like undici, which ends a connection that is not to be kept at once. */
  #readIdleTime(): Milliseconds {
    const [, seconds] = /timeout=(\d+)/.exec(findHeader(this.body.headers, 'keep-alive') ?? '') ?? []
    this.#isAnnounced ||= seconds !== undefined
    const time =
      seconds === undefined ? this.settings.idleTimeout : Math.min(LONGEST_IDLE, Number(seconds) * 1_000 - EARLIER)
    return time > 0 ? time : Infinity
  }

  #createClient(): Client {
    const { idleTimeout, reuse } = this.settings
    const UndiciClient = undiciClient()
    const client = new UndiciClient(this.origin, {
      // Zero is undici's word for "no keep-alive".
      pipelining: reuse === false || this.#single ? 0 : 1,
      keepAliveTimeout: idleTimeout,
      // A server's `Keep-Alive: timeout=n` counts instead, less half a second.
      keepAliveMaxTimeout: LONGEST_IDLE,
      keepAliveTimeoutThreshold: EARLIER,
      // Undici's own timers tick once a second; the wheel is finer, and one.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (_options, callback) => this.#connect(callback as (error: Error | null, socket: Socket | null) => void),
    })
    client.on('disconnect', (_origin, _targets, error) => {
      if (client === this.#client) this.#idleUntil = Infinity
      if (this.#isLoss(error)) this.#pool.lost()
    })
    return client
  }

  /** Hands undici its connection: the one opened ahead, or a new one. */
  #connect(done: (error: Error | null, socket: Socket | null) => void): void {
    const ahead = this.#ahead
    this.#ahead = undefined
    if (ahead === undefined || ahead.destroyed) {
      this.#dial((error, socket) => {
        if (socket) this.#handOver(socket)
        done(error ?? null, socket ?? null)
      })
    } else if (hasSpoken(ahead)) {
      ahead.destroy()
      nextTick(done, greeted(this.origin), null)
    } else {
      this.#handOver(ahead.setTimeout(0).removeAllListeners('timeout').ref())
      nextTick(done, null, ahead)
    }
  }

  open(done: (error: Error | undefined) => void): void {
    this.#isOpening = true
    this.#dial((error, socket) => {
      this.#isOpening = false
      if (socket) this.keep(socket)
      this.#pool.release(this)
      done(error)
    })
  }

  #dial(done: (error: Error | undefined, socket: Socket | undefined) => void): void {
    this.#pool.open((error, socket) => {
      if (socket) this.settings.counters.opened++
      done(error, socket)
    })
  }

  /** Keeps an open connection until undici asks for one. */
  keep(socket: Socket): void {
    this.#socket = this.#ahead = socket
    const idle = () => {
      this.#ahead = undefined
      socket.destroy()
    }
    socket.setTimeout(this.settings.idleTimeout, idle).unref()
    socket.once('close', () => this.#closed(socket))
  }

  #handOver(socket: Socket): void {
    this.#socket = socket
    this.#gate.guard(socket)
    this.#broken = undefined
    socket.once('error', error => {
      this.#broken = error
    })
    socket.once('close', () => this.#closed(socket))
    if (this.#isOld) this.settings.counters.reconnected++
    this.#isOld = true
    this.#isFresh = true
  }

  #closed(socket: Socket): void {
    if (this.#ahead === socket) this.#pool.lost()
    if (this.#socket !== socket) return
    this.#socket = this.#ahead = undefined
    this.#pool.cool(this)
  }

  /**
   * Undici looks for `setImmediate` in the global object whenever it is about to use a connection again.
   * While a test has put a fake there, no connection is used twice.
   */
  #toggle(): void {
    this.#single = !this.#single
    this.#renew()
  }

  #renew(): void {
    this.#idleUntil = Infinity
    this.close()
    this.#client = this.#createClient()
  }

  protected giveUp(error: TransportError): void {
    // While connecting, undici can only be aborted in `onConnect`.
    if (this.#abort) this.#abort(error)
    else this.report(error)
  }

  #clear(): void {
    this.settings.wheel.remove(this)
    this.#abort = undefined
    this.body.clear()
    this.body.reader = undefined
  }

  #isLoss(error: Error & { code?: string }): boolean {
    if (error.code === 'UND_ERR_DESTROYED') return false
    // Connections that undici ends by itself: idle, aborted, after a HEAD, or after `connection: close`.
    if (error.code === 'UND_ERR_INFO') return false
    return !(this.#parting && isMismatch(error))
  }
}

function isMismatch(error: Error & { code?: string }) {
  return error.code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'
}
