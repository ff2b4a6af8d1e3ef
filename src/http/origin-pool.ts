// Hot file. Allocated per request: nothing where a connection is free; one that has to wait is copied, since its owner
// uses it again.

import type { Milliseconds } from '../ground/units.ts'
import { openAll, Pool, type PoolSettings } from './pooled-transport.ts'
import type { Endpoint } from './socket.ts'
import type { OutgoingRequest, ResponseListener } from './transport.ts'
import { WaitingLine } from './waiting-line.ts'

/** Place for one connection and one exchange at a time. */
export interface PooledConnection {
  /** It is one user's only. */
  isOwned: boolean
  readonly isOpen: boolean
  readonly isBusy: boolean
  /** @param sent now: when it is written, if there is a socket. */
  start(request: OutgoingRequest, listener: ResponseListener, queued: Milliseconds, sent: Milliseconds): void
  /** Opens the connection ahead of the first request. `done` is called once, never before this returns. */
  open(done: (error: Error | undefined) => void): void
  /** Fails the current exchange and closes the connection. */
  abort(): void
  /** Closes the connection, which is idle. */
  close(): void
}

/**
 * The connections to one origin over HTTP/1.1. The one that was used last is the next to be used, so that few stay hot
 * and the others run into their idle timeout. When all are busy, requests wait in line.
 */
export abstract class OriginPool<
  Connection extends PooledConnection,
  Settings extends PoolSettings = PoolSettings,
> extends Pool<Settings> {
  readonly #all = new Set<Connection>()
  /** Open and idle. */
  readonly #free: Connection[] = []
  /** Connections without a socket. */
  readonly #cold: Connection[] = []
  /** Owners of connections; requests are reused by their owners. */
  readonly #owned: WeakMap<OutgoingRequest, Connection> | undefined
  readonly #line: WaitingLine

  constructor(endpoint: Endpoint, settings: Settings) {
    super(endpoint, settings)
    this.#line = new WaitingLine(endpoint.origin, settings)
    this.#owned = settings.reuse === 'per user' ? new WeakMap() : undefined
  }

  protected abstract createConnection(): Connection

  send(request: OutgoingRequest, listener: ResponseListener, queued: Milliseconds): void {
    const connection = this.#owned ? this.#own(request) : this.#pick()
    if (connection) connection.start(request, listener, queued, queued)
    else this.#line.push(request, listener, queued)
  }

  #pick(): Connection | undefined {
    const connection = this.#free.pop() ?? this.#cold.pop()
    if (connection || this.#all.size >= this.settings.connections) return connection
    return this.make()
  }

  #own(request: OutgoingRequest): Connection {
    const known = this.#owned!.get(request)
    if (known && !known.isBusy) {
      this.#all.add(known)
      return known
    }
    const connection = this.#free.pop() ?? this.make()
    connection.isOwned = true
    this.#owned!.set(request, connection)
    return connection
  }

  protected make(): Connection {
    const connection = this.createConnection()
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
    } else if (connection.isOpen) this.#free.push(connection)
    else this.#cold.push(connection)
    this.noteEnd()
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

  /* ---- beginning and end ---- */

  async warm(connections: number): Promise<void> {
    const wanted = Math.min(connections, this.settings.connections)
    const missing = Math.max(0, wanted - this.#free.length)
    const cold = Array.from({ length: missing }, () => this.#cold.pop() ?? this.make())
    await openAll(cold, (connection, done) => connection.open(done))
  }

  abort(): void {
    this.isEnded = true
    this.#line.abort()
    for (const connection of this.#all) connection.abort()
    this.destroySockets()
  }

  protected end(): void {
    for (const connection of this.#all) connection.close()
  }

  protected get isIdle(): boolean {
    if (!this.#line.isEmpty) return false
    for (const connection of this.#all) if (connection.isBusy) return false
    return true
  }
}
