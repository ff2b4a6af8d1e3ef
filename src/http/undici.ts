import { OriginPool } from './origin-pool.ts'
import { PooledTransport } from './pooled-transport.ts'
import type { Endpoint } from './socket.ts'
import type { TransportCounters, TransportOptions } from './transport.ts'
import { undiciClient } from './undici-client.ts'
import { UndiciLane } from './undici-lane.ts'

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

export { undiciClient }
