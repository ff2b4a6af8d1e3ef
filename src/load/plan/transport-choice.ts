import type { Transport, TransportOptions } from '../../http/transport.ts'
import { createWireTransport } from '../../http/wire/index.ts'

export type TransportName = 'wire' | 'undici'

/** What may be asked for. */
export const TRANSPORTS = ['auto', 'wire', 'undici'] as const

export interface TransportChoice {
  name: TransportName
  /** Reason for the choice, for the report. */
  why: string
}

/** `auto` takes the fast lane wherever it goes: HTTP/1.1 with or without TLS. */
export function chooseTransport(
  asked: (typeof TRANSPORTS)[number] = 'auto',
  origins: readonly string[],
): TransportChoice {
  if (asked !== 'auto') return { name: asked, why: 'asked for' }
  const other = origins.find(origin => !/^https?:\/\//.test(origin))
  if (other !== undefined) return { name: 'undici', why: `${other} is not at http or https` }
  return { name: 'wire', why: 'made for load; all servers are at http or https' }
}

/** undici is only loaded where it is used: it takes 100 ms of a thread's start. */
export async function createTransport(name: TransportName, options: TransportOptions): Promise<Transport> {
  if (name === 'wire') return createWireTransport(options)
  const { createUndiciTransport } = await import('../../http/undici.ts')
  return createUndiciTransport(options)
}
