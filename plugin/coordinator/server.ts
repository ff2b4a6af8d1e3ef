import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Vitest } from 'vitest/node'
import { setTimeout } from '../../src/ground/timers.ts'
import { tried } from '../../src/ground/tried.ts'
import type { Milliseconds } from '../../src/ground/units.ts'
import type { LogPiece } from '../../src/load/applications.ts'
import { Secrets } from '../../src/workflow/secrets.ts'
import { type BoardedLoad, type ClaimRequest, type Reply, type Request, readLines, type Started } from './protocol.ts'

export type Coordinator = Awaited<ReturnType<typeof openCoordinator>>

/**
 * Opens a coordinator on a port of its own; it keeps no process alive. It lives in the process that runs Vitest; test
 * files talk to it over a loopback socket. It sees to it that a load test runs alone, and passes on what load tests say
 * of their progress.
 */
export async function openCoordinator(onApart: OnApart = () => {}, logOf: LogOf = () => '') {
  const token = randomUUID()
  const lock = new SharedLock()
  const board = loadBoard()
  const clients = new Map<Socket, Client>()
  const starts = new Map<string, Promise<Started>>()
  const server = createServer(socket => {
    const client = new Client(socket, { token, lock, board, onApart, logOf, starts })
    clients.set(socket, client)
    socket.on('close', () => clients.delete(socket))
  })
  const port = await listen(server)
  return {
    address: { port, token },
    board,
    /** Starts of applications that test files wait for, by the project's name. They never reject. */
    starts,
    /**
     * Gives back the share that a test file still holds, for files that ended without saying so: one that failed to
     * load runs no `afterAll`, and its worker may live on to run the next file. A load that outlasts its file keeps the
     * lock.
     */
    fileEnded(file: string, project: string): void {
      for (const client of clients.values()) client.fileEnded(file, project)
    },
    async close(): Promise<void> {
      const closed = server.listening ? once(server, 'close') : undefined
      server.close()
      for (const socket of clients.keys()) socket.destroy()
      await closed
    },
  }
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  return (server.address() as AddressInfo).port
}

/** How long an application's log may take, after its response, to be read. */
const LOG_IS_LATE: Milliseconds = 100

interface HeldClaim {
  claim: Claim
  file: string
  project: string
  load?: BoardedLoad
}

/** Called with a test file, and its project, that has had nothing to do with any other process. */
type OnApart = (file: string, project: string) => void

/** Output of an application of a project since a time of `systemTime`, secrets masked; empty if it is not ours. */
export type LogOf = (project: string, application: string | undefined, since: Milliseconds) => string

/** Characters of a log in one line of the protocol. */
const PIECE = 10_000

type LoadBoard = ReturnType<typeof loadBoard>

/** The load tests of a run that have not ended yet. The coordinator writes it, the reporter reads it. */
function loadBoard() {
  const loads = new Map<object, BoardedLoad>()
  const watchers = new Set<(load: BoardedLoad) => void>()
  return {
    get loads(): BoardedLoad[] {
      return [...loads.values()]
    },
    /** Puts a load up, or writes it anew, under a key that only its owner has. */
    put(key: object, load: BoardedLoad): void {
      loads.set(key, load)
      for (const watcher of watchers) watcher(load)
    },
    take: (key: object) => void loads.delete(key),
    /** Calls `watcher` with every load that is put up or written anew. Returns how to call that off. */
    watch(watcher: (load: BoardedLoad) => void): () => void {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
  }
}

/** State that all clients share. */
interface SharedState {
  token: string
  lock: SharedLock
  board: LoadBoard
  onApart: OnApart
  logOf: LogOf
  starts: ReadonlyMap<string, Promise<Started>>
}

/** One connection to the coordinator, that of a worker. What it holds ends with it. */
class Client {
  readonly #socket: Socket
  readonly #house: SharedState
  readonly #held = new Map<number, HeldClaim>()
  #isKnown = false

  constructor(socket: Socket, house: SharedState) {
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
    // The new claim is queued before the old one is released, so that no waiting client gets in between.
    const claim = this.#house.lock.claim(mode, () => {
      if (held.load !== undefined) this.#write(held, { state: 'running' })
      // A load follows on its file, which has waited for that already.
      const start = mode === 'shared' ? this.#house.starts.get(project) : undefined
      if (start === undefined) this.#reply({ granted: request.claim })
      else start.then(started => this.#reply({ granted: request.claim, started })).catch(() => this.#socket.destroy())
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

  /** Sends the log. Output before a response may still be on its way through another process. */
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

type Mode = ClaimRequest['mode']

/** One claim to a lock, waiting or granted. */
interface Claim {
  mode: Mode
  granted: boolean
  readonly onGranted: () => void
  /** Gives the lock back, or leaves the queue. Twice is once. */
  release(): void
  /** From exclusive to shared in one step: no other claim gets in between. */
  downgrade(): void
}

/**
 * Readers/writer lock: any number of holders may share it, or one has it alone. Exclusive claims go first: while one of
 * them waits, no new shared claim is admitted, so that a load test never starves behind a stream of test files.
 */
export class SharedLock {
  readonly #holders = new Set<Claim>()
  readonly #waiting = new Set<Claim>()

  /** @param onGranted is called once, at once when nothing is in the way. */
  claim(mode: Mode, onGranted: () => void): Claim {
    const claim: Claim = {
      mode,
      granted: false,
      onGranted,
      release: () => {
        claim.granted = false
        this.#holders.delete(claim)
        this.#waiting.delete(claim)
        this.#admit()
      },
      downgrade: () => {
        if (!claim.granted) return
        claim.mode = 'shared'
        this.#admit()
      },
    }
    this.#waiting.add(claim)
    this.#admit()
    return claim
  }

  /** Admits all claims that are possible: the first exclusive one if the lock is free, else all shared ones. */
  #admit(): void {
    if ([...this.#holders].some(claim => claim.mode === 'exclusive')) return
    const alone = [...this.#waiting].find(claim => claim.mode === 'exclusive')
    if (alone === undefined) for (const claim of [...this.#waiting]) this.#grant(claim)
    else if (this.#holders.size === 0) this.#grant(alone)
  }

  #grant(claim: Claim): void {
    this.#waiting.delete(claim)
    this.#holders.add(claim)
    claim.granted = true
    claim.onGranted()
  }
}

/** Shared state of the plugin, the global setup and the reporter of one Vitest. */
interface Session {
  coordinator?: Promise<Coordinator>
  /** A test file of a project has had nothing to do with any other process. */
  onApart?: (file: string, project: string) => void
  /** Output of an application since a time, by the project's name; secrets masked. */
  readonly logs: Map<string, (application: string | undefined, since: Milliseconds) => string>
  /** Secrets of the options of all projects. */
  readonly secrets: Secrets
  /** The reporter that shows load, so that a second one keeps quiet. */
  reporter?: object
}

// Vitest loads the global setup through Vite, as another copy of our modules.
const key = Symbol.for('vitest-arazzo')
const global = globalThis as { [key]?: WeakMap<Vitest, Map<string, unknown>> }
global[key] ??= new WeakMap()
const shares = global[key]

export function sessionOf(vitest: Vitest): Session {
  return shareOf(vitest, 'session', () => ({ secrets: new Secrets(), logs: new Map() }))
}

/** The thing of that name which all copies of our modules share for one Vitest. */
export function shareOf<T>(vitest: Vitest, name: string, make: () => T): T {
  const all = shares.get(vitest) ?? new Map<string, unknown>()
  shares.set(vitest, all)
  if (!all.has(name)) all.set(name, make())
  return all.get(name) as T
}
