import type { Socket } from 'node:net'
import { setTimeout } from '../../src/ground/timers.ts'
import { tried } from '../../src/ground/tried.ts'
import type { Milliseconds } from '../../src/ground/units.ts'
import type { LogPiece } from '../../src/load/application-log.ts'
import type { BoardedLoad, LoadBoard } from './load-board.ts'
import type { Claim, SharedLock } from './lock.ts'
import { type ClaimRequest, type Reply, type Request, readLines } from './protocol.ts'

/** How long an application's log may take, after its response, to be read. */
const LOG_IS_LATE: Milliseconds = 100

interface HeldClaim {
  claim: Claim
  file: string
  project: string
  load?: BoardedLoad
}

/** Called with a test file, and its project, that has had nothing to do with any other process. */
export type OnApart = (file: string, project: string) => void

/**
 * What an application of a project wrote since a time of `systemTime`, secrets masked; nothing where it is not ours.
 */
export type LogOf = (project: string, application: string | undefined, since: Milliseconds) => string

/** Characters of a log in one line of the protocol. */
const PIECE = 10_000

/** What all visitors share. */
interface House {
  token: string
  lock: SharedLock
  board: LoadBoard
  onApart: OnApart
  logOf: LogOf
}

/** One connection to the coordinator, that of a worker. What it holds ends with it. */
export class Visitor {
  readonly #socket: Socket
  readonly #house: House
  readonly #held = new Map<number, HeldClaim>()
  #isKnown = false

  constructor(socket: Socket, house: House) {
    this.#socket = socket
    this.#house = house
    socket.unref()
    readLines(socket, { onLine: line => this.#onLine(line), onClose: () => this.#leave() })
  }

  fileEnded(file: string, project: string): void {
    for (const [number, held] of this.#held)
      if (held.file === file && held.project === project && held.claim.mode === 'shared') this.#release(number)
  }

  #onLine(line: string): void {
    const request = parse(line)
    if (request?.tell === 'token' && request.token === this.#house.token) this.#isKnown = true
    else if (request !== undefined && this.#isKnown) this.#respond(request)
    else this.#socket.destroy()
  }

  #respond(request: Request): void {
    switch (request.tell) {
      case 'claim':
        return this.#claim(request)
      case 'downgrade':
        return this.#downgrade(request.claim)
      case 'release':
        return this.#release(request.claim)
      case 'progress':
        return this.#tell(request.claim, { name: request.load, progress: request.progress })
      case 'standing':
        return this.#tell(request.claim, { name: request.load, standing: request.standing })
      case 'wait':
        return this.#wait(request)
      case 'apart':
        return this.#house.onApart(request.file, request.project)
      case 'log?':
        return this.#tellLog(request)
    }
  }

  #claim(request: ClaimRequest): void {
    const { mode, file, project, load: name } = request
    const held: Omit<HeldClaim, 'claim'> = { file, project }
    if (name !== undefined) held.load = { name, file, state: 'waiting' }
    // Queued before the old one is given up: somebody who waits must not come in between.
    const claim = this.#house.lock.claim(mode, () => {
      if (held.load !== undefined) this.#write(held, { state: 'running' })
      this.#reply({ granted: request.claim })
    })
    this.#held.set(request.claim, Object.assign(held, { claim }))
    if (held.load !== undefined && !claim.granted) this.#house.board.put(held, held.load)
    if (request.instead !== undefined) this.#release(request.instead)
  }

  #downgrade(number: number): void {
    const held = this.#held.get(number)
    if (held === undefined) return
    this.#house.board.take(held)
    held.load = undefined
    held.claim.downgrade()
  }

  #release(number: number): void {
    const held = this.#held.get(number)
    if (held === undefined) return
    this.#held.delete(number)
    this.#house.board.take(held)
    held.claim.release()
  }

  #tell(claim: number, change: Partial<BoardedLoad>): void {
    const held = this.#held.get(claim)
    if (held?.load !== undefined) this.#write(held, change)
  }

  /** A row for a test that waits, until it does not or its file has ended. */
  #wait({ claim, test: name, standing }: Extract<Request, { tell: 'wait' }>): void {
    const held = this.#held.get(claim)
    if (held?.claim.mode !== 'shared') return
    this.#house.board.take(held)
    held.load = standing && { name, file: held.file, state: 'running', standing }
    if (held.load) this.#house.board.put(held, held.load)
  }

  /** What was written before a response is on its way, by another one. */
  #tellLog({ project, application, since }: Extract<Request, { tell: 'log?' }>): void {
    const tell = () => {
      const log = this.#house.logOf(project, application, since)
      for (let at = 0; at === 0 || at < log.length; at += PIECE) {
        const text = log.slice(at, at + PIECE)
        this.#reply(at + PIECE < log.length ? { text, more: true } : { text })
      }
    }
    setTimeout(tell, LOG_IS_LATE)
  }

  #write(held: Omit<HeldClaim, 'claim'>, change: Partial<BoardedLoad>): void {
    held.load = { ...held.load!, ...change }
    this.#house.board.put(held, held.load)
  }

  #leave(): void {
    for (const number of [...this.#held.keys()]) this.#release(number)
  }

  #reply(reply: Reply | LogPiece): void {
    if (!this.#socket.destroyed) this.#socket.write(`${JSON.stringify(reply)}\n`)
  }
}

function parse(line: string): Request | undefined {
  const request: unknown = tried(() => JSON.parse(line))
  return typeof request === 'object' && request !== null ? (request as Request) : undefined
}
