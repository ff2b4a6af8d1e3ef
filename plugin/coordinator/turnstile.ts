import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { failure } from '../../src/ground/fault.ts'
import type { Progress } from '../../src/load/plan/options.ts'
import type { BoardedStanding } from './load-board.ts'
import { type ClaimRequest, type CoordinatorAddress, type Reply, type Request, readLines } from './protocol.ts'
import { unseen } from './reach.ts'

/** The coordinator's lock, as a test file sees it. */
export class Turnstile {
  readonly #socket: Socket
  readonly #waiting = new Map<number, { resolve: () => void; reject: (reason: unknown) => void }>()

  private constructor(socket: Socket, token: string) {
    this.#socket = socket
    readLines(socket, { onLine: line => this.#onReply(JSON.parse(line)), onClose: () => this.#lost() })
    this.#send({ tell: 'token', token })
  }

  static async open({ port, token }: CoordinatorAddress): Promise<Turnstile> {
    const socket = unseen(() => connect(port, '127.0.0.1'))
    try {
      await once(socket, 'connect')
    } catch (cause) {
      throw lostConnection({ cause })
    }
    socket.unref()
    return new Turnstile(socket, token)
  }

  /** Resolves when the claim is granted. An aborted signal takes it out of the queue, and rejects with its reason. */
  async claim(request: Omit<ClaimRequest, 'tell'>, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    if (this.#socket.destroyed) throw lostConnection()
    const giveUp = () => {
      // Granted meanwhile, it is no longer ours to give up.
      const waiting = this.#take(request.claim)
      if (waiting !== undefined) this.release(request.claim)
      waiting?.reject(signal?.reason)
    }
    signal?.addEventListener('abort', giveUp, { once: true })
    // Only who waits keeps the process alive.
    this.#socket.ref()
    this.#send({ tell: 'claim', ...request })
    try {
      await new Promise<void>((resolve, reject) => this.#waiting.set(request.claim, { resolve, reject }))
    } finally {
      signal?.removeEventListener('abort', giveUp)
      this.#rest()
    }
  }

  downgrade(claim: number): void {
    this.#send({ tell: 'downgrade', claim })
  }

  release(claim: number): void {
    this.#send({ tell: 'release', claim })
  }

  progress(claim: number, load: string, progress: Progress): void {
    this.#send({ tell: 'progress', claim, load, progress })
  }

  standing(claim: number, load: string, standing: BoardedStanding): void {
    this.#send({ tell: 'standing', claim, load, standing })
  }

  wait(claim: number, test: string, standing: BoardedStanding | undefined): void {
    this.#send({ tell: 'wait', claim, test, ...(standing && { standing }) })
  }

  apart(file: string, project: string): void {
    this.#send({ tell: 'apart', file, project })
  }

  close(): void {
    this.#socket.end()
  }

  #onReply({ granted }: Reply): void {
    this.#take(granted)?.resolve()
  }

  /** Keeps the process alive only for who waits. */
  #rest(): void {
    if (this.#waiting.size === 0) this.#socket.unref()
  }

  #lost(): void {
    for (const claim of [...this.#waiting.keys()]) this.#take(claim)?.reject(lostConnection())
  }

  #take(claim: number) {
    const waiting = this.#waiting.get(claim)
    this.#waiting.delete(claim)
    return waiting
  }

  #send(request: Request): void {
    if (this.#socket.writable) this.#socket.write(`${JSON.stringify(request)}\n`)
  }
}

function lostConnection(options?: ErrorOptions): Error {
  const found = 'the connection to Vitest was lost'
  return failure('wait for', 'the other tests', found, 'Is the process that runs Vitest still there?', options)
}
