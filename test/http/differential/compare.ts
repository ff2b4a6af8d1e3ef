import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { createServer } from 'node:net'
import { clearTimeout, setImmediate, setTimeout } from 'node:timers'
import { TLSSocket } from 'node:tls'
import { Client, type Dispatcher } from 'undici'
import { timedOut, transportError } from '../../../src/http/causes.ts'
import type { RawHeaders } from '../../../src/http/headers.ts'
import { HeaderBlock } from '../../../src/http/headers.ts'
import type { OutgoingRequest, Transport } from '../../../src/http/transport.ts'
import type { Answer } from './answers.ts'

/** What a transport made of an answer. */
export type Outcome =
  | { kind: 'answer'; status: number; headers: string[]; body: string }
  | { kind: 'failure'; cause: string; message: string }

export interface ScriptedServer {
  origin: string
  /** Takes the answer; the request must name it in its path. */
  play(id: number, answer: Answer): void
  forget(id: number): void
  close(): Promise<void>
}

export interface Certificate {
  key: string
  cert: string
}

/**
 * A server that answers the request for `/n` with the nth script, whatever that is.
 * @param certificate of a server over TLS.
 */
export async function scriptedServer(certificate?: Certificate): Promise<ScriptedServer> {
  const answers = new Map<number, Answer>()
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, tcp => {
    sockets.add(tcp)
    tcp.on('close', () => sockets.delete(tcp))
    tcp.on('error', () => {})
    const socket = certificate ? new TLSSocket(tcp, { isServer: true, ...certificate }) : tcp
    if (socket !== tcp) socket.on('error', () => {})
    socket.on('data', data => {
      for (const match of data.toString('latin1').matchAll(/^(?:GET|HEAD|POST) \/(\d+) /gm)) {
        const answer = answers.get(Number(match[1]))
        if (answer) say(socket, tcp, answer)
      }
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `${certificate ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    play: (id, answer) => answers.set(id, answer),
    forget: id => answers.delete(id),
    async close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** @param tcp what carries `socket`: TLS cannot be reset. */
function say(socket: Socket, tcp: Socket, { bytes, cuts, after }: Answer): void {
  const edges = [0, ...cuts, bytes.length]
  let piece = 0
  const next = () => {
    if (piece === edges.length - 1) {
      if (after === 'close') socket.end()
      else if (after === 'reset') tcp.resetAndDestroy()
      return
    }
    socket.write(bytes.slice(edges[piece], edges[piece + 1]), 'latin1')
    piece++
    // The reader, in the same event loop, comes to read each piece before the next one is written.
    setImmediate(() => setImmediate(next))
  }
  next()
}

export function outcomeOf(transport: Transport, request: OutgoingRequest): Promise<Outcome> {
  return new Promise(resolve => {
    transport.send(request, {
      onResponse(status, raw, body) {
        resolve({ kind: 'answer', status, headers: linesOf(raw), body: text(body) })
      },
      onFailure(cause, error) {
        resolve({ kind: 'failure', cause, message: error.message })
      },
    })
  })
}

/**
 * What undici makes of an answer by itself, without what our transport adds to it, on a connection of its own.
 * @param ca certificate to trust.
 */
export function byUndiciAlone(
  { origin, method, path, body, timeout }: OutgoingRequest,
  ca: string | undefined,
): Promise<Outcome> {
  const client = new Client(origin, { pipelining: 0, headersTimeout: 0, bodyTimeout: 0, connect: { ca } })
  let abort: ((error: Error) => void) | undefined
  const timer = setTimeout(() => abort?.(timedOut(origin, 'complete response', timeout)), timeout)
  return new Promise<Outcome>(resolve => {
    let [status, headers, chunks] = [0, [] as Buffer[], [] as Buffer[]]
    client.dispatch(
      { method: method as Dispatcher.HttpMethod, path, headers: [], body: body ?? null },
      {
        onConnect(stop) {
          abort = stop
        },
        onHeaders(final, raw) {
          status = final
          headers = raw
          return true
        },
        onData(chunk) {
          chunks.push(Buffer.from(chunk))
          return true
        },
        onComplete() {
          resolve({ kind: 'answer', status, headers: linesOf(headers.map(text)), body: text(Buffer.concat(chunks)) })
        },
        onError(error) {
          const { failure, message } = transportError(origin, error)
          resolve({ kind: 'failure', cause: failure, message })
        },
      },
    )
  }).finally(() => {
    clearTimeout(timer)
    client.destroy().catch(() => {})
  })
}

function linesOf(raw: RawHeaders): string[] {
  const list = raw instanceof HeaderBlock ? raw.list() : raw
  const lines: string[] = []
  // Undici leaves white space behind a value, which does not belong to it (RFC 9110, 5.5).
  for (let i = 0; i < list.length; i += 2) lines.push(`${text(list[i]!).toLowerCase()}: ${text(list[i + 1]!).trim()}`)
  return lines
}

function text(bytes: string | Uint8Array): string {
  return typeof bytes === 'string'
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
}
