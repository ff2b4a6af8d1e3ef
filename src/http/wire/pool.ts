// Hot file. Allocated per request: nothing where a connection is free; one that has to wait is copied, since its owner
// uses it again.

import type { LookupAddress } from 'node:dns'
import { isIP, type OnReadOpts, type Socket } from 'node:net'
import { nextTick } from 'node:process'
import type { Milliseconds } from '../../ground/units.ts'
import { aborted, TransportError, transportError } from '../causes.ts'
import { PooledTransport, type PoolSettings } from '../pooled-transport.ts'
import { type Endpoint, lookUpFor, openSocket, Sockets } from '../socket.ts'
import type { OutgoingRequest, ResponseListener, TransportCounters, TransportOptions } from '../transport.ts'
import { WaitingLine } from '../waiting-line.ts'
import { Connection, Outbox } from './connection.ts'

/** Settings shared by all pools of a transport. */
interface WireSettings extends PoolSettings {
  maxIdle: number
  reuse: boolean
  perUser: boolean
  outbox: Outbox
}

/**
 * The connections to one origin. The one that was used last is the next to be used, so that few stay hot and the others
 * run into their idle timeout. When all are busy, requests wait in line.
 */
export class WirePool {
  readonly origin: string
  /** Host as in the Host header. */
  readonly host: string
  readonly isSecure: boolean
  readonly settings: WireSettings
  readonly dialer: Dialer
  readonly idleTime: IdleTime
  /**
   * Whether the server has closed a connection right behind a response, and did not announce it. From then on a request
   * on a kept connection waits for a turn of the event loop, so that such an end is seen before.
   */
  closesEarly = false
  readonly #all = new Set<Connection>()
  /** Open and idle. */
  readonly #free: Connection[] = []
  /** Connections without a socket. */
  readonly #cold: Connection[] = []
  /** Owners of connections; requests are reused by their owners. */
  readonly #owned: WeakMap<OutgoingRequest, Connection> | undefined
  readonly #line: WaitingLine
  readonly #sockets = new Sockets()
  #ended = false
  #onIdle: (() => void) | undefined

  constructor(endpoint: Endpoint, settings: WireSettings) {
    this.origin = endpoint.origin
    this.host = new URL(endpoint.origin).host
    this.isSecure = endpoint.secure
    this.settings = settings
    this.dialer = new Dialer(endpoint, settings.connectTimeout, socket => this.#sockets.watch(socket))
    this.idleTime = new IdleTime(settings)
    this.#line = new WaitingLine(endpoint.origin, settings)
    this.#owned = settings.perUser ? new WeakMap() : undefined
  }

  send(request: OutgoingRequest, listener: ResponseListener, queued: Milliseconds): void {
    const connection = this.#owned ? this.#own(request) : this.#pick()
    if (connection) connection.start(request, listener, queued, queued)
    else this.#line.push(request, listener, queued)
  }

  #pick(): Connection | undefined {
    const connection = this.#free.pop() ?? this.#cold.pop()
    if (connection || this.#all.size >= this.settings.connections) return connection
    return this.#make()
  }

  #own(request: OutgoingRequest): Connection {
    const known = this.#owned!.get(request)
    if (known && !known.isBusy) {
      this.#all.add(known)
      return known
    }
    const connection = this.#free.pop() ?? this.#make()
    connection.isOwned = true
    this.#owned!.set(request, connection)
    return connection
  }

  #make(): Connection {
    const connection = new Connection(this)
    this.#all.add(connection)
    return connection
  }

  /* ---- what connections tell ---- */

  /**
   * An exchange has ended. True if the connection may be used from now on. False if others wait for it: it is then
   * released after its listener was called.
   */
  offer(connection: Connection): boolean {
    if (!this.#line.isEmpty) return false
    this.#put(connection)
    return true
  }

  release(connection: Connection): void {
    const hasStarted = this.#line.startNext((request, listener, queued, now) =>
      connection.start(request, listener, queued, now),
    )
    if (!hasStarted) this.#put(connection)
  }

  #put(connection: Connection): void {
    if (connection.isOwned) {
      if (!connection.isOpen) this.#all.delete(connection)
    } else if (connection.isOpen) {
      if (this.#free.length < this.settings.maxIdle) this.#free.push(connection)
      else {
        connection.close()
        this.#cold.push(connection)
      }
    } else this.#cold.push(connection)
    if (this.#onIdle && this.#isIdle) this.#onIdle()
  }

  /** An idle connection has lost its socket. */
  cool(connection: Connection): void {
    if (connection.isOwned) {
      this.#all.delete(connection)
      return
    }
    const at = this.#free.indexOf(connection)
    if (at < 0) return
    this.#free.splice(at, 1)
    this.#cold.push(connection)
  }

  /** A connection has ended against our will. */
  lost(): void {
    if (!this.#ended) this.settings.counters.lost++
  }

  /* ---- beginning and end ---- */

  async warm(connections: number): Promise<void> {
    const wanted = Math.min(connections, this.settings.connections)
    const missing = Math.max(0, wanted - this.#free.length)
    const cold = Array.from({ length: missing }, () => this.#cold.pop() ?? this.#make())
    const attempts = await Promise.allSettled(cold.map(connection => openAhead(connection)))
    const failed = attempts.find(attempt => attempt.status === 'rejected')
    if (failed) throw failed.reason
  }

  abort(): void {
    this.#ended = true
    this.dialer.end()
    this.#line.abort()
    for (const connection of this.#all) connection.abort()
    this.#sockets.destroy()
  }

  async close(): Promise<void> {
    if (!this.#ended && !this.#isIdle) {
      await new Promise<void>(resolve => {
        this.#onIdle = resolve
      })
    }
    this.#ended = true
    this.dialer.end()
    for (const connection of this.#all) connection.close()
    this.#sockets.destroy()
    await this.#sockets.closed()
  }

  get #isIdle(): boolean {
    if (!this.#line.isEmpty) return false
    for (const connection of this.#all) if (connection.isBusy) return false
    return true
  }
}

function openAhead(connection: Connection): Promise<void> {
  return new Promise((resolve, reject) => {
    connection.open(error => (error ? reject(error) : resolve()))
  })
}

type Done = (error: Error | undefined, socket: Socket | undefined) => void

/**
 * Opens connections to one origin. Its name is looked up once, and all addresses are kept: when one refuses, the next
 * is tried, and the one that responded is the first to be tried from then on. When all refuse, the name is looked up
 * anew the next time; a name that means this machine always is.
 */
class Dialer {
  readonly #endpoint: Endpoint
  readonly #timeout: Milliseconds
  /** Being opened, or open. */
  readonly #onSocket: (socket: Socket) => void
  #addresses: readonly string[] = []
  #first = 0
  /** Callbacks that wait for the name. */
  #waiting: ((error: Error | null) => void)[] | undefined
  #isEnded = false

  constructor(endpoint: Endpoint, timeout: Milliseconds, onSocket: (socket: Socket) => void) {
    this.#endpoint = endpoint
    this.#timeout = timeout
    this.#onSocket = onSocket
    if (isIP(endpoint.host)) this.#addresses = [endpoint.host]
  }

  get #isLookedUpAgain(): boolean {
    return this.#endpoint.staysHere === true && !isIP(this.#endpoint.host)
  }

  /** `done` is called once, never before this returns. */
  dial(onread: OnReadOpts, done: Done): void {
    if (this.#addresses.length > 0 && !this.#isLookedUpAgain) {
      this.#try(0, onread, done)
      return
    }
    this.#lookUp(error => {
      if (this.#isEnded) done(aborted(this.#endpoint.origin), undefined)
      else if (error) done(transportError(this.#endpoint.origin, error), undefined)
      else this.#try(0, onread, done)
    })
  }

  /** No connection is opened any more, also where the name was being looked up. */
  end(): void {
    this.#isEnded = true
  }

  #try(tried: number, onread: OnReadOpts, done: Done): void {
    const addresses = this.#addresses
    const at = (this.#first + tried) % addresses.length
    const settle: Done = (error, socket) => {
      if (socket) {
        this.#first = at
        done(undefined, socket)
      } else if (isRefusal(error) && tried + 1 < addresses.length) this.#try(tried + 1, onread, done)
      else {
        if (!isIP(this.#endpoint.host)) this.#addresses = []
        done(error, undefined)
      }
    }
    this.#onSocket(openSocket(this.#endpoint, this.#timeout, settle, { address: addresses[at]!, onread }))
  }

  #lookUp(told: (error: Error | null) => void): void {
    if (this.#waiting) {
      this.#waiting.push(told)
      return
    }
    this.#waiting = [told]
    const tell = (error: Error | null) => {
      const waiting = this.#waiting ?? []
      this.#waiting = undefined
      for (const one of waiting) one(error)
    }
    const { host } = this.#endpoint
    try {
      lookUpFor(this.#endpoint)(host, { all: true, verbatim: true }, (error, found) => {
        const addresses = error ? [] : (found as LookupAddress[]).map(({ address }) => address)
        if (addresses.join() !== this.#addresses.join()) this.#first = 0
        this.#addresses = addresses
        tell(error)
      })
    } catch (error) {
      nextTick(tell, error as Error)
    }
  }
}

const isRefusal = (error: Error | undefined) => error instanceof TransportError && error.failure === 'refused'

/** A connection is closed so much earlier than the server would, so that it does not close it under a request. */
const MARGIN: Milliseconds = 500
/** Longest time for a connection without a request so far: a server may wait less long for the first one. */
const LONGEST_UNUSED: Milliseconds = 30_000

/** How long connections to one origin are kept while they are idle. */
export class IdleTime {
  readonly #settings: Pick<PoolSettings, 'idleTimeout' | 'longestIdle'>
  /** Last idle time that the server stated, on any connection; undefined if it has not. */
  #lastSaid: Milliseconds | undefined

  constructor(settings: Pick<PoolSettings, 'idleTimeout' | 'longestIdle'>) {
    this.#settings = settings
  }

  /** Whether the server says for how long it keeps connections. */
  get isAnnounced(): boolean {
    return this.#lastSaid !== undefined
  }

  /**
   * Idle time of a connection that has carried a response.
   * @param keepSeconds value of the server's `Keep-Alive`; -1 without it.
   */
  ofUsed(keepSeconds: number): Milliseconds {
    const { idleTimeout, longestIdle } = this.#settings
    if (keepSeconds < 0) return idleTimeout
    const said = keepSeconds * 1000
    // With 0 the connection is closed, which says nothing about unused connections.
    if (said > 0) this.#lastSaid = said
    return Math.min(longestIdle, shortOf(said))
  }

  /** Idle time of an unused connection: the value that the server stated on others. */
  ofUnused(): Milliseconds {
    const { idleTimeout, longestIdle } = this.#settings
    if (this.#lastSaid === undefined) return idleTimeout
    return Math.min(longestIdle, shortOf(Math.min(LONGEST_UNUSED, this.#lastSaid)))
  }
}

const shortOf = (time: Milliseconds): Milliseconds => Math.max(1, time - MARGIN)

/** The fast lane: HTTP/1.1 over `node:net` and `node:tls`, made for load. */
class WireTransport extends PooledTransport {
  readonly name = 'wire'
  readonly takesText: boolean
  readonly #settings: WireSettings

  constructor(options: TransportOptions, counters?: TransportCounters) {
    super(options, counters)
    const { maxIdle = Infinity, reuse = true, perUser = false, idleTimeout } = options
    // A request that asks for the connection to be closed is not laid out.
    this.takesText = reuse
    this.#settings = { ...this.settings, maxIdle, reuse: reuse && idleTimeout !== 0, perUser, outbox: new Outbox() }
  }

  cork(): void {
    this.#settings.outbox.cork()
  }

  uncork(): void {
    this.#settings.outbox.uncork()
  }

  makePool(endpoint: Endpoint): WirePool {
    return new WirePool(endpoint, this.#settings)
  }
}

/** @param counters to count in, where others do so too. */
export function createWireTransport(options: TransportOptions = {}, counters?: TransportCounters): PooledTransport {
  return new WireTransport(options, counters)
}
