import process from 'node:process'
import { MessageChannel } from 'node:worker_threads'
import { Tinypool } from 'tinypool'
import { Deferred } from '../../ground/deferred.ts'
import { collectGarbageOnce } from '../../ground/garbage.ts'
import { sleep as delay, nextTurn as immediate } from '../../ground/timers.ts'
import type { Milliseconds } from '../../ground/units.ts'
import type { MachineHealth } from '../../measure/machine-watch.ts'
import type { HostFigures, ResourceUsage } from '../../measure/report.ts'
import type { ProbeEvidence } from '../capacity/governor.ts'
import type { FromThread, RunTask, ThreadEnd, ThreadPart, ThreadTask, ToThread } from '../thread/protocol.ts'

/** A host that ran a part of the threads. */
export interface HostOfRun extends Pick<HostFigures, 'host' | 'machine' | 'clock'> {
  /** Numbers of its threads: `threads` from `first` on. */
  first: number
  threads: number
  /** Absent of one that was lost. */
  used?: { generator: ResourceUsage; machine: MachineHealth }
}

/** Threads that run one plan together, and what carries messages between them and the run. */
export interface Threads {
  /** Time that the word to begin may take to come to all of them. */
  readonly lead: Milliseconds
  /**
   * Resolves when all are ready to start, with the reason of the first that no server let in; also when one is lost.
   */
  ready(): Promise<{ refused?: string }>
  /** Begins the plan, at milliseconds since the epoch. */
  start(at: Milliseconds): void
  send(thread: number, message: ToThread): void
  /** Delay between threads and a search, if they do not share its memory; known when they are ready. */
  hearing?(): ProbeEvidence
  /** Says where the measured window begins that was decided in mid-run, to threads that do not share that memory. */
  settle?(at: Milliseconds): void
  /** Ends a thread that does not end by itself. Does nothing for a thread that has ended. */
  end(thread: number, cause: string): void
  /** Resolves when all have ended; rejects for a fault of the load engine in one of them. */
  ended(): Promise<ThreadEnd[]>
  /** Ends the remaining threads. */
  close(): Promise<void>
  /** Hosts that they are on, where these are others; known once all have ended. */
  hosts?(): readonly HostOfRun[]
}

export type OnMessage = (thread: number, message: FromThread) => void

/** Opens threads, one for each part: `openThreads`, or those of other hosts. */
export type OpenThreads = (
  file: string,
  task: RunTask,
  parts: readonly ThreadPart[],
  onMessage: OnMessage,
  isNew: boolean,
) => Threads

/** Follows which of so many threads are ready, and which have ended, by their messages. */
export function callRoll(count: number) {
  const ready = new Deferred<{ refused?: string }>()
  const ended = new Deferred<ThreadEnd[]>()
  const left = new Deferred()
  const refusals = new Map<number, string | undefined>()
  const ends = new Map<number, ThreadEnd>()
  const threads = [...Array(count).keys()]
  ended.promise.catch(() => {})
  const noteReady = (thread: number, refused: string | undefined) => {
    if (refusals.has(thread)) return
    refusals.set(thread, refused)
    const reasons = threads.map(thread => refusals.get(thread))
    if (refusals.size === count) ready.resolve({ refused: reasons.find(reason => reason !== undefined) })
  }
  return {
    ready: ready.promise,
    /** Rejects for a fault of the load engine in one of them. */
    ended: ended.promise,
    /** Resolves when all have ended, however they did. */
    left: left.promise,
    note(thread: number, message: FromThread): void {
      if (message.type === 'ready') noteReady(thread, message.refused)
      if (message.type !== 'ended') return
      noteReady(thread, undefined)
      ends.set(thread, message.end)
      if (message.end.state === 'fault') ended.reject(message.end.error)
      if (ends.size < count) return
      left.resolve()
      ended.resolve(threads.map(thread => ends.get(thread)!))
    },
    /** Whether all have ended well. */
    areDone: (): boolean => threads.every(thread => ends.get(thread)?.state === 'done'),
  }
}

/** Time from the start message to the start, for threads of this process. */
const LEAD: Milliseconds = 50

/** How long threads that are stopped as they are closed may take to end by themselves. */
const END_GRACE: Milliseconds = 2_000

/** @param isNew whether the threads have to be new ones, and not those of an earlier load of this process. */
export const openThreads: OpenThreads = (file, task, parts, onMessage, isNew) => {
  const pool = takePool(file, parts.length, isNew)
  const roll = callRoll(parts.length)
  const threads = parts.map((part, index) =>
    openThread(pool, { ...task, ...part }, message => {
      roll.note(index, message)
      onMessage(index, message)
    }),
  )
  return {
    lead: LEAD,
    async ready() {
      await collectGarbageOnce()
      return roll.ready
    },
    start(at) {
      for (const { port } of threads) port.postMessage({ type: 'start', at } satisfies ToThread)
    },
    end: (thread, cause) => threads[thread]!.end(cause),
    send: (thread, message) => threads[thread]!.port.postMessage(message),
    ended: () => roll.ended,
    async close() {
      if (!roll.areDone()) {
        Atomics.store(new Int32Array(parts[0]!.stop), 0, 1)
        // A thread that is ended as it makes a zlib stream takes the process with it (Node.js 20, CompressionStream).
        await atMost(END_GRACE, roll.left)
      }
      for (const { port } of threads) port.close()
      // Effects of a channel module in its thread (timers, globals, own state) must not reach the next load.
      if (roll.areDone() && task.channels === undefined) keepPool(pool)
      else await pool.destroy()
    },
  }
}

function openThread(pool: ThreadPool, task: Omit<ThreadTask, 'port'>, onMessage: (message: FromThread) => void) {
  const { port1: port, port2 } = new MessageChannel()
  const ended = new Promise<ThreadEnd>(resolve => {
    port.on('message', (message: FromThread) => {
      if (message.type === 'ended') resolve(message.end)
      else onMessage(message)
    })
  })
  // A thread that ends in the middle closes its port with it; one that called process.exit tells its pool nothing else.
  const gone = new Promise<void>(resolve => port.once('close', resolve))
  const ending = new AbortController()
  const { returned, exited } = pool.run({ ...task, port: port2 }, { transferList: [port2], signal: ending.signal })
  // The port of a completed thread closes too. Its exit is not awaited, because it may be kept.
  let hasEnded = false
  void ended.then(() => {
    hasEnded = true
  })
  const lost = gone.then(async () => {
    // Its exit reports the cause.
    if (!hasEnded) await atMost(CRASH_GRACE, exited)
    await immediate()
    throw new Error('the thread exited')
  })
  const end = Promise.race([ended, returned.then(() => ended), lost]).catch(
    async (error: Error): Promise<ThreadEnd> => {
      if (!ending.signal.aborted) return { state: 'lost', cause: error.message }
      // After its port has closed, nothing writes its counters any more.
      await atMost(DESTROY_GRACE, gone)
      return { state: 'lost', cause: ending.signal.reason as string, isEnded: true }
    },
  )
  void end.then(end => onMessage({ type: 'ended', end }))
  return { port, end: (cause: string) => ending.abort(cause) }
}

/** How long threads without work wait for the next load test of their process. They do not keep it from ending. */
const PATIENCE: Milliseconds = 30_000
/** How long a thread may take to be gone. */
const DESTROY_GRACE: Milliseconds = 1_000
/** Maximum time between a closed port and the exit of its thread, which reports the cause. */
const CRASH_GRACE: Milliseconds = 2_000
/**
 * Threads of load tests that have ended, for the next one of this process: theirs have loaded the engine and run it
 * warm, which takes a new one 0.3 s. One load has a pool to itself.
 */
let kept: ThreadPool | undefined

/**
 * A pool for a load of so many threads: the kept one, unless the environment has changed, of which each thread has a
 * copy. Those that it has more are ended, since their memory would be in this load's figures.
 *
 * @param isNew whether its threads have to be new, so that memory is measured that no load before it has used.
 */
export function takePool(file: string, count: number, isNew: boolean): ThreadPool {
  const pool = kept
  kept = undefined
  if (pool?.file === file && !isNew && pool.environment === environment()) {
    pool.keep(count)
    return pool
  }
  void pool?.destroy()
  return new ThreadPool(file)
}

/** Gives a pool back of which every thread has ended what it did. */
export function keepPool(pool: ThreadPool): void {
  if (kept === undefined) kept = pool
  else void pool.destroy()
}

const environment = (): string => JSON.stringify(process.env)

/** Threads for one task each. */
class ThreadPool {
  readonly file: string
  readonly environment = environment()
  /** One for each thread: a pool of many ends all of them or none. */
  #singles: Tinypool[] = []
  /** How many of them have a task of this load. */
  #busy = 0
  readonly #exits = new WeakMap<object, Promise<void>>()

  constructor(file: string) {
    this.file = file
  }

  /** Begins another load: all threads are free, and no more than so many stay. */
  keep(count: number): void {
    this.#busy = 0
    const alive = this.#singles.filter(({ threads }) => threads.length > 0)
    this.#singles = alive.slice(0, count)
    for (const single of alive.slice(count)) void end(single)
  }

  /** Runs a task in the next thread. `exited` resolves when that thread does. */
  run(task: object, options: Parameters<Tinypool['run']>[1]): { returned: Promise<unknown>; exited: Promise<void> } {
    const single = this.#singles[this.#busy] ?? this.#add()
    this.#busy++
    const returned = single.run(task, options)
    const [thread] = single.threads
    if (thread === undefined) return { returned, exited: Promise.resolve() } // it was cancelled before
    const exited = this.#exits.get(thread) ?? new Promise<void>(resolve => thread.once('exit', () => resolve()))
    this.#exits.set(thread, exited)
    return { returned, exited }
  }

  async destroy(): Promise<void> {
    await Promise.all(this.#singles.map(end))
  }

  #add(): Tinypool {
    const single = new Tinypool({
      filename: this.file,
      minThreads: 0,
      maxThreads: 1,
      idleTimeout: PATIENCE,
      ...ownFlags(),
    })
    single.on('error', () => {}) // of a thread that had no task any more
    this.#singles.push(single)
    return single
  }
}

/**
 * With `--input-type`, which is for code on the command line, no thread can run a file, and its pool would wait for
 * ever.
 */
function ownFlags(): { execArgv?: string[] } {
  return process.execArgv.some(flag => flag.startsWith('--input-type')) ? { execArgv: [] } : {}
}

/** A thread that ended itself has not notified its pool, which would wait for it endlessly. */
async function end(single: Tinypool): Promise<void> {
  for (const thread of single.threads) letFail(thread)
  await atMost(
    DESTROY_GRACE,
    single.destroy().catch(() => {}), // one that fails only now is gone too
  )
}

/**
 * Tinypool 2 waits for its threads with `once` of node:events, which removes its listener from a thread that fails
 * meanwhile. Its threads have no method for that, and the resulting TypeError would end the process.
 */
function letFail(thread: object): void {
  Object.assign(thread, { removeListener() {} })
}

/** Waits for a promise, but no longer than that; rejects as it does. */
export async function atMost(limit: Milliseconds, promise: Promise<unknown>): Promise<void> {
  const late = new AbortController()
  try {
    await Promise.race([promise, delay(limit, undefined, { signal: late.signal }).catch(() => {})])
  } finally {
    late.abort()
  }
}
