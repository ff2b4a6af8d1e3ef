import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { failure } from '../../ground/fault.ts'
import type { Exposed } from './registry.ts'
import { CONTENT_TYPE } from './text-format.ts'

export interface Endpoint {
  /** `http://127.0.0.1:9464/metrics`. */
  url: string
  close(): void
}

/** A page for Prometheus to scrape, on the loopback only. Rejects when the port is taken. */
export async function openEndpoint(port: number, read: () => Exposed | undefined): Promise<Endpoint> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1')
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (pathname !== '/metrics' || !isRead) {
      response.writeHead(isRead ? 404 : 405, { 'content-type': 'text/plain' }).end('See /metrics.\n')
      return
    }
    const exposed = read()
    // Before the run begins there is nothing to tell.
    const text = exposed?.text() ?? ''
    response.writeHead(200, { 'content-type': CONTENT_TYPE }).end(request.method === 'HEAD' ? undefined : text)
  })
  server.unref()
  server.listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const found = code === 'EADDRINUSE' ? `port ${port} is taken` : (cause as Error).message
    const advice = 'Give metrics.port another port, or 0 for a free one.'
    throw failure('open', 'the page of metrics', found, advice, { cause })
  }
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}
