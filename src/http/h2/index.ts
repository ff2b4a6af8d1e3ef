import { PooledTransport } from '../pooled-transport.ts'
import type { Protocol } from '../protocol.ts'
import type { Endpoint } from '../socket.ts'
import type { TransportCounters, TransportOptions } from '../transport.ts'
import { Http2Pool, type Http2Settings } from './pool.ts'

/** Makes who speaks HTTP/1.1, to count in the same counters. */
export type MakeHttp1 = (counters: TransportCounters) => PooledTransport

/**
 * HTTP/2 over `node:http2`. With TLS the server has to choose it (ALPN), without TLS it is spoken at once (prior
 * knowledge).
 */
class Http2Transport extends PooledTransport {
  readonly #settings: Http2Settings
  readonly #http1: PooledTransport | undefined
  /** A server has chosen HTTP/1.1, or is spoken to without TLS. */
  #speaksHttp1 = false

  constructor(options: TransportOptions, makeHttp1: MakeHttp1 | undefined) {
    super(options)
    const { streams = 100, maxIdle = Infinity, reuse = true, perUser = false, idleTimeout } = options
    const single = !reuse || idleTimeout === 0
    this.#settings = { ...this.settings, streams, maxIdle, perUser, single }
    this.#http1 = makeHttp1?.(this.counters)
  }

  /** `http2`; with whom speaks HTTP/1.1, or only that, where servers have chosen it. */
  get name(): string {
    const names = this.protocols.map(protocol => (protocol === 'h2' ? 'http2' : this.#http1!.name))
    return names.sort().join(' and ') || 'http2'
  }

  get protocols(): readonly Protocol[] {
    const h1: Protocol[] = this.#speaksHttp1 ? ['h1'] : []
    return this.counters.streams > 0 || this.#http1 === undefined ? [...h1, 'h2'] : h1
  }

  makePool(endpoint: Endpoint) {
    const http1 = this.#http1
    if (http1 === undefined) return new Http2Pool({ ...endpoint, alpn: ['h2'] }, this.#settings)
    const makeHttp1 = () => {
      this.#speaksHttp1 = true
      return http1.makePool(endpoint)
    }
    // Without TLS nothing is negotiated.
    if (!endpoint.secure) return makeHttp1()
    return new Http2Pool({ ...endpoint, alpn: ['h2', 'http/1.1'] }, this.#settings, makeHttp1)
  }

  override abort(): void {
    super.abort()
    this.#http1?.abort()
  }

  override async close(): Promise<void> {
    await super.close()
    await this.#http1?.close()
  }
}

/** @param makeHttp1 whom to leave a server to that chooses HTTP/1.1; without, that is a failure. */
export function createHttp2Transport(options: TransportOptions = {}, makeHttp1?: MakeHttp1): PooledTransport {
  return new Http2Transport(options, makeHttp1)
}
