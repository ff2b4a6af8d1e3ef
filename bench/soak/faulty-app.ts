import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout } from 'node:timers'
import { answer, reply, threeSteps } from '../three-steps.ts'

/** What a request may meet, in turns. */
export const faults = ['unavailable', 'cut', 'reset', 'malformed', 'slow'] as const
type Fault = (typeof faults)[number]

/** What a server has seen, for the accounts. */
export interface Books {
  received: number
  /** Whose response was handed over whole. */
  answered: number
  dealt: Record<Fault, number>
  /** Without a response, and with its connection still open, when the server ended. */
  pending: number
}

export const emptyBooks = (): Books => ({
  received: 0,
  answered: 0,
  pending: 0,
  dealt: { unavailable: 0, cut: 0, reset: 0, malformed: 0, slow: 0 },
})

const SLOW = 300
const unavailable = answer(503, { error: 'try again later' })
const half = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"token":"'

const deal: Record<Fault, (request: IncomingMessage, response: ServerResponse) => void> = {
  unavailable: (_, response) => reply(response, unavailable),
  cut: ({ socket }) => socket.end(half, () => socket.destroy()),
  reset: ({ socket }) => socket.resetAndDestroy(),
  malformed: ({ socket }) => socket.end('HTTP/1.1 2x0 Fine\r\n\r\n', () => socket.destroy()),
  slow: (request, response) => void setTimeout(() => threeSteps(request, response), SLOW),
}

/** The three steps, by a server that keeps books and deals out a fault to every so many requests. */
export class FaultyApp {
  readonly books = emptyBooks()
  /** From one fault to the next, in requests; none without. */
  every: number | undefined
  readonly server: Server
  readonly #sockets = new Set<Socket>()
  #next = 0
  #since = 0

  constructor() {
    this.server = createServer((request, response) => this.#take(request, response))
    this.server.keepAliveTimeout = 60_000
    this.server.on('connection', socket => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
  }

  /** Ends all connections, whatever is under way on them. */
  end(): Books {
    const { received, answered, dealt } = this.books
    this.books.pending = received - answered - dealt.cut - dealt.reset - dealt.malformed
    this.server.close()
    for (const socket of this.#sockets) socket.destroy()
    return this.books
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    this.books.received++
    response.once('finish', () => this.books.answered++)
    if (this.every === undefined || ++this.#since < this.every) return threeSteps(request, response)
    this.#since = 0
    const fault = faults[this.#next++ % faults.length]!
    this.books.dealt[fault]++
    deal[fault](request, response)
  }
}
