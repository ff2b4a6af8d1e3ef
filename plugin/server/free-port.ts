import { createServer } from 'node:net'

const given = new Set<number>()

/** A port that nothing listens on, on any interface, and that this process has not given away before. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await askForPort()
    if (given.has(port)) continue
    given.add(port)
    return port
  }
}

/** Bound without a host, so to all of IPv6 and IPv4: an application may listen on `::`, `0.0.0.0` or loopback. */
function askForPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.unref()
    server.on('error', reject)
    server.listen({ port: 0, exclusive: true }, () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address !== null
          ? resolve(address.port)
          : reject(new Error('Failed to find a free port: the system gave no address.')),
      )
    })
  })
}
