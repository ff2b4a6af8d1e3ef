import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { setImmediate } from '../../ground/timers.ts'
import type { Milliseconds } from '../../ground/units.ts'
import type { TransportError } from '../causes.ts'
import type { Pool, PoolSettings } from '../pooled-transport.ts'
import type { Endpoint } from '../socket.ts'
import { Sockets } from '../sockets.ts'
import { tellFailure } from '../tell.ts'
import type { OutgoingRequest, ResponseListener } from '../transport.ts'
import { Connection, type ConnectionPool } from './connection.ts'
import { Exchange, type ExchangePool } from './exchange.ts'

/** What all pools of a transport share. */
export interface Http2Settings extends PoolSettings {
  /** Most requests in flight on a connection. */
  streams: number
  maxIdle: number
  perUser: boolean
  /** Every connection carries one exchange. */
  single: boolean
}

/**
 * The connections to one origin. The oldest one that has room is the next to be used, so that few carry much and others
 * run into their idle timeout. Only when all are full, one more is opened, and when there may be no more, requests wait
 * in line.
 */
export class Http2Pool implements Pool, ConnectionPool, ExchangePool {
  readonly endpoint: Endpoint
  readonly settings: Http2Settings
  readonly host: string
  /** Those that take requests, the oldest first. */
  #connections: Connection[] = []
  /** Those that are open, also when they take no more. */
  readonly #opened = new Set<Connection>()
  /** All that wait for a response, also in line. */
  readonly #exchanges = new Set<Exchange>()
  /** Who waits for a connection, and since when. */
  readonly #line = new Map<Exchange, Milliseconds>()
  readonly #sockets = new Sockets()
  /** Whoever speaks HTTP/1.1, where the server may choose it. */
  readonly #makeHttp1: (() => Pool) | undefined
  #http1: Pool | undefined
  /** Connections that have ended, and have no other in their place yet. */
  #gaps = 0
  #ended = false
  #onIdle: (() => void) | undefined

  constructor(endpoint: Endpoint, settings: Http2Settings, makeHttp1?: () => Pool) {
    this.endpoint = endpoint
    this.settings = settings
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
      setImmediate(() => tellFailure(listener, error as TransportError, times))
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
    const { perUser, connections } = this.settings
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

  again(exchange: Exchange): void {
    if (this.#http1) this.#toHttp1(exchange, this.#http1)
    else this.#place(exchange)
  }

  over(exchange: Exchange): void {
    this.#line.delete(exchange)
    this.#exchanges.delete(exchange)
    if (this.#exchanges.size === 0) this.#onIdle?.()
  }

  /* ---- what connections tell ---- */

  watch(socket: Socket): void {
    this.#sockets.watch(socket)
  }

  opened(connection: Connection, beyond: readonly Exchange[]): void {
    this.#opened.add(connection)
    if (this.#gaps > 0) {
      this.#gaps--
      this.settings.counters.reconnected++
    }
    for (const exchange of beyond) this.#place(exchange)
  }

  hasRoom(connection: Connection): void {
    while (connection.hasRoom && this.#line.size > 0 && !this.settings.perUser) this.#startNext(connection)
    if (!connection.isIdle) return
    const idle = this.#connections.filter(one => one.isIdle).length
    if (this.#ended || idle > this.settings.maxIdle) connection.close()
    else connection.rest()
  }

  #startNext(connection: Connection): void {
    const [exchange, since] = this.#line.entries().next().value!
    this.#line.delete(exchange)
    this.settings.counters.waited += performance.now() - since
    connection.take(exchange)
  }

  parted(connection: Connection): void {
    this.#connections = this.#connections.filter(one => one !== connection)
    if (this.#opened.has(connection)) this.#gaps++
    // In a turn of its own: who sends at once when told of a failure comes first.
    if (this.#line.size > 0) setImmediate(() => this.#relieve())
  }

  /** Opens connections for those in line, where there may be more. */
  #relieve(): void {
    while (this.#line.size > 0 && !this.#ended && this.#connections.length < this.settings.connections)
      this.#startNext(this.#open())
  }

  closed(connection: Connection): void {
    this.#opened.delete(connection)
  }

  lost(): void {
    if (!this.#ended) this.settings.counters.lost++
  }

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
    const { streams, perUser, single } = this.settings
    const most = Math.min(connections, this.settings.connections)
    const wanted = perUser || single ? most : Math.ceil(most / streams)
    // The first tells whether the server speaks HTTP/2 at all.
    if (this.#http1 === undefined && this.#connections.length === 0) await opening(this.#open())
    if (this.#http1 !== undefined) return (this.#http1 as Pool).warm(connections)
    const more = Array.from({ length: Math.max(0, wanted - this.#connections.length) }, () => this.#open())
    const attempts = await Promise.allSettled(more.map(opening))
    const failed = attempts.find(attempt => attempt.status === 'rejected')
    if (failed) throw failed.reason
  }

  abort(): void {
    this.#ended = true
    for (const exchange of [...this.#exchanges]) exchange.abort()
    for (const connection of [...new Set([...this.#connections, ...this.#opened])]) connection.abort()
    this.#sockets.destroy()
    this.#http1?.abort()
  }

  async close(): Promise<void> {
    if (!this.#ended && this.#exchanges.size > 0) {
      await new Promise<void>(resolve => {
        this.#onIdle = resolve
      })
    }
    this.#ended = true
    await this.#http1?.close()
    for (const connection of [...new Set([...this.#connections, ...this.#opened])]) connection.close()
    this.#sockets.destroy()
    await this.#sockets.closed()
  }
}

function opening(connection: Connection): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.whenOpen(error => (error ? reject(error) : resolve()))
  })
}
