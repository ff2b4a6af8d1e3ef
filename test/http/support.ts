import { once } from 'node:events'
import { createServer as createHttpServer, type Server as HttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { setTimeout as later } from '../../src/ground/timers.ts'
import { HeaderBlock } from '../../src/http/headers.ts'
import type {
  ExchangeTimes,
  FailureCause,
  OutgoingRequest,
  ResponseListener,
  Transport,
  TransportOptions,
} from '../../src/http/transport.ts'
import { createUndiciTransport } from '../../src/http/undici.ts'
import { createWireTransport } from '../../src/http/wire/pool.ts'

const factories = { undici: createUndiciTransport, wire: createWireTransport }
export const transports = ['undici', 'wire'] as const
let factory = createUndiciTransport

/** Which one `transportWith` makes from now on. */
export function useTransport(name: keyof typeof factories) {
  factory = factories[name]
}

const closers: (() => unknown)[] = []

/** To be called after each test. */
export async function closeAll() {
  for (const close of closers.splice(0)) await close()
}

export function transportWith(options: TransportOptions = {}): Transport {
  return closedAfterwards(factory(options))
}

export function closedAfterwards<T extends Transport>(transport: T): T {
  closers.push(() => {
    transport.abort()
    return transport.close()
  })
  return transport
}

export interface Target<S extends Server> {
  origin: string
  port: number
  server: S
  /** Sockets now open at the server. */
  sockets: Set<Socket>
  /** How many were ever opened. */
  opened: number
}

export async function listening<S extends Server>(server: S, scheme = 'http'): Promise<Target<S>> {
  const sockets = new Set<Socket>()
  const target: Target<S> = { origin: '', port: 0, server, sockets, opened: 0 }
  server.on('connection', (socket: Socket) => {
    target.opened++
    sockets.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  target.port = (server.address() as AddressInfo).port
  target.origin = `${scheme}://127.0.0.1:${target.port}`
  closers.push(async () => {
    for (const socket of sockets) socket.destroy()
    if (server.listening) await new Promise(resolve => server.close(resolve))
  })
  return target
}

export function httpTarget(listener: RequestListener): Promise<Target<HttpServer>> {
  return listening(createHttpServer(listener))
}

/** A server that speaks whatever `onRequest` says, once the head of a request has come. */
export function rawTarget(onRequest: (socket: Socket, head: string) => void): Promise<Target<Server>> {
  const server = createTcpServer(socket => {
    let head = ''
    socket.on('data', chunk => {
      head += chunk.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      const complete = head
      head = ''
      onRequest(socket, complete)
    })
  })
  return listening(server)
}

export type Outcome =
  | { status: number; headers: string[]; body: string; bytes: Uint8Array; times: ExchangeTimes }
  | { cause: FailureCause; error: Error; times: ExchangeTimes }

export function request(origin: string, more: Partial<OutgoingRequest> = {}): OutgoingRequest {
  return { origin, method: 'GET', path: '/', headers: [], body: undefined, timeout: 10_000, ...more }
}

/** Sends, and keeps the rules of the interface: one call, never before `send` has returned. */
export function exchange(transport: Transport, outgoing: OutgoingRequest): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    let returned = false
    let told = 0
    const tell = (outcome: Outcome) => {
      if (!returned) reject(new Error('called back before send had returned'))
      if (++told > 1) reject(new Error('called back twice'))
      // A second call would come soon after the first.
      later(() => resolve(outcome), 5)
    }
    const listener: ResponseListener = {
      onResponse(status, headers, body, times) {
        const text = headers instanceof HeaderBlock ? headers.list() : [...headers]
        tell({ status, headers: text, body: Buffer.from(body).toString(), bytes: Uint8Array.from(body), times })
      },
      onFailure: (cause, error, times) => tell({ cause, error, times }),
    }
    transport.send(outgoing, listener)
    returned = true
  })
}

export async function answered(transport: Transport, outgoing: OutgoingRequest) {
  const outcome = await exchange(transport, outgoing)
  if (!('status' in outcome)) throw outcome.error
  return outcome
}

export async function failed(transport: Transport, outgoing: OutgoingRequest) {
  const outcome = await exchange(transport, outgoing)
  if (!('cause' in outcome)) throw new Error(`answered with ${outcome.status}`)
  return { ...outcome, message: outcome.error.message.replace(/:\d{4,5}/g, ':PORT') }
}

/** Resolves once `condition` holds; the test's own timeout is the limit. */
export async function until(condition: () => boolean) {
  while (!condition()) await new Promise(resolve => setTimeout(resolve, 5))
}
