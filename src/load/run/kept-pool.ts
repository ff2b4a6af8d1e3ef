import process from 'node:process'
import { Tinypool } from 'tinypool'
import type { Milliseconds } from '../../ground/units.ts'
import { atMost } from './at-most.ts'
import type { Departures } from './departures.ts'

/** How long threads without work wait for the next load test of their process. They do not keep it from ending. */
const PATIENCE: Milliseconds = 30_000
/** How long a thread may take to be gone. */
export const DESTROY_GRACE: Milliseconds = 1_000
/** More threads than any load has. */
const MOST_THREADS = 1_024

/**
 * Threads of load tests that have ended, for the next one of this process: theirs have loaded the engine and run it
 * warm, which takes a new one 0.3 s. One load has a pool to itself.
 */
let kept: ThreadPool | undefined

/**
 * A pool for a load of so many threads: the kept one, unless it has more of them, whose memory would be in this load's
 * figures, or the environment has changed, of which each thread has a copy.
 *
 * @param isNew whether its threads have to be new, so that memory is measured that no load before it has used.
 */
export function takePool(file: string, count: number, isNew: boolean): ThreadPool {
  const pool = kept
  kept = undefined
  if (pool?.file === file && !isNew && pool.size <= count && pool.environment === environment()) return pool
  void pool?.destroy()
  return new ThreadPool(file)
}

/** Gives a pool back of which every thread has ended what it did. */
export function keepPool(pool: ThreadPool): void {
  if (kept === undefined) kept = pool
  else void pool.destroy()
}

function environment(): string {
  return JSON.stringify(process.env)
}

export class ThreadPool {
  readonly file: string
  readonly environment = environment()
  readonly #pool: Tinypool
  readonly #known = new WeakSet<object>()
  #departures: Departures | undefined

  constructor(file: string) {
    this.file = file
    this.#pool = new Tinypool({ filename: file, minThreads: 0, maxThreads: MOST_THREADS, idleTimeout: PATIENCE })
    this.#pool.on('error', () => {}) // of a thread that had no task any more
  }

  /** How many threads there are. */
  get size(): number {
    return this.#pool.threads.length
  }

  run<T>(task: object, options: Parameters<Tinypool['run']>[1]): Promise<T> {
    return this.#pool.run(task, options) as Promise<T>
  }

  /** Tells of the threads that exit from now on. */
  watch(departures: Departures): void {
    this.#departures = departures
    for (const thread of this.#pool.threads) {
      if (this.#known.has(thread)) continue
      this.#known.add(thread)
      thread.once('exit', () => this.#departures?.onExit())
    }
  }

  /** A thread that ended itself has told its pool nothing, which would wait for it for ever. */
  async destroy(): Promise<void> {
    for (const thread of this.#pool.threads) letFail(thread)
    await atMost(
      DESTROY_GRACE,
      this.#pool.destroy().catch(() => {}), // one that fails only now is gone too
    )
  }
}

/**
 * Tinypool 2 waits for its threads with `once` of node:events, which takes its listener back from one that fails
 * meanwhile; its threads have no method for that, and a TypeError that nobody can catch would end the process.
 */
function letFail(thread: object): void {
  Object.assign(thread, { removeListener() {} })
}
