/** A version of HTTP, by its name in ALPN without the rest: HTTP/1.1 and HTTP/2. */
export type Protocol = 'h1' | 'h2'

/** What may be asked for; `auto` takes what TLS negotiates (ALPN), and HTTP/1.1 without TLS. */
export const PROTOCOLS = ['auto', 'h1', 'h2'] as const

export type AskedProtocol = (typeof PROTOCOLS)[number]
