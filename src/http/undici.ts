import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { Client, Dispatcher } from 'undici'
import { once } from '../ground/once.ts'
import { setImmediate } from '../ground/timers.ts'
import type { Milliseconds } from '../ground/units.ts'
import { type BodyCarrier, type BodyReader, BodyStore } from './body-store.ts'
import {
  aborted,
  badResponse,
  brokenOff,
  isEarlyEnd,
  type Limited,
  notResent,
  type PartialResponse,
  reportFailure,
  reportResponse,
  TransportError,
  timedOut,
  tooLong,
  transportError,
} from './causes.ts'
import { findHeader, trimValues } from './headers.ts'
import { OriginPool } from './origin-pool.ts'
import { PooledTransport, type PoolSettings } from './pooled-transport.ts'
import { isIdempotent, isIdleRace } from './resend.ts'
import { ResponseGate } from './response-gate.ts'
import type { Endpoint } from './socket.ts'
import { Timed } from './timer-wheel.ts'
import type {
  ExchangeTimes,
  OutgoingRequest,
  ResponseListener,
  TransportCounters,
  TransportOptions,
} from './transport.ts'

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

  makePool(endpoint: Endpoint): OriginPool {
    return new OriginPool(endpoint, this.settings, pool => new UndiciLane(pool))
  }
}

/** @param counters to count in, where others do so too. */
export function createUndiciTransport(options: TransportOptions = {}, counters?: TransportCounters): PooledTransport {
  return new UndiciTransport(options, counters)
}

const now = () => performance.now()
const nothing = Buffer.alloc(0)

/** So much sooner than the server an idle connection is ended. */
const EARLIER: Milliseconds = 500

/** Ends an exchange whose response is not to be read to its end. */
const enough = new Error('no more of the response is wanted')

/**
 * Methods whose request body undici trusts a server to read; after another method's body it gives the
 * connection up, as after HEAD.
 */
const carriesBody: Record<string, boolean> = {
  POST: true,
  PUT: true,
  PATCH: true,
  QUERY: true,
  PROPFIND: true,
  PROPPATCH: true,
}

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
class UndiciLane extends Timed implements BodyCarrier, Dispatcher.DispatchHandler {
  readonly #pool: OriginPool
  readonly #settings: PoolSettings
  readonly #origin: string
  #client: Client
  readonly #options: {
    -readonly [key in keyof Dispatcher.DispatchOptions]: Dispatcher.DispatchOptions[key]
  } = { method: '', path: '', headers: undefined, body: undefined, blocking: false }

  /** Undefined without an exchange, and after its listener was called. */
  #listener: ResponseListener | undefined
  #queued: Milliseconds = 0
  #sent: Milliseconds = 0
  #read: Milliseconds = 0
  #timeout: Milliseconds = 0
  #abort: ((error: Error) => void) | undefined
  #status = 0
  #headers: readonly Buffer[] = []
  readonly #body: BodyStore
  readonly #gate = new ResponseGate(found => this.#abort?.(badResponse(this.#origin, found)))
  /** Reason why the connection broke. */
  #broken: Error | undefined
  /** Undici will close the connection after this exchange. */
  #parting = false
  /** The connection has carried no exchange yet. */
  #isFresh = false
  /** The connection had carried an exchange before this one: the server may have closed it unasked. */
  #isKept = false
  /** End of that exchange. */
  #ended: Milliseconds = 0
  /** The server says for how long it keeps connections. */
  #isAnnounced = false
  #isResent = false
  /** There was a connection before. */
  #isOld = false
  /** When the connection is out of date. Undici's timers come late where this thread, or the machine, stood still. */
  #idleUntil: Milliseconds = Infinity
  /** Every exchange has a connection of its own. */
  #single = false

  constructor(pool: OriginPool) {
    super()
    this.#pool = pool
    this.#settings = pool.settings
    this.#origin = pool.endpoint.origin
    this.#body = new BodyStore(pool.settings.limits, this)
    this.#client = this.#connect()
  }

  start(request: OutgoingRequest, listener: ResponseListener, queued: Milliseconds): void {
    const { method, body, timeout } = request
    const { headersTimeout, wheel } = this.#settings
    const areTimersFaked = globalThis.setImmediate !== setImmediate
    if (areTimersFaked !== this.#single) this.#toggle()
    else if (queued > this.#idleUntil) this.#renew()
    this.#listener = listener
    this.#queued = queued
    this.#timeout = timeout
    this.#body.reads = request.reads
    this.#body.reader = request.reader
    this.#sent = 0
    this.#isResent = false
    const options = this.#options
    options.method = method
    options.path = request.path
    // A copy: the owner uses the original again, and this may be sent once more.
    options.headers = request.headers.slice()
    options.body = typeof body === 'object' ? Buffer.from(body) : body
    this.#parting = method === 'HEAD' || (body !== undefined && body.length > 0 && !carriesBody[method])
    const limit = this.#body.firstLimit(timeout, headersTimeout)
    if (limit !== Infinity) wheel.add(this, queued + limit)
    this.#client.dispatch(options, this)
  }

  abort(): void {
    const listener = this.#listener
    this.#settings.wheel.remove(this)
    this.#listener = undefined
    if (listener) reportFailure(listener, aborted(this.#origin, undefined, this.#came), this.#times(now()))
    this.#client.destroy().catch(() => {})
  }

  async close(): Promise<void> {
    if (!this.#client.destroyed) await this.#client.close()
  }

  onConnect(abort: (error?: Error) => void): void {
    // Given up while the connection was opened: undici drops a request whose `onConnect` throws, and keeps
    // the connection.
    if (this.#listener === undefined) throw aborted(this.#origin)
    this.#abort = abort
    // One that is sent again keeps the time of its first sending.
    if (this.#sent === 0) this.#sent = now()
    this.#gate.begin(this.#options.method === 'HEAD')
    this.#isKept = !this.#isFresh
    if (this.#isFresh) this.#isFresh = false
    else this.#settings.counters.reused++
  }

  onHeaders(status: number, headers: Buffer[]): boolean {
    if (status < 200) return true
    this.#status = status
    trimValues(headers)
    this.#headers = headers
    this.#body.status = status
    this.#body.headers = headers
    const length = findHeader(headers, 'content-length')
    this.#body.begin(length === undefined ? -1 : Number(length))
    this.#read = now()
    const { bodyTimeout, headersTimeout, wheel } = this.#settings
    // A deadline that lies later is looked at when the present one is reached; an earlier one must be set
    // now.
    if (bodyTimeout < headersTimeout) {
      wheel.remove(this)
      wheel.add(this, Math.min(this.#overall, this.#read + bodyTimeout))
    }
    return true
  }

  onData(chunk: Buffer): boolean {
    if (this.#body.size > 0) this.#read = now()
    if (!this.#body.take(chunk, 0, chunk.length)) this.cutShort(this.#body.reader)
    return true
  }

  get times(): ExchangeTimes {
    return this.#times(0)
  }

  cutShort(reader: BodyReader | undefined): void {
    if (this.#listener === undefined || this.#body.reader !== reader) return
    this.#abort?.(this.#body.hasEnough ? enough : tooLong(this.#origin, this.#body.refusal))
  }

  onComplete(): void {
    // A body without a length that ends by a reset is not complete, though undici takes it for that (RFC 9112, section
    // 8).
    if (this.#broken !== undefined) return this.onError(this.#broken)
    const listener = this.#listener
    const status = this.#status
    const headers = this.#headers
    this.#body.end()
    const { bytes, passed } = this.#body
    const times = this.#times(now())
    this.#ended = times.ended
    this.#idleUntil = times.ended + this.#readIdleTime()
    this.#settings.wheel.remove(this)
    this.#clear()
    this.#pool.release(this)
    if (listener) reportResponse(listener, status, headers, bytes, times, passed)
  }

  onError(error: Error): void {
    const listener = this.#listener
    const headers = this.#headers
    const status = this.#status
    const times = this.#times(now())
    // When a connection was reset, undici looks whether the response may be complete, and says only that it is not.
    const found = isEarlyEnd(error) ? (this.#broken ?? error) : error
    // A 304 may have the length of the omitted body (RFC 9110, section 8.6), and a 204 ends with its header in any case
    // (RFC 9112, section 6.3). undici waits for that body and drops the connection.
    const isWhole = error === enough
    const spared = (status === 304 || status === 204) && isMismatch(error)
    const isRace = this.#isIdleRace(found, times)
    if (isRace && listener && isIdempotent(this.#options.method)) return this.#resend()
    const came = this.#came
    this.#settings.wheel.remove(this)
    this.#clear()
    this.#parting ||= spared && !this.#gate.hasExtra
    setImmediate(() => {
      this.#pool.release(this)
      if (listener === undefined) return
      if (spared || isWhole) reportResponse(listener, status, headers, nothing, times)
      else if (isRace) reportFailure(listener, notResent(this.#origin, this.#options.method, found), times)
      else reportFailure(listener, brokenOff(this.#origin, found, came), times)
    })
  }

  #isIdleRace(error: Error, { sent, ended }: ExchangeTimes): boolean {
    if (!this.#isKept || this.#abort === undefined || this.#gate.hasBegun) return false
    if (error instanceof TransportError || transportError(this.#origin, error).failure !== 'reset') return false
    return isIdleRace(sent - this.#ended, ended - sent, this.#isAnnounced)
  }

  /** Sends it again on a new connection, and only once: that one was not kept. */
  #resend(): void {
    this.#settings.counters.resent++
    this.#isResent = true
    this.#abort = undefined
    setImmediate(() => {
      if (this.#listener !== undefined) this.#client.dispatch(this.#options, this)
      else this.#pool.release(this)
    })
  }

  onExpired(time: Milliseconds): void {
    const { headersTimeout, bodyTimeout, wheel } = this.#settings
    if (time >= this.#overall) {
      this.#giveUp('complete response', this.#timeout, time)
      return
    }
    const hasHeader = this.#status !== 0
    const limit = this.#body.limit(hasHeader, headersTimeout, bodyTimeout)
    const since = hasHeader ? this.#read : this.#sent || time
    if (time >= since + limit) {
      this.#giveUp(this.#body.awaited(hasHeader, headersTimeout), limit, time)
      return
    }
    const deadline = Math.min(this.#overall, since + limit)
    if (deadline !== Infinity) wheel.add(this, deadline)
  }

  get #overall(): Milliseconds {
    return this.#timeout > 0 ? this.#queued + this.#timeout : Infinity
  }

  /** Reads it like undici, which ends a connection that is not to be kept at once. */
  #readIdleTime(): Milliseconds {
    const { idleTimeout, longestIdle } = this.#settings
    const [, seconds] = /timeout=(\d+)/.exec(findHeader(this.#headers, 'keep-alive') ?? '') ?? []
    this.#isAnnounced ||= seconds !== undefined
    const time = seconds === undefined ? idleTimeout : Math.min(longestIdle, Number(seconds) * 1_000 - EARLIER)
    return time > 0 ? time : Infinity
  }

  #connect(): Client {
    const { idleTimeout, longestIdle } = this.#settings
    const keepAlive = idleTimeout > 0 && !this.#single
    const UndiciClient = undiciClient()
    const client = new UndiciClient(this.#origin, {
      // Zero is undici's word for "no keep-alive".
      pipelining: keepAlive ? 1 : 0,
      keepAliveTimeout: Math.max(1, idleTimeout),
      // A server's `Keep-Alive: timeout=n` counts instead, less half a second.
      keepAliveMaxTimeout: Math.max(1, longestIdle),
      keepAliveTimeoutThreshold: EARLIER,
      // Undici's own timers tick once a second; the wheel is finer, and one.
      headersTimeout: 0,
      bodyTimeout: 0,
      connect: (_options, callback) => {
        const done = callback as (error: Error | null, socket: unknown) => void
        this.#pool.connect((error, socket) => {
          if (socket) this.#connected(socket)
          done(error, socket)
        })
      },
    })
    client.on('disconnect', (_origin, _targets, error) => {
      if (client === this.#client) this.#idleUntil = Infinity
      if (this.#isLoss(error)) this.#pool.lost()
    })
    return client
  }

  #connected(socket: Socket): void {
    this.#gate.guard(socket)
    this.#broken = undefined
    socket.once('error', error => {
      this.#broken = error
    })
    if (this.#isOld) this.#settings.counters.reconnected++
    this.#isOld = true
    this.#isFresh = true
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
    this.#client.destroy().catch(() => {})
    this.#client = this.#connect()
  }

  #giveUp(missing: Limited, limit: Milliseconds, time: Milliseconds): void {
    const error = timedOut(this.#origin, missing, limit, this.#came)
    if (this.#abort) {
      this.#abort(error)
      return
    }
    // While connecting, undici can only be aborted in `onConnect`.
    const listener = this.#listener
    this.#listener = undefined
    if (listener) reportFailure(listener, error, this.#times(time))
  }

  /** Undefined before the request is sent. */
  get #came(): PartialResponse | undefined {
    if (this.#abort === undefined) return undefined
    return { hasBegun: this.#gate.hasBegun, status: this.#status, size: this.#status === 0 ? 0 : this.#body.size }
  }

  #times(ended: Milliseconds) {
    // Never written: as if written when it was handed over, so that the time it took is not hidden.
    return { queued: this.#queued, sent: this.#sent || this.#queued, ended, isResent: this.#isResent }
  }

  #clear(): void {
    this.#listener = undefined
    this.#abort = undefined
    this.#status = 0
    this.#headers = []
    this.#body.clear()
    this.#body.reader = undefined
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
