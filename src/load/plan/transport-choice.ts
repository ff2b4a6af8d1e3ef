import type { LoadOptions } from './options.ts'

/** HTTP/1.1 transport. */
export type Http1Name = 'wire' | 'undici'

type TransportName = Http1Name | 'http2'

/** Transports that can be requested. */
export const TRANSPORTS = ['auto', 'wire', 'undici'] as const

export interface TransportChoice {
  name: TransportName
  /** Transport for servers that choose HTTP/1.1; absent if that is a failure. */
  http1?: Http1Name
  /** Reason for the choice, for the report. */
  why: string
}

/**
 * `auto` takes the fast lane wherever it goes: HTTP/1.1 with or without TLS. HTTP/2 is spoken by a transport of its
 * own, which leaves a server to the one of HTTP/1.1 where either may be negotiated.
 */
export function chooseTransport(
  { transport = 'auto', protocol = 'h1' }: Pick<LoadOptions, 'transport' | 'protocol'>,
  origins: readonly string[],
): TransportChoice {
  if (protocol === 'h2') return { name: 'http2', why: 'HTTP/2 was asked for' }
  const http1 = chooseHttp1(transport, origins)
  if (protocol === 'h1' || !origins.some(origin => origin.startsWith('https:'))) return http1
  return { name: 'http2', http1: http1.name, why: 'TLS negotiates the version of HTTP with each server' }
}

function chooseHttp1(asked: (typeof TRANSPORTS)[number], origins: readonly string[]) {
  if (asked !== 'auto') return { name: asked, why: 'asked for' }
  const other = origins.find(origin => !/^https?:\/\//.test(origin))
  if (other !== undefined) return { name: 'undici' as const, why: `${other} is not at http or https` }
  return { name: 'wire' as const, why: 'made for load; all servers are at http or https' }
}
