import type { Transport, TransportCounters, TransportOptions } from '../../http/transport.ts'
import { createWireTransport } from '../../http/wire/pool.ts'
import type { Http1Name, TransportChoice } from '../plan/transport-choice.ts'

/** The transport that was chosen. undici is only loaded where it is used: it takes 100 ms of a thread's start. */
export async function createTransport(
  { name, http1 }: Pick<TransportChoice, 'name' | 'http1'>,
  options: TransportOptions,
): Promise<Transport> {
  if (name !== 'http2') return (await makerOf(name))(options)
  const { createHttp2Transport } = await import('../../http/h2/pool.ts')
  const make = http1 && (await makerOf(http1))
  return createHttp2Transport(options, make && ((counters: TransportCounters) => make(options, counters)))
}

async function makerOf(name: Http1Name) {
  if (name === 'wire') return createWireTransport
  const { createUndiciTransport, undiciClient } = await import('../../http/undici.ts')
  undiciClient() // loaded here, no request waits for it
  return createUndiciTransport
}
