import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { connect } from 'node:net'
import { Deferred } from '../../src/ground/deferred.ts'
import { failure } from '../../src/ground/fault.ts'
import { quoted } from '../../src/ground/words.ts'
import type { Progress } from '../../src/load/plan/options.ts'
import type { BoardedStanding } from './protocol.ts'
import { type ClaimRequest, type CoordinatorAddress, type Reply, type Request, readLines } from './protocol.ts'

/*
 * Detects whether this process has contacted another one. A test file that has not cannot have used the application.
 * Node reports every connection, request, process and thread.
 */

const channels = [
  ...['net.client.socket', 'udp.socket', 'http.client.request.start', 'undici:request:create'],
  ...['child_process', 'worker_threads'],
]

// This module may be loaded twice in a worker, as the client may.
const reachKey = Symbol.for('vitest-arazzo.reach')
const reachGlobal = globalThis as { [reachKey]?: { isSeen: boolean; isListening: boolean; isOurs: boolean } }
reachGlobal[reachKey] ??= { isSeen: false, isListening: false, isOurs: false }
const state = reachGlobal[reachKey]

/** From now on it is known. Never forgotten in a process: what was opened for one file can be used by the next. */
export function watchReach(): void {
  if (state.isListening) return
  state.isListening = true
  for (const channel of channels)
    subscribe(channel, () => {
      state.isSeen ||= !state.isOurs
    })
}

/** Reports contact that Node does not show. */
export function reachedOut(): void {
  state.isSeen = true
}

/** Does what is ours and not the test file's. */
function unseen<T>(fn: () => T): T {
  state.isOurs = true
  try {
    return fn()
  } finally {
    state.isOurs = false
  }
}

type Mutex = Awaited<ReturnType<typeof openMutex>>

/** Opens the coordinator's lock, as a test file sees it. */
async function openMutex({ port, token }: CoordinatorAddress) {
  const socket = unseen(() => connect(port, '127.0.0.1'))
  try {
    await once(socket, 'connect')
  } catch (cause) {
    throw lostConnection({ cause })
  }
  const waiting = new Map<number, Deferred<Reply['started']>>()
  const take = (claim: number) => {
    const taken = waiting.get(claim)
    waiting.delete(claim)
    return taken
  }
  const send = (request: Request) => {
    if (socket.writable) socket.write(`${JSON.stringify(request)}\n`)
  }
  readLines(socket, {
    onLine(line) {
      const { granted, started }: Reply = JSON.parse(line)
      take(granted)?.resolve(started)
    },
    onClose() {
      for (const claim of [...waiting.keys()]) take(claim)?.reject(lostConnection())
    },
  })
  send({ tell: 'token', token })
  socket.unref()
  return {
    send,
    /** Resolves when the claim is granted. An aborted signal takes it out of the queue, and rejects with its reason. */
    async claim(request: Omit<ClaimRequest, 'tell'>, signal?: AbortSignal): Promise<Reply['started']> {
      signal?.throwIfAborted()
      if (socket.destroyed) throw lostConnection()
      const granted = new Deferred<Reply['started']>()
      const giveUp = () => {
        // Granted meanwhile, it is no longer ours to give up.
        const taken = take(request.claim)
        if (taken !== undefined) send({ tell: 'release', claim: request.claim })
        taken?.reject(signal?.reason)
      }
      signal?.addEventListener('abort', giveUp, { once: true })
      // Keeps the process alive while it waits.
      socket.ref()
      waiting.set(request.claim, granted)
      send({ tell: 'claim', ...request })
      try {
        return await granted.promise
      } finally {
        signal?.removeEventListener('abort', giveUp)
        if (waiting.size === 0) socket.unref()
      }
    },
    close: () => void socket.end(),
  }
}

function lostConnection(options?: ErrorOptions): Error {
  const found = 'the connection to Vitest was lost'
  return failure('wait for', 'the other tests', found, 'Is the process that runs Vitest still there?', options)
}

/** Address of the coordinator, and the test file's identity there. */
interface Registration {
  /** Absent without the plugin, and in plain scripts: then loads exclude one another within this process only. */
  coordinator?: CoordinatorAddress
  /** Absolute path of the test file. */
  file: string
  /** Whether to report that the file did not contact other processes. Default false. */
  isWatched?: boolean
  /** The worker goes on to files of the same kind: the connection is kept for them. Default false. */
  isShared?: boolean
}

/** Connection of a worker to the coordinator: announces its test files, and takes the lock for a load. */
export class Client {
  /** To be set before everything else, once a file. */
  registration: Registration = { file: '' }
  readonly #inside = new AsyncLocalStorage<true>()
  #mutex: Mutex | undefined
  #claims = 0
  /** The claim by which the file shares the lock. */
  #share: number | undefined
  /** Applications that were started for the file. */
  #started: Reply['started']
  #sharing: Promise<void> | undefined
  /** The claim of the load that runs. */
  #load: number | undefined
  /** Resolves when the last load that was asked for has ended. */
  #lastLoad: Promise<unknown> = Promise.resolve()
  #hasLeft = false
  readonly #tests = new Map<string, string>()

  /**
   * Resolves when the test file may run: not while a load test of another file runs, or waits to, nor before its
   * applications were started, if the coordinator has these.
   */
  async enterFile(): Promise<Reply['started']> {
    this.leaveFile()
    this.#tests.clear()
    // A load that outlasted the file before this one: its test timed out, and its worker was kept.
    await this.#lastLoad
    this.#hasLeft = false
    await this.#ensureShare()
    return this.#started
  }

  leaveFile(): void {
    this.#hasLeft = true
    const { coordinator, file, isWatched } = this.registration
    if (coordinator && isWatched && state.isListening && !state.isSeen)
      this.#mutex?.send({ tell: 'apart', file, project: coordinator.project })
    if (this.#share !== undefined) this.#mutex?.send({ tell: 'release', claim: this.#share })
    this.#share = undefined
    if (this.#load === undefined) this.#disconnect()
  }

  /**
   * Runs `fn` while no other test file runs tests or load, and no other `exclusive` of this file. Waits for that as
   * long as it takes; `signal` ends the waiting, and then this rejects with its reason and `fn` is not called. Within
   * `fn`, further calls run at once. Rejects when several tests of this file are running.
   */
  async exclusive<T>(name: string, fn: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    // A load within a load has the lock already.
    if (this.#inside.getStore()) return fn()
    this.#refuseCompany(name)
    const mine = this.#lastLoad.then(() => this.#runAlone(name, fn, signal))
    this.#lastLoad = mine.catch(() => {})
    return mine
  }

  /** Shows how the load that runs in `exclusive` gets on. Never waits, never throws. */
  sendProgress(name: string, progress: Progress): void {
    if (this.#load !== undefined) this.#mutex?.send({ tell: 'progress', claim: this.#load, load: name, progress })
  }

  /** Sends the standing of a comparison. */
  sendStanding(name: string, standing: BoardedStanding): void {
    if (this.#load !== undefined) this.#mutex?.send({ tell: 'standing', claim: this.#load, load: name, standing })
  }

  /** Shows, in one line, why the load waits before it begins. In a log the line is written at once. */
  sendWaiting(name: string, words: string): void {
    this.sendStanding(name, { elapsed: 0, words, isNews: true })
  }

  /** Shows how long a test has waited already, and for what; `undefined` takes that away. */
  sendWait(test: string, standing: BoardedStanding | undefined): void {
    if (this.#share !== undefined) this.#mutex?.send({ tell: 'wait', claim: this.#share, test, standing })
  }

  /** Resolves when the test may start: not while a load of the same file is running. */
  async testStarts(id: string, name: string): Promise<void> {
    await this.#lastLoad
    // A test that gave up waiting for its load has given up the file's share as well.
    if (!this.#hasLeft) await this.#ensureShare()
    this.#tests.set(id, name)
  }

  testEnds(id: string): void {
    this.#tests.delete(id)
  }

  async #runAlone<T>(name: string, fn: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted()
    if (this.registration.coordinator === undefined) return this.#inside.run(true, fn)
    this.#load = await this.#claim('exclusive', name, signal)
    process.once('disconnect', endWithVitest)
    try {
      return await this.#inside.run(true, fn)
    } finally {
      process.off('disconnect', endWithVitest)
      this.#loadEnded()
    }
  }

  async #ensureShare(): Promise<void> {
    if (this.#share !== undefined || this.registration.coordinator === undefined) return
    this.#sharing ??= this.#claim('shared')
      .then(claim => {
        this.#share = claim
      })
      .finally(() => {
        this.#sharing = undefined
      })
    await this.#sharing
  }

  #loadEnded(): void {
    const load = this.#load
    this.#load = undefined
    if (load === undefined) return
    if (this.#hasLeft) {
      this.#mutex?.send({ tell: 'release', claim: load })
      this.#disconnect()
    } else {
      this.#mutex?.send({ tell: 'downgrade', claim: load })
      this.#share = load
    }
  }

  async #claim(mode: 'shared' | 'exclusive', load?: string, signal?: AbortSignal): Promise<number> {
    const { coordinator, file } = this.registration
    const { project } = coordinator!
    this.#mutex ??= await openMutex(coordinator!)
    const claim = ++this.#claims
    const instead = this.#share
    this.#share = undefined
    const started = await this.#mutex.claim({ claim, mode, file, project, load, instead }, signal)
    if (mode === 'shared') this.#started = started
    return claim
  }

  #disconnect(): void {
    if (this.registration.isShared) return
    this.#mutex?.close()
    this.#mutex = undefined
  }

  #refuseCompany(name: string): void {
    if (this.#tests.size < 2) return
    const names = quoted([...this.#tests.values()])
    const found = `${this.#tests.size} tests of this file run at the same time (${names})`
    const advice =
      'No other test may run during a load: take "concurrent" off these tests, or move the load to a file of its own.'
    throw failure('run load', `"${name}"`, found, advice)
  }
}

/** Vitest was killed: a worker that is busy with load would go on until the end of its plan. */
function endWithVitest(): void {
  process.kill(process.pid, 'SIGKILL')
}

// This module may be loaded twice in a worker, by the setup file and by a test that inlines us.
const key = Symbol.for('vitest-arazzo.client')
const global = globalThis as { [key]?: Client }
global[key] ??= new Client()
export const client = global[key]
