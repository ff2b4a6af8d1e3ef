import { createServer, type IncomingMessage, request as send } from 'node:http'
import { listen } from '../builders/listen.ts'

/** A request as a server sees it, without what is about the connection. */
export interface Received {
  method: string
  url: string
  headers: Record<string, unknown>
  body: string
}

const ofConnection = ['host', 'connection', 'keep-alive', 'transfer-encoding', 'content-length']

export function asReceived(request: IncomingMessage | Omit<Received, 'body'>, body: string): Received {
  const headers = Object.entries(request.headers).filter(([name]) => !ofConnection.includes(name))
  return { method: request.method!, url: request.url!, headers: Object.fromEntries(headers), body }
}

/** Stands before an application and writes down what it receives. Gone when the test ends. */
export async function tap(target: string): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = Buffer.concat(chunks)
    received.push(asReceived(request, body.toString()))
    const { method, headers } = request
    const onward = send(target + request.url, { method, headers }, answer => {
      response.writeHead(answer.statusCode!, answer.rawHeaders)
      answer.pipe(response)
    })
    onward.on('error', () => request.socket.destroy())
    onward.end(body)
  })
  return { url: await listen(server), received }
}
