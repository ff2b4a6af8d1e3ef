import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { collectGarbageOnce } from '../../ground/garbage.ts'
import type { Milliseconds } from '../../ground/units.ts'
import type { MachineHealth } from '../../measure/machine-watch.ts'
import type { HostFigures, ResourceUsage } from '../../measure/report.ts'
import type { Hearing } from '../capacity/hearing.ts'
import type { IntervalCounts } from '../counts/intervals.ts'
import type { Asked, Call, Said, ThreadOutcome, ThreadResult, ThreadTask, Told } from '../thread/protocol.ts'
import { atMost } from './at-most.ts'
import { Departures } from './departures.ts'
import { DESTROY_GRACE, keepPool, type ThreadPool, takePool } from './kept-pool.ts'

/** What became of a thread. */
export type ThreadEnd =
  | { state: 'done'; result: ThreadResult }
  /**
   * It crashed, or was ended from outside; `host` where it was lost with all others of another host, which by then had
   * not been heard for `silence`.
   */
  | { state: 'lost'; cause: string; isEnded?: boolean; host?: string; silence?: Milliseconds }

export interface ThreadEvents {
  onInterval(thread: number, counts: IntervalCounts): void
  /** The thread asks for inputs. */
  onAsk(thread: number, asked: Asked): void
  /** The function of a hook is to be called. */
  onCall(thread: number, call: Call): void
  /** The setup of a user failed. */
  onSetupFailed(cause: string): void
  /** The thread says no more. */
  onEnd(thread: number, end: ThreadEnd): void
}

/** A host that ran a part of the threads. */
export interface HostOfRun extends Pick<HostFigures, 'host' | 'machine' | 'clock'> {
  /** Numbers of its threads: `threads` from `first` on. */
  first: number
  threads: number
  /** Absent of one that was lost. */
  used?: { generator: ResourceUsage; machine: MachineHealth }
}

/** Threads that run one plan together. */
export interface Threads {
  /** Time that the word to begin may take to come to all of them. */
  readonly lead: Milliseconds
  /**
   * Resolves when all are ready to start, with the reason of the first that no server let in; also when one is lost.
   */
  ready(): Promise<{ refused?: string }>
  /** Begins the plan, at milliseconds since the epoch. */
  start(at: Milliseconds): void
  tell(thread: number, told: Told): void
  /** How soon they and a search hear of one another, where they do not share its memory; known once they are ready. */
  hearing?(): Hearing
  /** Says where the measured window begins that was decided in mid-run, to threads that do not share that memory. */
  settle?(at: Milliseconds): void
  /** Ends a thread that does not end by itself, whatever it does; nothing happens to one that has. */
  end(thread: number, cause: string): void
  /** Resolves when all have ended; rejects for a fault of the load engine in one of them. */
  ended(): Promise<ThreadEnd[]>
  /** Ends what is left of them. */
  close(): Promise<void>
  /** Hosts that they are on, where these are others; known once all have ended. */
  hosts?(): readonly HostOfRun[]
}

/** Time from the moment threads of this process are told to start until they do. */
const LEAD: Milliseconds = 50

/** How long threads that are stopped as they are closed may take to end by themselves. */
const END_GRACE: Milliseconds = 2_000

/** Opens threads for these tasks, one each: `openThreads`, or those of other hosts. */
export type OpenThreads = (
  file: string,
  tasks: readonly TaskOfThread[],
  events: ThreadEvents,
  isNew: boolean,
) => Threads

export type TaskOfThread = Omit<ThreadTask, 'port'>

/** @param isNew whether the threads have to be new ones, and not those of an earlier load of this process. */
export function openThreads(
  file: string,
  tasks: readonly TaskOfThread[],
  events: ThreadEvents,
  isNew = false,
): Threads {
  const pool = takePool(file, tasks.length, isNew)
  const gone = new Departures()
  const threads = tasks.map((task, index) => openThread(pool, task, index, events, gone))
  pool.watch(gone)
  // What a module of channels does in its thread (timers, globals, state of its own) must not reach the next load.
  const areClean = tasks.every(({ channels }) => channels === undefined)
  let done = 0
  for (const { ended } of threads)
    ended.then(
      ({ state }) => state === 'done' && done++,
      () => {},
    )
  return {
    lead: LEAD,
    async ready() {
      await collectGarbageOnce()
      const readiness = await Promise.all(threads.map(thread => thread.ready))
      return readiness.find(({ refused }) => refused !== undefined) ?? {}
    },
    start(at) {
      for (const { port } of threads) port.postMessage({ type: 'start', at } satisfies Told)
    },
    end: (thread, cause) => threads[thread]!.end(cause),
    tell: (thread, told) => threads[thread]!.port.postMessage(told),
    ended: () => Promise.all(threads.map(thread => thread.ended)),
    async close() {
      if (done < tasks.length) {
        Atomics.store(new Int32Array(tasks[0]!.stop), 0, 1)
        // A thread that is ended as it makes a zlib stream takes the process with it (Node.js 20, CompressionStream).
        await atMost(END_GRACE, Promise.allSettled(threads.map(thread => thread.ended)))
      }
      for (const { port } of threads) port.close()
      if (done === tasks.length && areClean) keepPool(pool)
      else await pool.destroy()
    },
  }
}

interface Thread {
  port: MessagePort
  ready: Promise<{ refused?: string }>
  ended: Promise<ThreadEnd>
  end(cause: string): void
}

function openThread(
  pool: ThreadPool,
  task: TaskOfThread,
  index: number,
  events: ThreadEvents,
  departures: Departures,
): Thread {
  const { port1: port, port2 } = new MessageChannel()
  let onReady: (readiness: { refused?: string }) => void
  const ready = new Promise<{ refused?: string }>(resolve => {
    onReady = resolve
  })
  let onDone: () => void
  // After `done` nothing comes any more. The port's close is no such sign: an idle thread of the pool sleeps, and does
  // not get to closing.
  const done = new Promise<void>(resolve => {
    onDone = resolve
  })
  port.on('message', (said: Said) => {
    if (said.type === 'ready') onReady(said)
    else if (said.type === 'interval') events.onInterval(index, said.counts)
    else if (said.type === 'call') events.onCall(index, said)
    else if (said.type === 'setup failed') events.onSetupFailed(said.cause)
    else if (said.type !== 'done') events.onAsk(index, said)
    else onDone()
  })
  // A thread that ends in the middle closes its port with it; one that called process.exit tells its pool nothing else.
  const gone = new Promise<never>((_, reject) => {
    port.once('close', () => reject(new Error('the thread exited')))
  })
  const ending = new AbortController()
  const outcome = pool.run<ThreadOutcome>({ ...task, port: port2 }, { transferList: [port2], signal: ending.signal })
  const ended = endOf(outcome, done, gone, departures, ending.signal).then(end => {
    onReady({})
    events.onEnd(index, end)
    return end
  })
  ended.catch(() => onReady({}))
  return { port, ready, ended, end: cause => ending.abort(cause) }
}

async function endOf(
  outcome: Promise<ThreadOutcome>,
  done: Promise<void>,
  gone: Promise<never>,
  departures: Departures,
  ending: AbortSignal,
): Promise<ThreadEnd> {
  let settled: ThreadOutcome | undefined
  // The port of a thread that has ended what it did closes too, and nobody waits for its exit: it may be kept.
  const lost = gone.catch(async error => {
    if (settled === undefined) await departures.exitOf()
    throw error
  })
  try {
    settled = await Promise.race([outcome, lost])
    await Promise.race([done, gone])
  } catch (error) {
    if (!ending.aborted) return { state: 'lost', cause: (error as Error).message }
    // Nobody writes into its books any more once its port has closed.
    const closed = gone.catch(() => {})
    await atMost(DESTROY_GRACE, closed)
    return { state: 'lost', cause: ending.reason as string, isEnded: true }
  }
  if (settled.state === 'fault') throw settled.error
  return settled
}
