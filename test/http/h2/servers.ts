import { readFileSync } from 'node:fs'
import {
  createSecureServer,
  createServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type Http2Session,
  type SecureServerOptions,
} from 'node:http2'
import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { createHttp2Transport, type MakeHttp1 } from '../../../src/http/h2/pool.ts'
import type { Transport, TransportOptions } from '../../../src/http/transport.ts'
import { createUndiciTransport } from '../../../src/http/undici.ts'
import { createWireTransport } from '../../../src/http/wire/pool.ts'
import { closedAfterwards, listening, type Target } from '../support.ts'

const pem = (name: string) => readFileSync(new URL(`../tls/${name}.pem`, import.meta.url), 'utf8')
export const ca = pem('cert')
export const credentials = { key: pem('key'), cert: ca }

type Listener = (request: Http2ServerRequest, response: Http2ServerResponse) => void

export interface Http2Target extends Target<Server> {
  /** Sessions that were ever opened. */
  sessions: Http2Session[]
}

/** A server of HTTP/2 without TLS, or with it where options of that are given. */
export async function http2Target(
  listener: Listener,
  options: SecureServerOptions = {},
  secure = false,
): Promise<Http2Target> {
  const server = secure ? createSecureServer({ ...credentials, ...options }, listener) : createServer(options, listener)
  const sessions: Http2Session[] = []
  server.on('session', session => {
    sessions.push(session)
    session.on('error', () => {})
  })
  const target = await listening(server as unknown as Server, secure ? 'https' : 'http')
  return Object.assign(target, { sessions })
}

/* ---- frames by hand ---- */

export const TYPE = { data: 0, headers: 1, reset: 3, settings: 4, goaway: 7 } as const
const PREFACE = 24
export const END_STREAM = 1
export const END_HEADERS = 4
/** `:status: 200`, from the static table of HPACK. */
export const STATUS_200 = Buffer.from([0x88])

export const u32 = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [i, value] of values.entries()) bytes.writeUInt32BE(value, 4 * i)
  return bytes
}

/** A header of HPACK as it is, without indexing. */
export function literal(name: string, value: string): Buffer {
  const long = (text: string) => {
    const bytes = Buffer.from(text, 'latin1')
    if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes])
    const rest = bytes.length - 127
    const size = [127]
    let left = rest
    for (; left >= 128; left >>= 7) size.push((left & 127) | 128)
    size.push(left)
    return Buffer.concat([Buffer.from(size), bytes])
  }
  return Buffer.concat([Buffer.from([0]), long(name), long(value)])
}

export function frame(type: number, flags: number, stream: number, payload: Buffer | string = ''): Buffer {
  const bytes = Buffer.from(payload)
  const head = Buffer.alloc(9)
  head.writeUIntBE(bytes.length, 0, 3)
  head[3] = type
  head[4] = flags
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, bytes])
}

/** What a server of frames does with the request on a stream; `count` counts all of them, from 0. */
export type OnStream = (say: (...frames: Buffer[]) => void, stream: number, count: number, socket: Socket) => void

/** A server that says its SETTINGS, and to each request whatever `onStream` says, frame by frame. */
export async function framesTarget(onStream: OnStream): Promise<Target<Server> & { requests: number }> {
  let count = 0
  const server = createTcpServer(socket => {
    const say = (...frames: Buffer[]) => socket.write(Buffer.concat(frames))
    say(frame(TYPE.settings, 0, 0))
    let held = Buffer.alloc(0)
    let at = PREFACE
    socket.on('data', chunk => {
      held = Buffer.concat([held, chunk])
      while (held.length >= at + 9) {
        const length = held.readUIntBE(at, 3)
        if (held.length < at + 9 + length) return
        const type = held[at + 3]!
        if (type === TYPE.headers) onStream(say, held.readUInt32BE(at + 5), count++, socket)
        if (type === TYPE.settings && (held[at + 4]! & 1) === 0) say(frame(TYPE.settings, 1, 0))
        at += 9 + length
      }
    })
  })
  const target = await listening(server)
  return Object.defineProperty(target, 'requests', { get: () => count }) as typeof target & { requests: number }
}

/* ---- who speaks to them ---- */

export const over: Record<'undici' | 'wire', (options: TransportOptions) => MakeHttp1> = {
  undici: options => counters => createUndiciTransport(options, counters),
  wire: options => counters => createWireTransport(options, counters),
}

/** Speaks HTTP/2, and HTTP/1.1 over `http1` where the server chooses that. */
export function http2With(options: TransportOptions = {}, http1?: keyof typeof over): Transport {
  return closedAfterwards(createHttp2Transport(options, http1 && over[http1](options)))
}
