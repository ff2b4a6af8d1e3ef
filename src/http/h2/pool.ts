import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setImmediate } from '../../ground/timers.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { reportFailure, type TransportError } from '../causes.ts'
import { openAll, Pool, PooledTransport, type PoolSettings } from '../pooled-transport.ts'
import type { Endpoint } from '../socket.ts'
import type { OutgoingRequest, Protocol, ResponseListener, TransportCounters, TransportOptions } from '../transport.ts'
import { Connection, STREAMS } from './connection.ts'
import { Exchange } from './exchange.ts'

/**
 * The connections to one origin. The oldest one that has room is the next to be used, so that few carry much and others
 * run into their idle timeout. Only when all are full, one more is opened, and when there may be no more, requests wait
 * in line.
 */
export class Http2Pool extends Pool {
  /** Host as in `:authority`. */
  readonly host: string
  /** Connections that take requests, oldest first. */
  #connections: Connection[] = []
  /** Open connections, including those that take no more requests. */
  readonly #opened = new Set<Connection>()
  /** All that wait for a response, also in line. */
  readonly #exchanges = new Set<Exchange>()
  /** Exchanges that wait for a connection, with their start of waiting. */
  readonly #line = new Map<Exchange, Milliseconds>()
  /** Transport for HTTP/1.1, if the server may choose it. */
  readonly #makeHttp1: (() => Pool) | undefined
  #http1: Pool | undefined
  /** Connections that have ended, and have no other in their place yet. */
  #gaps = 0

  constructor(endpoint: Endpoint, settings: PoolSettings, makeHttp1?: () => Pool) {
    super(endpoint, settings)
    this.host = new URL(endpoint.origin).host
    this.#makeHttp1 = makeHttp1
  }

  send(request: OutgoingRequest, listener: ResponseListener, queued: Milliseconds): void {
    if (this.#http1) return this.#http1.send(request, listener, queued)
    let exchange: Exchange
    try {
      exchange = new Exchange(this, request, listener, queued)
    } catch (error) {
      const times = { queued, sent: queued, ended: performance.now() }
      setImmediate(() => reportFailure(listener, error as TransportError, times))
      return
    }
    this.#exchanges.add(exchange)
    this.#place(exchange)
  }

  #place(exchange: Exchange): void {
    const connection = this.#pick(exchange)
    if (connection) return connection.take(exchange)
    this.settings.counters.waits++
    this.#line.set(exchange, performance.now())
  }

  #pick({ sender }: Exchange): Connection | undefined {
    const { reuse, connections } = this.settings
    const perUser = reuse === 'per user'
    for (const connection of this.#connections) {
      if (!connection.hasRoom) continue
      if (!perUser || connection.owner === sender) return connection
      if (connection.owner !== undefined) continue
      connection.owner = sender
      return connection
    }
    if (!perUser && this.#connections.length >= connections) return undefined
    const opened = this.#open()
    if (perUser) opened.owner = sender
    return opened
  }

  #open(): Connection {
    const connection = new Connection(this)
    this.#connections.push(connection)
    connection.open()
    return connection
  }

  /* ---- what exchanges tell ---- */

  /** Finds it a connection again. */
  again(exchange: Exchange): void {
    if (this.#http1) this.#toHttp1(exchange, this.#http1)
    else this.#place(exchange)
  }

  /** Its listener is being notified, or will be. */
  over(exchange: Exchange): void {
    this.#line.delete(exchange)
    this.#exchanges.delete(exchange)
    this.noteEnd()
  }

  /* ---- what connections tell ---- */

  /** It may carry exchanges from now on. @param beyond those that it has, but may not begin. */
  opened(connection: Connection, beyond: readonly Exchange[]): void {
    this.#opened.add(connection)
    if (this.#gaps > 0) {
      this.#gaps--
      this.settings.counters.reconnected++
    }
    for (const exchange of beyond) this.#place(exchange)
  }

  /** Another request may go out on it, or it is idle. */
  hasRoom(connection: Connection): void {
    while (connection.hasRoom && this.#line.size > 0 && this.settings.reuse !== 'per user') this.#startNext(connection)
    if (!connection.isIdle) return
    if (this.isEnded) connection.close()
    else connection.rest()
  }

  #startNext(connection: Connection): void {
    const [exchange, since] = this.#line.entries().next().value!
    this.#line.delete(exchange)
    this.settings.counters.waited += performance.now() - since
    connection.take(exchange)
  }

  /** No request goes out on it any more. */
  parted(connection: Connection): void {
    this.#connections = this.#connections.filter(one => one !== connection)
    if (this.#opened.has(connection)) this.#gaps++
    // Runs in a separate turn, because a listener that sends at once after a failure goes first.
    if (this.#line.size > 0) setImmediate(() => this.#relieve())
  }

  /** Opens connections for those in line, where there may be more. */
  #relieve(): void {
    while (this.#line.size > 0 && !this.isEnded && this.#connections.length < this.settings.connections)
      this.#startNext(this.#open())
  }

  /** Its socket is gone. */
  closed(connection: Connection): void {
    this.#opened.delete(connection)
  }

  /** The server has chosen HTTP/1.1; true if another pool has taken the socket. */
  choseHttp1(connection: Connection, socket: Socket): boolean {
    if (this.#makeHttp1 === undefined) return false
    this.#http1 ??= this.#makeHttp1()
    const { counters } = this.settings
    if (this.#http1.adopt) {
      counters.opened++
      this.#http1.adopt(socket)
    } else socket.destroy()
    connection.becameHttp1()
    for (const exchange of [...connection.exchanges, ...this.#line.keys()]) this.#toHttp1(exchange, this.#http1)
    return true
  }

  #toHttp1(exchange: Exchange, pool: Pool): void {
    exchange.handOver((request, listener, queued) => pool.send(request, listener, queued))
  }

  /* ---- beginning and end ---- */

  async warm(connections: number): Promise<void> {
    const most = Math.min(connections, this.settings.connections)
    const wanted = this.settings.reuse === true ? Math.ceil(most / STREAMS) : most
    const open = (connection: Connection, done: (error: Error | undefined) => void) => connection.whenOpen(done)
    // The first tells whether the server speaks HTTP/2 at all.
    if (this.#http1 === undefined && this.#connections.length === 0) await openAll([this.#open()], open)
    if (this.#http1 !== undefined) return (this.#http1 as Pool).warm(connections)
    const missing = Math.max(0, wanted - this.#connections.length)
    const more = Array.from({ length: missing }, () => this.#open())
    await openAll(more, open)
  }

  abort(): void {
    this.isEnded = true
    for (const exchange of [...this.#exchanges]) exchange.abort()
    for (const connection of this.#all) connection.abort()
    this.destroySockets()
    this.#http1?.abort()
  }

  protected async end(): Promise<void> {
    await this.#http1?.close()
    for (const connection of this.#all) connection.close()
  }

  protected get isIdle(): boolean {
    return this.#exchanges.size === 0
  }

  get #all(): ReadonlySet<Connection> {
    return new Set([...this.#connections, ...this.#opened])
  }
}

/** Creates the HTTP/1.1 transport, which uses the same counters. */
export type MakeHttp1 = (counters: TransportCounters) => PooledTransport

/**
 * HTTP/2 over `node:http2`. With TLS the server has to choose it (ALPN), without TLS it is spoken at once (prior
 * knowledge).
 */
class Http2Transport extends PooledTransport {
  readonly #http1: PooledTransport | undefined
  /** A server has chosen HTTP/1.1, or is spoken to without TLS. */
  #speaksHttp1 = false

  constructor(options: TransportOptions, makeHttp1: MakeHttp1 | undefined) {
    super(options)
    this.#http1 = makeHttp1?.(this.counters)
  }

  /** `http2`; with whom speaks HTTP/1.1, or only that, where servers have chosen it. */
  get name(): string {
    const names = this.protocols.map(protocol => (protocol === 'h2' ? 'http2' : this.#http1!.name))
    return names.sort().join(' and ') || 'http2'
  }

  get protocols(): readonly Protocol[] {
    const h1: Protocol[] = this.#speaksHttp1 ? ['h1'] : []
    return this.counters.streams > 0 || this.#http1 === undefined ? [...h1, 'h2'] : h1
  }

  makePool(endpoint: Endpoint) {
    const http1 = this.#http1
    if (http1 === undefined) return new Http2Pool({ ...endpoint, alpn: ['h2'] }, this.settings)
    const makeHttp1 = () => {
      this.#speaksHttp1 = true
      return http1.makePool(endpoint)
    }
    // Without TLS nothing is negotiated.
    if (!endpoint.secure) return makeHttp1()
    return new Http2Pool({ ...endpoint, alpn: ['h2', 'http/1.1'] }, this.settings, makeHttp1)
  }

  override abort(): void {
    super.abort()
    this.#http1?.abort()
  }

  override async close(): Promise<void> {
    await super.close()
    await this.#http1?.close()
  }
}

/** @param makeHttp1 whom to leave a server to that chooses HTTP/1.1; without, that is a failure. */
export function createHttp2Transport(options: TransportOptions = {}, makeHttp1?: MakeHttp1): PooledTransport {
  return new Http2Transport(options, makeHttp1)
}
