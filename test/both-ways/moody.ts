import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { onTestFinished } from 'vitest'

/** How requests are answered from now on. */
export type Mood = 'well' | 'slow' | 'silent' | 'failing' | 'cutting' | 'closing' | 'garbled' | 'half'

/** A server that can be killed, started again on its port, and be in a mood. */
export class MoodyServer {
  mood: Mood = 'well'
  /** Requests that came in. */
  requests = 0
  readonly #turns = new Map<number, () => void>()
  readonly #sockets = new Set<Socket>()
  readonly #waiting: (() => void)[] = []
  #server: Server | undefined
  #port = 0

  static async start(mood: Mood = 'well'): Promise<MoodyServer> {
    const server = new MoodyServer()
    server.mood = mood
    await server.start()
    onTestFinished(() => server.kill())
    return server
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`
  }

  /** Connections that are open. */
  get connections(): number {
    return this.#sockets.size
  }

  /** Resolves when the nth request comes in. */
  request(n: number): Promise<void> {
    return new Promise(resolve => this.#turns.set(n, resolve))
  }

  async start(): Promise<void> {
    if (this.#server) return
    const server = createServer((request, response) => {
      request.resume()
      this.#turns.get(++this.requests)?.()
      void this.#answer(response, request.socket)
    })
    server.on('connection', socket => {
      this.#sockets.add(socket)
      socket.on('close', () => this.#sockets.delete(socket))
    })
    this.#server = server
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(this.#port, '127.0.0.1', resolve)
    })
    this.#port = (server.address() as AddressInfo).port
  }

  async kill(): Promise<void> {
    const server = this.#server
    this.#server = undefined
    for (const wake of this.#waiting.splice(0)) wake()
    for (const socket of this.#sockets) socket.destroy()
    if (server) await new Promise(resolve => server.close(resolve))
  }

  async #answer(response: ServerResponse, socket: Socket): Promise<void> {
    if (this.mood === 'silent') await new Promise<void>(resolve => this.#waiting.push(resolve))
    if (this.mood === 'slow') await delay(40)
    if (this.mood === 'cutting') return void socket.destroy()
    if (this.mood === 'garbled') return void socket.end('what?\r\n\r\n')
    const status = this.mood === 'failing' ? 503 : 200
    const closing = this.mood === 'closing' ? { connection: 'close' } : {}
    response.writeHead(status, { 'content-type': 'application/json', ...closing })
    if (this.mood === 'half') response.write('{"n":', () => socket.destroy())
    else response.end('{"n":1}')
  }
}
