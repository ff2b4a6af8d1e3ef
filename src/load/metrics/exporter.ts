import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { failure } from '../../ground/fault.ts'
import type { RunFigures } from './figures.ts'
import type { MetricsPlan } from './options.ts'
import { CONTENT_TYPE, expose, textOf } from './registry.ts'

export type MetricsExporter = Awaited<ReturnType<typeof openExporter>>

/**
 * A page for Prometheus to scrape, on the loopback only, with a run's figures while it runs. Rejects when the port is
 * taken.
 */
export async function openExporter(plan: MetricsPlan) {
  let read: (() => RunFigures) | undefined
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1')
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (pathname !== '/metrics' || !isRead) {
      response.writeHead(isRead ? 404 : 405, { 'content-type': 'text/plain' }).end('See /metrics.\n')
      return
    }
    const text = read ? textOf(expose(read(), plan)) : '' // empty before the run begins
    response.writeHead(200, { 'content-type': CONTENT_TYPE }).end(request.method === 'HEAD' ? undefined : text)
  })
  server.unref()
  server.listen(plan.port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    const found = code === 'EADDRINUSE' ? `port ${plan.port} is taken` : (cause as Error).message
    const advice = 'Give metrics another port, or 0 for a free one.'
    throw failure('open', 'the page of metrics', found, advice, { cause })
  }
  return {
    /** Address for scraping. */
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`,
    /** The run begins. */
    start(figures: () => RunFigures): void {
      read = figures
    },
    close(): void {
      server.close()
      server.closeAllConnections()
    },
  }
}
