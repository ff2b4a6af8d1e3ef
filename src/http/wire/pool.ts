// Hot file. Allocated per request: nothing where a connection is free; one that has to wait is copied, since its owner
// uses it again.

import type { Milliseconds } from '../../ground/units.ts'
import type { PoolSettings } from '../pooled-transport.ts'
import type { Endpoint } from '../socket.ts'
import { Sockets } from '../sockets.ts'
import type { OutgoingRequest, ResponseListener } from '../transport.ts'
import { WaitingLine } from '../waiting-line.ts'
import { Connection } from './connection.ts'
import { Dialer } from './dial.ts'
import { IdleTime } from './idle-time.ts'
import type { Outbox } from './outbox.ts'

/** What all pools of a transport share. */
export interface WireSettings extends PoolSettings {
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
  /** Whose connection it is; requests are used again by their owners. */
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
   * An exchange has ended. True when the connection may be used from now on; false when others wait for it: then it is
   * to be released once its listener was told.
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
