import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listen } from './listen.ts'

export interface Seen {
  method: string
  /** Path and query as sent. */
  url: string
  headers: IncomingMessage['headers']
  body: string
  bytes: Buffer
}

export interface Answer {
  status?: number
  headers?: Record<string, string | string[]>
  /** Objects become JSON. */
  body?: unknown
  /** A `100 Continue`, which nobody asked for, comes before it. */
  continues?: boolean
  /** Answer after this many milliseconds; `never` keeps silent. */
  delay?: number | 'never'
}

export interface TestServer {
  origin: string
  seen: Seen[]
}

/** A real server on loopback; closed when the test ends. */
export async function serve(answer: (request: Seen, count: number) => Answer): Promise<TestServer> {
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const bytes = Buffer.concat(chunks)
    const record: Seen = {
      method: request.method!,
      url: request.url!,
      headers: request.headers,
      body: bytes.toString(),
      bytes,
    }
    seen.push(record)
    send(response, answer(record, seen.length))
  })
  return { origin: await listen(server), seen }
}

function send(response: ServerResponse, { status = 200, headers = {}, body, continues, delay = 0 }: Answer): void {
  if (delay === 'never') return
  const isText = typeof body === 'string' || body instanceof Uint8Array
  const type = body === undefined || isText ? {} : { 'content-type': 'application/json' }
  const write = () => {
    if (continues) response.writeContinue()
    response.writeHead(status, { ...type, ...headers })
    response.end(body === undefined || isText ? body : JSON.stringify(body))
  }
  if (delay > 0) setTimeout(write, delay)
  else write()
}
