import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * Ports below those that systems give to whoever asks for any, as each connection does (Linux: 32768 to 60999 unless
 * configured; macOS and Windows: from 49152 on, RFC 6335): so nobody is given one between this and the application.
 * From 30000 on they may be services of Kubernetes (NodePort), to which a node leads them.
 */
const [FIRST, LAST] = [20_000, 29_999] as const
const TRIES = 50

const given = new Set<number>()

/** A port that nothing listens on, on any interface, and that this process has not given away before. */
export async function freePort(): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const port = await bound(attempt > TRIES ? 0 : randomInt(FIRST, LAST + 1))
    if (port === undefined || given.has(port)) continue
    given.add(port)
    return port
  }
}

/**
 * Bound without a host, so to all of IPv6 and IPv4: an application may listen on `::`, `0.0.0.0` or loopback.
 *
 * @param asked 0 for any.
 * @returns undefined where somebody has it, or it may not be had.
 */
function bound(asked: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.unref()
    server.on('error', error => (asked === 0 ? reject(error) : resolve(undefined)))
    server.listen({ port: asked, exclusive: true }, () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('Failed to find a free port: the system gave no address.')),
      )
    })
  })
}
