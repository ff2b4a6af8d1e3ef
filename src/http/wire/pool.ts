import type { Milliseconds } from '../../ground/units.ts'
import { OriginPool } from '../origin-pool.ts'
import { LONGEST_IDLE, PooledTransport, type PoolSettings } from '../pooled-transport.ts'
import type { Endpoint } from '../socket.ts'
import type { TransportCounters, TransportOptions } from '../transport.ts'
import { Connection, Outbox } from './connection.ts'

/** Settings shared by all pools of a transport. */
interface WireSettings extends PoolSettings {
  outbox: Outbox
}

/** The connections to one origin. */
export class WirePool extends OriginPool<Connection, WireSettings> {
  /** Host as in the Host header. */
  readonly host: string
  readonly idleTime: IdleTime
  /**
   * Whether the server has closed a connection right behind a response, and did not announce it. From then on a request
   * on a kept connection waits for a turn of the event loop, so that such an end is seen before.
   */
  closesEarly = false

  constructor(endpoint: Endpoint, settings: WireSettings) {
    super(endpoint, settings)
    this.host = new URL(endpoint.origin).host
    this.idleTime = new IdleTime(settings.idleTimeout)
  }

  protected createConnection(): Connection {
    return new Connection(this)
  }
}

/** A connection is closed so much earlier than the server would, so that it does not close it under a request. */
const MARGIN: Milliseconds = 500
/** Longest time for a connection without a request so far: a server may wait less long for the first one. */
const LONGEST_UNUSED: Milliseconds = 30_000

/** How long connections to one origin are kept while they are idle. */
export class IdleTime {
  readonly #unsaid: Milliseconds
  /** Last idle time that the server stated, on any connection; undefined if it has not. */
  #lastSaid: Milliseconds | undefined

  /** @param unsaid that of a server that states none. */
  constructor(unsaid: Milliseconds) {
    this.#unsaid = unsaid
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
    if (keepSeconds < 0) return this.#unsaid
    const said = keepSeconds * 1000
    // With 0 the connection is closed, which says nothing about unused connections.
    if (said > 0) this.#lastSaid = said
    return Math.min(LONGEST_IDLE, shortOf(said))
  }

  /** Idle time of an unused connection: the value that the server stated on others. */
  ofUnused(): Milliseconds {
    if (this.#lastSaid === undefined) return this.#unsaid
    return shortOf(Math.min(LONGEST_UNUSED, this.#lastSaid))
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
    // A request that asks for the connection to be closed is not laid out.
    this.takesText = this.settings.reuse !== false
    this.#settings = { ...this.settings, outbox: new Outbox() }
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
