import { ProbeBooks, SharedSchedule } from '../capacity/books.ts'
import { SharedCounters } from '../feed/feed.ts'
import { SharedLimit } from '../limit/shared-limit.ts'
import type { LoadPlan } from '../plan/load-plan.ts'
import { SharedWarmUp } from '../warm-up/shared-warm-up.ts'

/** Memory that all threads of a run share with the thread that steers it. */
export interface SharedMemory {
  /** One 32-bit cell; not zero: the run ends. */
  stop: SharedArrayBuffer
  /** Memory of SharedCounters. */
  counters: SharedArrayBuffer
  /** Limit of an adaptive plan. */
  limit?: SharedArrayBuffer
  /** Warm-up of a plan in which it lasts until the load is steady. */
  warmUp?: SharedArrayBuffer
  /** State of a search for the capacity. */
  search?: { schedule: SharedArrayBuffer; books: SharedArrayBuffer }
}

export function sharedMemoryFor(plan: LoadPlan): SharedMemory {
  const { threads } = plan
  return {
    stop: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT),
    counters: new SharedArrayBuffer(SharedCounters.BYTES),
    ...(plan.kind === 'adaptive' && { limit: new SharedLimit(threads).buffer }),
    ...(plan.steady && { warmUp: new SharedWarmUp(plan).buffer }),
    ...(plan.kind === 'capacity' && {
      search: { schedule: new SharedSchedule().buffer, books: new ProbeBooks(threads).buffer },
    }),
  }
}

/** Part of a memory, in bytes; a multiple of 4 from a multiple of 4 on. */
interface ByteRange {
  from: number
  to: number
}

/** Memory of a run, with the writers of its parts. */
export interface MemoryPart {
  name: string
  memory: SharedArrayBuffer
  /** Ranges that the steering code writes. */
  byRun: readonly ByteRange[]
  /** Ranges that threads write. */
  byThreads: readonly ByteRange[]
}

/**
 * Memory that threads on another host share with the steering code. Numbers of iterations and rows are assigned to
 * hosts by stripes, and the end of the warm-up is sent as a message: they are not part of it.
 *
 * @param ledgers of these threads.
 * @param first number of the first of them.
 */
export function memoryParts(
  { threads }: Pick<LoadPlan, 'threads'>,
  { stop, limit, warmUp, search }: SharedMemory,
  ledgers: readonly SharedArrayBuffer[],
  first: number,
): MemoryPart[] {
  const whole = (memory: SharedArrayBuffer) => [{ from: 0, to: memory.byteLength }]
  const ofThreads = (of: (thread: number) => ByteRange | ByteRange[]) =>
    ledgers.flatMap((_, index) => of(first + index))
  const limits = SharedLimit.placesOf(threads)
  return [
    { name: 'stop', memory: stop, byRun: whole(stop), byThreads: [] },
    ...(limit ? [{ name: 'limit', memory: limit, byRun: limits.byRun, byThreads: ofThreads(limits.byThreads) }] : []),
    ...(warmUp ? [{ name: 'warm-up', memory: warmUp, byRun: [], byThreads: ofThreads(SharedWarmUp.bookOf) }] : []),
    ...(search
      ? [
          { name: 'schedule', memory: search.schedule, byRun: SharedSchedule.PLACES, byThreads: [] },
          { name: 'books', memory: search.books, byRun: [], byThreads: ofThreads(ProbeBooks.placeOf) },
        ]
      : []),
    ...ledgers.map((ledger, index) => ({
      name: `ledger ${first + index}`,
      memory: ledger,
      byRun: [],
      byThreads: whole(ledger),
    })),
  ]
}
