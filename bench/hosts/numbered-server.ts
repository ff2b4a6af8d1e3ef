import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** A server that notes when each row was asked for, and takes its time by the row. */
export interface NumberedServer {
  origin: string
  /** Rows with the moments at which they were asked for, in milliseconds; forgotten when they are taken. */
  take(): Map<number, number>
  readonly count: number
  close(): void
}

export async function startNumbered(delayOf: (row: number) => number = () => 0): Promise<NumberedServer> {
  let seen = new Map<number, number>()
  let count = 0
  const server = createServer(async ({ url }, response) => {
    const row = Number(new URL(url ?? '', 'http://a').searchParams.get('row'))
    seen.set(row, performance.now())
    count++
    const delay = delayOf(row)
    if (delay > 0) await sleep(delay)
    response.end('{}')
  })
  server.keepAliveTimeout = 60_000
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as { port: number }
  return {
    origin: `http://127.0.0.1:${port}`,
    take() {
      const taken = seen
      seen = new Map()
      return taken
    },
    get count() {
      return count
    },
    close: () => server.close(),
  }
}
