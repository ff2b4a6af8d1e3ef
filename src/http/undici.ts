import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers'
import type { Milliseconds } from '../ground/units.ts'
import { bodyLimits } from './body-store.ts'
import { aborted, type TransportError, transportError } from './causes.ts'
import { noCounts } from './counters.ts'
import { OriginPool, type PoolSettings } from './origin-pool.ts'
import { endpointOf } from './socket.ts'
import { tellFailure } from './tell.ts'
import { TimerWheel } from './timer-wheel.ts'
import type { OutgoingRequest, ResponseListener, Transport, TransportCounters, TransportOptions } from './transport.ts'
import { UndiciLane } from './undici-lane.ts'

/**
 * HTTP/1.1 through undici's `dispatch`. Follows no redirect, decodes no body, keeps no cookie. After `abort`
 * or `close` it takes no more.
 */
class UndiciTransport implements Transport {
  readonly name = 'undici'
  readonly counters: TransportCounters = noCounts()
  readonly #settings: PoolSettings
  readonly #tls: NonNullable<TransportOptions['tls']>
  readonly #pools = new Map<string, OriginPool>()
  #ended = false
  #closed: Promise<void> | undefined

  constructor(options: TransportOptions) {
    this.#tls = options.tls ?? {}
    this.#settings = {
      connections: Math.max(1, options.connections ?? 128),
      idleTimeout: options.idleTimeout ?? 4_000,
      connectTimeout: options.connectTimeout ?? 10_000,
      headersTimeout: options.headersTimeout || (options.headersTimeout === 0 ? Infinity : 60_000),
      bodyTimeout: options.bodyTimeout || (options.bodyTimeout === 0 ? Infinity : 60_000),
      limits: bodyLimits(options),
      wheel: new TimerWheel(),
      counters: this.counters,
    }
  }

  send(request: OutgoingRequest, listener: ResponseListener): void {
    const queued = performance.now()
    request.queued = queued
    this.counters.requests++
    if (this.#ended) {
      failLater(listener, aborted(request.origin), queued)
      return
    }
    let pool: OriginPool
    try {
      pool = this.#pools.get(request.origin) ?? this.#open(request.origin)
    } catch (error) {
      failLater(listener, transportError(request.origin, error), queued)
      return
    }
    pool.send(request, listener, queued)
  }

  async warm(origin: string, connections: number): Promise<void> {
    if (this.#ended) throw aborted(origin)
    await (this.#pools.get(origin) ?? this.#open(origin)).warm(connections)
  }

  abort(): void {
    this.#ended = true
    for (const pool of this.#pools.values()) pool.abort()
    this.#settings.wheel.stop()
  }

  close(): Promise<void> {
    this.#ended = true
    this.#closed ??= Promise.all([...this.#pools.values()].map(pool => pool.close())).then(() =>
      this.#settings.wheel.stop(),
    )
    return this.#closed
  }

  #open(origin: string): OriginPool {
    const endpoint = { ...endpointOf(origin), tls: this.#tls[origin] }
    const pool = new OriginPool(endpoint, this.#settings, pool => new UndiciLane(pool))
    this.#pools.set(origin, pool)
    return pool
  }
}

function failLater(listener: ResponseListener, error: TransportError, queued: Milliseconds) {
  setImmediate(() => tellFailure(listener, error, { queued, sent: queued, ended: performance.now() }))
}

export function createUndiciTransport(options: TransportOptions = {}): Transport {
  return new UndiciTransport(options)
}
