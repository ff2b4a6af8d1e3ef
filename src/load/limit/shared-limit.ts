import type { Milliseconds } from '../../ground/units.ts'
import { BUCKETS, bucketOf } from '../counts/intervals.ts'
import type { Model, ModelHost, Slot } from '../pace/model.ts'
import { lengthOf } from '../plan/load-plan.ts'

const FAILED = BUCKETS
const IN_FLIGHT = BUCKETS + 1
const CELLS = BUCKETS + 2

/**
 * Counts of a thread since the run began. Only the thread writes them; counts wrap at 2^32, and differences are taken
 * modulo that.
 */
interface Books {
  /** Iterations by latency, then those that failed, then those in flight. */
  cells: Uint32Array
  /** Sum of the latencies. Aligned, so a reader in another thread never sees half of it. */
  sum: Float64Array
}

/**
 * Limit that all threads of a run share, and the counters for its decisions. Each thread writes its own counters, the
 * deciding code reads all of them, and there are no locks.
 */
export class SharedLimit {
  readonly buffer: SharedArrayBuffer
  readonly threads: number
  readonly #limit: Int32Array
  readonly #books: readonly Books[]

  /** @param buffer another thread's; by default a new one. */
  constructor(threads: number, buffer = new SharedArrayBuffer(8 * (1 + threads) + 4 * CELLS * threads)) {
    this.buffer = buffer
    this.threads = threads
    this.#limit = new Int32Array(buffer, 0, 1)
    this.#books = Array.from({ length: threads }, (_, thread) => ({
      sum: new Float64Array(buffer, 8 * (1 + thread), 1),
      cells: new Uint32Array(buffer, 8 * (1 + threads) + 4 * CELLS * thread, CELLS),
    }))
  }

  /** Byte ranges by writer: the deciding code writes the limit, each thread its counters. */
  static placesOf(threads: number) {
    return {
      byRun: [{ from: 0, to: 4 }],
      byThreads: (thread: number) => [
        { from: 8 * (1 + thread), to: 8 * (2 + thread) },
        { from: 8 * (1 + threads) + 4 * CELLS * thread, to: 8 * (1 + threads) + 4 * CELLS * (thread + 1) },
      ],
    }
  }

  get current(): number {
    return Atomics.load(this.#limit, 0)
  }

  set current(users: number) {
    Atomics.store(this.#limit, 0, users)
  }

  /** Users that one thread may have at the moment. */
  usersOf({ index, count }: { index: number; count: number }): number {
    const all = this.current
    return Math.floor(all / count) + (index < all % count ? 1 : 0)
  }

  began(thread: number): void {
    this.#books[thread]!.cells[IN_FLIGHT]!++
  }

  ended(thread: number, latency: Milliseconds, failed: boolean): void {
    const { cells, sum } = this.#books[thread]!
    cells[IN_FLIGHT]!--
    cells[bucketOf(latency)]!++
    if (failed) cells[FAILED]!++
    sum[0]! += latency
  }

  /** Counts of all threads so far. */
  read() {
    const counted = { buckets: new Uint32Array(BUCKETS), failed: 0, inFlight: 0, sum: 0 }
    for (const { cells, sum } of this.#books) {
      for (let bucket = 0; bucket < BUCKETS; bucket++) counted.buckets[bucket]! += cells[bucket]!
      counted.failed = (counted.failed + cells[FAILED]!) >>> 0
      counted.inFlight += cells[IN_FLIGHT]!
      counted.sum += sum[0]!
    }
    return counted
  }
}

export type Counted = ReturnType<SharedLimit['read']>

/** Difference between two readings. */
export function countedSince(before: Counted, now: Counted): Counted & { count: number } {
  const buckets = now.buckets.map((n, bucket) => n - before.buckets[bucket]!)
  return {
    buckets,
    count: buckets.reduce((total, n) => total + n, 0),
    failed: (now.failed - before.failed) >>> 0,
    inFlight: now.inFlight,
    sum: now.sum - before.sum,
  }
}

/** How often a thread looks whether the limit has been raised. A lower one it sees when an iteration ends. */
const LOOK: Milliseconds = 20

/**
 * Virtual users that loop, as many as the shared limit gives this thread. Those above a lowered limit finish the
 * iteration they are in and then rest; when it is raised again, the one that rested last comes back first.
 */
export function adaptiveModel(host: ModelHost, limit: SharedLimit): Model {
  const { index, count } = host.share
  const resting: Slot[] = []
  let [busy, begun] = [0, 0]
  let end = lengthOf(host.plan)
  let isClosed = false
  return {
    exhausted: false,
    work(now) {
      if (isClosed || now >= end) return undefined
      const allowed = limit.usersOf(host.share)
      while (busy < allowed) {
        const slot = resting.pop() ?? host.newSlot()
        if (host.claim(slot) !== 'ready') {
          resting.push(slot)
          break
        }
        busy++
        limit.began(index)
        host.begin(slot, index + begun++ * count)
      }
      return now + LOOK
    },
    freed(slot, now) {
      busy--
      resting.push(slot)
      limit.ended(index, now - slot.started - slot.user.thought, slot.user.state !== 'passed')
      return true
    },
    replan(plan) {
      end = lengthOf(plan)
    },
    close() {
      isClosed = true
    },
  }
}
