import { OriginPool } from './origin-pool.ts'
import { PooledTransport } from './pooled-transport.ts'
import type { Endpoint } from './socket.ts'
import type { Transport, TransportOptions } from './transport.ts'
import { UndiciLane } from './undici-lane.ts'

/** HTTP/1.1 through undici's `dispatch`. */
class UndiciTransport extends PooledTransport {
  readonly name = 'undici'

  protected makePool(endpoint: Endpoint): OriginPool {
    return new OriginPool(endpoint, this.settings, pool => new UndiciLane(pool))
  }
}

export function createUndiciTransport(options: TransportOptions = {}): Transport {
  return new UndiciTransport(options)
}
