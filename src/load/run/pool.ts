import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { collectGarbageOnce } from '../../ground/garbage.ts'
import type { Milliseconds } from '../../ground/units.ts'
import type { MachineHealth } from '../../measure/machine-watch.ts'
import type { HostFigures, ResourceUsage } from '../../measure/report.ts'
import type { ProbeEvidence } from '../capacity/probe-evidence.ts'
import type { FromThread, RunTask, ThreadEnd, ThreadPart, ThreadTask, ToThread } from '../thread/protocol.ts'
import { atMost } from './at-most.ts'
import { DESTROY_GRACE, HostExits, keepPool, type ThreadPool, takePool } from './kept-pool.ts'

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
export class RollCall {
  readonly ready: Promise<{ refused?: string }>
  /** Rejects for a fault of the load engine in one of them. */
  readonly ended: Promise<ThreadEnd[]>
  /** Resolves when all have ended, however they did. */
  readonly left: Promise<void>
  readonly #count: number
  readonly #refusals = new Map<number, string | undefined>()
  readonly #ends = new Map<number, ThreadEnd>()
  #onReady!: (readiness: { refused?: string }) => void
  #onEnded!: (ends: ThreadEnd[]) => void
  #onFault!: (error: Error) => void
  #onLeft!: () => void

  constructor(count: number) {
    this.#count = count
    this.ready = new Promise(resolve => {
      this.#onReady = resolve
    })
    this.ended = new Promise((resolve, reject) => {
      this.#onEnded = resolve
      this.#onFault = reject
    })
    this.ended.catch(() => {})
    this.left = new Promise(resolve => {
      this.#onLeft = resolve
    })
  }

  note(thread: number, message: FromThread): void {
    if (message.type === 'ready') this.#noteReady(thread, message.refused)
    if (message.type !== 'ended') return
    this.#noteReady(thread, undefined)
    this.#ends.set(thread, message.end)
    if (message.end.state === 'fault') this.#onFault(message.end.error)
    if (this.#ends.size < this.#count) return
    this.#onLeft()
    this.#onEnded(Array.from({ length: this.#count }, (_, index) => this.#ends.get(index)!))
  }

  /** Whether all have ended well. */
  get areDone(): boolean {
    const ends = [...this.#ends.values()]
    return ends.length === this.#count && ends.every(({ state }) => state === 'done')
  }

  #noteReady(thread: number, refused: string | undefined): void {
    if (this.#refusals.has(thread)) return
    this.#refusals.set(thread, refused)
    if (this.#refusals.size < this.#count) return
    const reasons = Array.from({ length: this.#count }, (_, index) => this.#refusals.get(index))
    this.#onReady({ refused: reasons.find(reason => reason !== undefined) })
  }
}

/** Time from the start message to the start, for threads of this process. */
const LEAD: Milliseconds = 50

/** How long threads that are stopped as they are closed may take to end by themselves. */
const END_GRACE: Milliseconds = 2_000

/** @param isNew whether the threads have to be new ones, and not those of an earlier load of this process. */
export const openThreads: OpenThreads = (file, task, parts, onMessage, isNew) => {
  const pool = takePool(file, parts.length, isNew)
  const departures = new HostExits()
  const roll = new RollCall(parts.length)
  const threads = parts.map((part, index) =>
    openThread(pool, { ...task, ...part }, departures, message => {
      roll.note(index, message)
      onMessage(index, message)
    }),
  )
  pool.watch(departures)
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
      if (!roll.areDone) {
        Atomics.store(new Int32Array(parts[0]!.stop), 0, 1)
        // A thread that is ended as it makes a zlib stream takes the process with it (Node.js 20, CompressionStream).
        await atMost(END_GRACE, roll.left)
      }
      for (const { port } of threads) port.close()
      // Effects of a channel module in its thread (timers, globals, own state) must not reach the next load.
      if (roll.areDone && task.channels === undefined) keepPool(pool)
      else await pool.destroy()
    },
  }
}

interface Thread {
  port: MessagePort
  end(cause: string): void
}

function openThread(
  pool: ThreadPool,
  task: Omit<ThreadTask, 'port'>,
  departures: HostExits,
  onMessage: (message: FromThread) => void,
): Thread {
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
  const returned = pool.run({ ...task, port: port2 }, { transferList: [port2], signal: ending.signal })
  void endOf(ended, returned, gone, departures, ending.signal).then(end => onMessage({ type: 'ended', end }))
  return { port, end: cause => ending.abort(cause) }
}

async function endOf(
  ended: Promise<ThreadEnd>,
  returned: Promise<unknown>,
  gone: Promise<void>,
  departures: HostExits,
  ending: AbortSignal,
): Promise<ThreadEnd> {
  let end: ThreadEnd | undefined
  // The port of a completed thread closes too. Its exit is not awaited, because it may be kept.
  const lost = gone.then(async () => {
    if (end === undefined) await departures.exitOf()
    throw new Error('the thread exited')
  })
  try {
    end = await Promise.race([ended, returned.then(() => ended), lost])
    return end
  } catch (error) {
    if (!ending.aborted) return { state: 'lost', cause: (error as Error).message }
    // After its port has closed, nothing writes its counters any more.
    await atMost(DESTROY_GRACE, gone)
    return { state: 'lost', cause: ending.reason as string, isEnded: true }
  }
}
