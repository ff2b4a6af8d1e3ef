import { PooledTransport } from '../pooled-transport.ts'
import type { Endpoint } from '../socket.ts'
import type { TransportCounters, TransportOptions } from '../transport.ts'
import { Outbox } from './outbox.ts'
import { WirePool, type WireSettings } from './pool.ts'

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
