// Hot file. Allocated per request: nothing.

import type { OnReadOpts, Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setImmediate } from '../ground/timers.ts'
import type { Milliseconds } from '../ground/units.ts'
import { aborted, reportFailure, type TransportError, transportError } from './causes.ts'
import { isLoopback, isNamed } from './loopback.ts'
import { type Endpoint, endpointOf, openSocket } from './socket.ts'
import { TimerWheel } from './timer-wheel.ts'
import type { OutgoingRequest, ResponseListener, Transport, TransportCounters, TransportOptions } from './transport.ts'

/** Maximum idle time if the server has stated one. */
export const LONGEST_IDLE: Milliseconds = 600_000

/** Settings shared by all pools of a transport. */
export interface PoolSettings {
  connections: number
  /** Idle time if the server has not stated one. */
  idleTimeout: Milliseconds
  /** False: every connection carries one exchange. */
  reuse: boolean | 'per user'
  connectTimeout: Milliseconds
  wheel: TimerWheel
  counters: TransportCounters
}

/** The connections to one origin. */
export abstract class Pool<Settings extends PoolSettings = PoolSettings> {
  readonly endpoint: Endpoint
  readonly settings: Settings
  /** From their birth to their `close`. */
  readonly #sockets = new Set<Socket>()
  protected isEnded = false
  #onIdle: (() => void) | undefined

  constructor(endpoint: Endpoint, settings: Settings) {
    this.endpoint = endpoint
    this.settings = settings
  }

  abstract send(request: OutgoingRequest, listener: ResponseListener, queued: Milliseconds): void
  abstract warm(connections: number): Promise<void>
  abstract abort(): void
  /** Takes over an open connection. */
  adopt?(socket: Socket): void
  /** Whether no exchange is in progress. */
  protected abstract readonly isIdle: boolean
  /** Closes its connections, which are idle. */
  protected abstract end(): void | Promise<void>

  /** `done` is called once, never before this returns. */
  open(done: (error: Error | undefined, socket: Socket | undefined) => void, onread?: OnReadOpts): Socket {
    const socket = openSocket(this.endpoint, this.settings.connectTimeout, done, onread)
    this.watch(socket)
    return socket
  }

  protected watch(socket: Socket): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }

  protected destroySockets(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** A connection has ended against our will. */
  lost(): void {
    if (!this.isEnded) this.settings.counters.lost++
  }

  /** An exchange has ended. */
  protected noteEnd(): void {
    if (this.#onIdle && this.isIdle) this.#onIdle()
  }

  async close(): Promise<void> {
    if (!this.isEnded && !this.isIdle) {
      await new Promise<void>(resolve => {
        this.#onIdle = resolve
      })
    }
    this.isEnded = true
    await this.end()
    const closed = [...this.#sockets].map(socket => new Promise(resolve => socket.once('close', resolve)))
    this.destroySockets()
    await Promise.all(closed)
  }
}

/** Opens connections. Rejects with the first failure, when none is being opened any more. */
export async function openAll<C>(
  connections: readonly C[],
  open: (connection: C, done: (error: Error | undefined) => void) => void,
): Promise<void> {
  const opened = (connection: C) =>
    new Promise<void>((resolve, reject) => {
      open(connection, error => (error ? reject(error) : resolve()))
    })
  const attempts = await Promise.allSettled(connections.map(opened))
  const failed = attempts.find(attempt => attempt.status === 'rejected')
  if (failed) throw failed.reason
}

/**
 * A transport with a pool of connections for each origin. Follows no redirect, decodes no body, keeps no cookie. After
 * `abort` or `close` it takes no more.
 */
export abstract class PooledTransport implements Transport {
  abstract readonly name: string
  readonly counters: TransportCounters
  protected readonly settings: PoolSettings
  readonly #options: TransportOptions
  readonly #pools = new Map<string, Pool>()
  /** Pool that was used last, and its origin. */
  #last: Pool | undefined
  #lastOrigin = ''
  #ended = false
  #closed: Promise<void> | undefined

  constructor(options: TransportOptions, counters = noCounts()) {
    this.counters = counters
    this.#options = options
    this.settings = {
      connections: Math.max(1, options.connections ?? 128),
      idleTimeout: options.idleTimeout ?? 4_000,
      reuse: options.reuse ?? true,
      connectTimeout: options.connectTimeout ?? 10_000,
      wheel: new TimerWheel(),
      counters: this.counters,
    }
  }

  abstract makePool(endpoint: Endpoint): Pool

  send(request: OutgoingRequest, listener: ResponseListener, at: Milliseconds = 0): void {
    const queued = at > 0 ? at : performance.now()
    request.queued = queued
    this.counters.requests++
    if (this.#ended) {
      failLater(listener, aborted(request.origin), queued)
      return
    }
    if (this.#last === undefined || request.origin !== this.#lastOrigin) {
      try {
        this.#last = this.#poolOf(request.origin)
        this.#lastOrigin = request.origin
      } catch (error) {
        failLater(listener, transportError(request.origin, error), queued)
        return
      }
    }
    this.#last.send(request, listener, queued)
  }

  async warm(origin: string, connections: number): Promise<void> {
    if (this.#ended) throw aborted(origin)
    await this.#poolOf(origin).warm(connections)
  }

  abort(): void {
    this.#ended = true
    for (const pool of this.#pools.values()) pool.abort()
    this.settings.wheel.stop()
  }

  close(): Promise<void> {
    this.#ended = true
    this.#closed ??= Promise.all([...this.#pools.values()].map(pool => pool.close())).then(() =>
      this.settings.wheel.stop(),
    )
    return this.#closed
  }

  #poolOf(origin: string): Pool {
    let pool = this.#pools.get(origin)
    if (pool === undefined) {
      const { tls = {}, allowHosts } = this.#options
      const endpoint = endpointOf(origin)
      endpoint.tls = { ...tls['*'], ...tls[origin] }
      endpoint.staysHere = allowHosts !== undefined && isLoopback(origin) && !isNamed(origin, allowHosts)
      pool = this.makePool(endpoint)
      this.#pools.set(origin, pool)
    }
    return pool
  }
}

function failLater(listener: ResponseListener, error: TransportError, queued: Milliseconds) {
  setImmediate(() => reportFailure(listener, error, { queued, sent: queued, ended: performance.now() }))
}

export const noCounts = (): TransportCounters => ({
  opened: 0,
  lost: 0,
  requests: 0,
  reused: 0,
  resent: 0,
  refused: 0,
  reconnected: 0,
  waits: 0,
  waited: 0,
  streams: 0,
  streamsAtOnce: 0,
  mostStreams: 0,
})
