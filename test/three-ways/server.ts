import { createServer, type Server, type Socket } from 'node:net'

/** A request to the byte, without what is about the connection. */
export interface Seen {
  line: string
  /** Sorted, names in lower case. */
  headers: string[]
  /** Latin-1. */
  body: string
}

/**
 * What is written in response: the bytes as they are, or a header and a body that are written down in the usual way.
 */
export type Said =
  | { raw: string | Buffer; end?: boolean }
  | { status?: number; headers?: [string, string][]; json?: unknown; body?: string | Buffer }

export type Script = Record<string, Said[]> | ((seen: Seen, count: number) => Said)

const ofConnection = new Set(['host', 'connection', 'keep-alive'])

/**
 * A server of one script, which says what it is told to the byte and keeps what it receives. Every path goes through
 * its list; the last entry is said again and again.
 */
export class ScriptedServer {
  seen: Seen[] = []
  origin = ''
  readonly #script: Script
  readonly #sockets = new Set<Socket>()
  #counts = new Map<string, number>()
  readonly #server: Server

  constructor(script: Script) {
    this.#script = script
    this.#server = createServer(socket => this.#serve(socket))
  }

  async open(): Promise<this> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
    const address = this.#server.address() as { port: number }
    this.origin = `http://127.0.0.1:${address.port}`
    return this
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }

  /** As if nothing had been asked yet. */
  begin(): void {
    this.seen = []
    this.#counts.clear()
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => this.#sockets.delete(socket))
    let held = Buffer.alloc(0)
    socket.on('data', chunk => {
      held = Buffer.concat([held, chunk])
      for (let request = cut(held); request; request = cut(held)) {
        held = held.subarray(request.size)
        this.#respond(socket, request.seen)
      }
    })
  }

  #respond(socket: Socket, seen: Seen): void {
    this.seen.push(seen)
    const path = seen.line.split(' ')[1]!.split('?')[0]!
    const count = this.#counts.get(path) ?? 0
    this.#counts.set(path, count + 1)
    const script = this.#script
    const list = typeof script === 'function' ? [script(seen, count)] : (script[path] ?? [{}])
    const said = list[Math.min(count, list.length - 1)]!
    if ('raw' in said) {
      socket.write(typeof said.raw === 'string' ? Buffer.from(said.raw, 'latin1') : said.raw)
      if (said.end) socket.end()
    } else socket.write(usual(said, seen.line.startsWith('HEAD ')))
  }
}

function usual({ status = 200, headers = [], json, body = '' }: Exclude<Said, { raw: unknown }>, isHead: boolean) {
  const bytes = Buffer.from(json === undefined ? body : JSON.stringify(json))
  const isTyped = headers.some(([name]) => name.toLowerCase() === 'content-type')
  const lines = [
    `HTTP/1.1 ${status} Some`,
    ...(json === undefined || isTyped ? [] : ['Content-Type: application/json']),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(status === 204 || status === 304 ? [] : [`Content-Length: ${bytes.length}`]),
  ]
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1')
  return isHead ? head : Buffer.concat([head, bytes])
}

/** The first whole request of these bytes. */
function cut(bytes: Buffer): { seen: Seen; size: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end < 0) return undefined
  const [line = '', ...fields] = bytes.toString('latin1', 0, end).split('\r\n')
  const headers = fields.map(field => {
    const colon = field.indexOf(':')
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()] as const
  })
  const length = Number(headers.find(([name]) => name === 'content-length')?.[1] ?? 0)
  const size = end + 4 + length
  if (bytes.length < size) return undefined
  const kept = headers.filter(([name]) => !ofConnection.has(name)).map(([name, value]) => `${name}: ${value}`)
  return { seen: { line, headers: kept.sort(), body: bytes.toString('latin1', end + 4, size) }, size }
}
