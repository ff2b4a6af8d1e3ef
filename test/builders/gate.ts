import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import type { AddressInfo, Socket } from 'node:net'
import { onTestFinished } from 'vitest'

export interface Gate {
  origin: string
  /** `GET /a?x=1`, in the order in which they came. */
  seen: string[]
  /** `cookie` headers by path, of the last request each. */
  cookies: Record<string, string | undefined>
  /** Most requests that were in hand at once. */
  most: number
  /** Requests whose responses wait for others. */
  readonly held: number
  /** Open connections. */
  readonly sockets: number
}

interface Said {
  status?: number
  body?: unknown
  headers?: Record<string, string>
}

/**
 * A server that holds its responses for some paths until requests for all of them are there: whoever sends one after
 * the other waits for ever. Speaks HTTP/1.1, or HTTP/2 without TLS.
 *
 * @param together paths that are responded to together.
 * @param delay milliseconds that each response takes from when it may be sent.
 */
export async function openGate(
  together: readonly string[],
  say: (path: string, url: URL, cookie: string | undefined) => Said = path => ({ body: { value: path } }),
  version: 'h1' | 'h2' = 'h1',
  delay = 0,
): Promise<Gate> {
  const held = new Map<string, (() => unknown)[]>()
  let inHand = 0
  const onRequest = (
    request: IncomingMessage | Http2ServerRequest,
    response: ServerResponse | Http2ServerResponse,
  ): void => {
    request.resume()
    const url = new URL(request.url!, 'http://127.0.0.1')
    const path = url.pathname
    gate.seen.push(`${request.method} ${request.url}`)
    gate.cookies[path] = request.headers.cookie
    gate.most = Math.max(gate.most, ++inHand)
    const respond = () => (delay > 0 ? setTimeout(end, delay) : end())
    const end = () => {
      inHand--
      const { status = 200, body, headers = {} } = say(path, url, request.headers.cookie)
      const out = response as ServerResponse
      out.writeHead(status, { 'content-type': 'application/json', ...headers })
      out.end(JSON.stringify(body ?? {}))
    }
    if (!together.includes(path)) return void respond()
    held.set(path, [...(held.get(path) ?? []), respond])
    if (together.some(one => !held.get(one)?.length)) return
    for (const one of together) held.get(one)!.shift()!()
  }
  const server = version === 'h1' ? createServer(onRequest) : createHttp2Server(onRequest)
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket.once('close', () => sockets.delete(socket))))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const gate: Gate = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen: [],
    cookies: {},
    most: 0,
    get held() {
      return [...held.values()].flat().length
    },
    get sockets() {
      return sockets.size
    },
  }
  return gate
}
