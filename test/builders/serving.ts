import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server, type Http2Session } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

export type Respond = (response: ServerResponse) => unknown

/** Origin of a server that responds so, and ends with the test. */
export async function serving(respond: Respond, isHttp2 = false): Promise<string> {
  const sessions = new Set<Http2Session>()
  const create = (isHttp2 ? createHttp2Server : createServer) as typeof createServer
  const server = create((_, response) => void respond(response)).listen(0, '127.0.0.1')
  server.on('session', (session: Http2Session) => sessions.add(session))
  await once(server, 'listening')
  onTestFinished(() => {
    for (const session of sessions) session.destroy()
    server.closeAllConnections?.()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
