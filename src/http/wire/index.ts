import { performance } from 'node:perf_hooks'
import { setImmediate } from 'node:timers'
import type { Milliseconds } from '../../ground/units.ts'
import { bodyLimits } from '../body-store.ts'
import { aborted, type TransportError, transportError } from '../causes.ts'
import { noCounts } from '../counters.ts'
import { endpointOf } from '../socket.ts'
import { tellFailure } from '../tell.ts'
import { TimerWheel } from '../timer-wheel.ts'
import type { OutgoingRequest, ResponseListener, Transport, TransportCounters, TransportOptions } from '../transport.ts'
import { Outbox } from './outbox.ts'
import { WirePool, type WireSettings } from './pool.ts'

/**
 * The fast lane: HTTP/1.1 over `node:net` and `node:tls`, made for load. Follows no redirect, decodes no body, keeps no
 * cookie. After `abort` or `close` it takes no more.
 */
class WireTransport implements Transport {
  readonly name = 'wire'
  readonly takesText: boolean
  readonly counters: TransportCounters = noCounts()
  readonly #settings: WireSettings
  readonly #tls: NonNullable<TransportOptions['tls']>
  readonly #pools = new Map<string, WirePool>()
  /** The one that was used last. */
  #last: WirePool | undefined
  #ended = false
  #closed: Promise<void> | undefined

  constructor(options: TransportOptions) {
    this.#tls = options.tls ?? {}
    // A request that asks for the connection to be closed is not laid out.
    this.takesText = options.reuse ?? true
    this.#settings = {
      connections: Math.max(1, options.connections ?? 128),
      maxIdle: options.maxIdle ?? Infinity,
      reuse: (options.reuse ?? true) && options.idleTimeout !== 0,
      perUser: options.perUser ?? false,
      idleTimeout: options.idleTimeout ?? 4_000,
      connectTimeout: options.connectTimeout ?? 10_000,
      headersTimeout: options.headersTimeout || (options.headersTimeout === 0 ? Infinity : 60_000),
      bodyTimeout: options.bodyTimeout || (options.bodyTimeout === 0 ? Infinity : 60_000),
      limits: bodyLimits(options),
      wheel: new TimerWheel(),
      outbox: new Outbox(),
      counters: this.counters,
    }
  }

  send(request: OutgoingRequest, listener: ResponseListener, at: Milliseconds = 0): void {
    const queued = at > 0 ? at : performance.now()
    request.queued = queued
    this.counters.requests++
    if (this.#ended) {
      failLater(listener, aborted(request.origin), queued)
      return
    }
    let pool = request.origin === this.#last?.origin ? this.#last : this.#pools.get(request.origin)
    if (pool === undefined) {
      try {
        pool = this.#open(request.origin)
      } catch (error) {
        failLater(listener, transportError(request.origin, error), queued)
        return
      }
    }
    this.#last = pool
    pool.send(request, listener, queued)
  }

  cork(): void {
    this.#settings.outbox.cork()
  }

  uncork(): void {
    this.#settings.outbox.uncork()
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

  #open(origin: string): WirePool {
    const pool = new WirePool({ ...endpointOf(origin), tls: this.#tls[origin] }, this.#settings)
    this.#pools.set(origin, pool)
    return pool
  }
}

function failLater(listener: ResponseListener, error: TransportError, queued: Milliseconds) {
  setImmediate(() => tellFailure(listener, error, { queued, sent: queued, ended: performance.now() }))
}

export function createWireTransport(options: TransportOptions = {}): Transport {
  return new WireTransport(options)
}
