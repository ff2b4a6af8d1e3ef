import type { Socket } from 'node:net'
import { nextTick } from 'node:process'
import type { Milliseconds } from '../ground/units.ts'
import { greeted } from './causes.ts'
import type { PoolSettings } from './pooled-transport.ts'
import { type Endpoint, hasSpoken, openSocket, Sockets } from './socket.ts'
import type { OutgoingRequest, ResponseListener } from './transport.ts'
import { WaitingLine } from './waiting-line.ts'

/** Carries one exchange at a time over one connection, which it opens through the pool if needed. */
interface Lane {
  start(request: OutgoingRequest, listener: ResponseListener, queued: Milliseconds): void
  /** Fails the current exchange and closes the connection. */
  abort(): void
  /** Closes the connection once it is idle. */
  close(): Promise<void>
}

type Connected = (error: Error | null, socket: Socket | null) => void

/**
 * The connections to one origin. A lane that has just finished is the next to be used, so that few
 * connections stay hot and the others run into their idle timeout. When all lanes are busy, requests wait in
 * line.
 */
export class OriginPool {
  readonly endpoint: Endpoint
  readonly settings: PoolSettings
  readonly #createLane: (pool: OriginPool) => Lane
  readonly #lanes: Lane[] = []
  readonly #free: Lane[] = []
  readonly #line: WaitingLine
  readonly #sockets = new Sockets()
  /** Open, and not yet a lane's. */
  readonly #ready: Socket[] = []
  #ended = false
  #onIdle: (() => void) | undefined

  constructor(endpoint: Endpoint, settings: PoolSettings, createLane: (pool: OriginPool) => Lane) {
    this.endpoint = endpoint
    this.settings = settings
    this.#createLane = createLane
    this.#line = new WaitingLine(endpoint.origin, settings)
  }

  send(request: OutgoingRequest, listener: ResponseListener, queued: Milliseconds): void {
    const lane = this.#free.pop() ?? this.#grow()
    if (lane) lane.start(request, listener, queued)
    else this.#line.push(request, listener, queued)
  }

  /** A lane has ended its exchange. */
  release(lane: Lane): void {
    if (this.#line.startNext((request, listener, queued) => lane.start(request, listener, queued))) return
    this.#free.push(lane)
    if (this.#onIdle && this.#free.length === this.#lanes.length) this.#onIdle()
  }

  /**
   * Hands a lane its connection: one opened ahead, or a new one. `done` is called once, never before this
   * returns.
   */
  connect(done: Connected): void {
    let socket = this.#ready.pop()
    while (socket?.destroyed) socket = this.#ready.pop()
    if (socket === undefined) {
      this.#open((error, opened) => (opened ? done(null, opened) : done(error ?? null, null)))
      return
    }
    if (hasSpoken(socket)) {
      socket.destroy()
      nextTick(() => done(greeted(this.endpoint.origin), null))
      return
    }
    const taken = socket.setTimeout(0).removeAllListeners('timeout').ref()
    nextTick(() => done(null, taken))
  }

  /** Takes over an open connection. */
  adopt(socket: Socket): void {
    this.#sockets.watch(socket)
    this.#keep(socket)
  }

  /** A lane's connection has ended against its will. */
  lost(): void {
    if (!this.#ended) this.settings.counters.lost++
  }

  async warm(connections: number): Promise<void> {
    const wanted = Math.min(connections, this.settings.connections)
    // Lanes are made here too: the first requests shall not pay for that.
    while (this.#lanes.length < wanted) this.#free.push(this.#grow() as Lane)
    const missing = Math.max(0, wanted - this.#sockets.size)
    const attempts = await Promise.allSettled(Array.from({ length: missing }, () => this.#openAhead()))
    const failed = attempts.find(attempt => attempt.status === 'rejected')
    if (failed) throw failed.reason
  }

  abort(): void {
    this.#ended = true
    this.#line.abort()
    for (const lane of this.#lanes) lane.abort()
    this.#sockets.destroy()
  }

  async close(): Promise<void> {
    if (!this.#ended && this.#free.length < this.#lanes.length) {
      await new Promise<void>(resolve => {
        this.#onIdle = resolve
      })
    }
    this.#ended = true
    for (const socket of this.#ready) socket.destroy()
    await Promise.all(this.#lanes.map(lane => lane.close()))
    await this.#sockets.closed()
  }

  #grow(): Lane | undefined {
    if (this.#lanes.length >= this.settings.connections) return undefined
    const lane = this.#createLane(this)
    this.#lanes.push(lane)
    return lane
  }

  #open(done: (error: Error | undefined, socket: Socket | undefined) => void): void {
    const socket = openSocket(this.endpoint, this.settings.connectTimeout, (error, opened) => {
      if (opened) this.settings.counters.opened++
      done(error, opened)
    })
    this.#sockets.watch(socket)
  }

  #openAhead(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#open((error, socket) => {
        if (!socket) return reject(error)
        this.#keep(socket)
        resolve()
      })
    })
  }

  /** Keeps a connection for the lane that asks for one next. */
  #keep(socket: Socket): void {
    this.#ready.push(socket)
    const idle = () => {
      this.#forget(socket)
      socket.destroy()
    }
    socket.setTimeout(this.settings.idleTimeout, idle).unref()
    socket.once('close', () => {
      if (this.#forget(socket)) this.lost()
    })
  }

  /** Whether `socket` still had no owner. */
  #forget(socket: Socket): boolean {
    const at = this.#ready.indexOf(socket)
    if (at >= 0) this.#ready.splice(at, 1)
    return at >= 0
  }
}
