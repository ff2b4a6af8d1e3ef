import process from 'node:process'
import { Tinypool } from 'tinypool'
import { nextTurn as immediate } from '../../ground/timers.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { atMost } from './at-most.ts'

/** How long threads without work wait for the next load test of their process. They do not keep it from ending. */
const PATIENCE: Milliseconds = 30_000
/** How long a thread may take to be gone. */
export const DESTROY_GRACE: Milliseconds = 1_000
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

function environment(): string {
  return JSON.stringify(process.env)
}

/** Threads for one task each. */
export class ThreadPool {
  readonly file: string
  readonly environment = environment()
  /** One for each thread: a pool of many ends all of them or none. */
  #singles: Tinypool[] = []
  /** How many of them have a task of this load. */
  #busy = 0
  readonly #known = new WeakSet<object>()
  #departures: HostExits | undefined

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

  run<T>(task: object, options: Parameters<Tinypool['run']>[1]): Promise<T> {
    const single = this.#singles[this.#busy] ?? this.#add()
    this.#busy++
    return single.run(task, options) as Promise<T>
  }

  /** Reports threads that exit from now on. */
  watch(departures: HostExits): void {
    this.#departures = departures
    for (const thread of this.#singles.flatMap(({ threads }) => threads)) {
      if (this.#known.has(thread)) continue
      this.#known.add(thread)
      thread.once('exit', () => this.#departures?.onExit())
    }
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

/** Maximum time between a closed port and the exit of its thread, which reports the cause. */
const CRASH_GRACE: Milliseconds = 2_000

/**
 * The pool reports a crash a little before the thread exits. It is unknown which thread of the pool has which task, but
 * it is enough that as many threads have exited as ports have closed.
 */
export class HostExits {
  #exited = 0
  #closed = 0
  readonly #waiting: { closed: number; resolve: () => void }[] = []

  readonly onExit = (): void => {
    this.#exited++
    while (this.#waiting[0] && this.#waiting[0].closed <= this.#exited) this.#waiting.shift()!.resolve()
  }

  /** Resolves when the thread of a closed port has exited, and its cause was reported. */
  async exitOf(): Promise<void> {
    const closed = ++this.#closed
    if (closed > this.#exited)
      await atMost(CRASH_GRACE, new Promise<void>(resolve => this.#waiting.push({ closed, resolve })))
    await immediate()
  }
}
