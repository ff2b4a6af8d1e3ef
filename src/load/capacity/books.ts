import type { Budget } from '../../budget/budget.ts'
import { holds } from '../../budget/standing.ts'
import type { Milliseconds, Share } from '../../ground/units.ts'
import { BUCKETS, bucketOf } from '../counts/intervals.ts'
import { MOST_PROBES } from '../plan/capacity.ts'
import type { SharedSchedule } from './schedule.ts'

const COUNTS = ['due', 'dropped', 'started', 'ended', 'failed', 'over', 'slow', 'late', 'requests'] as const
type Count = (typeof COUNTS)[number]
const CELLS = COUNTS.length + BUCKETS
const INDEX = Object.fromEntries(COUNTS.map((name, index) => [name, index])) as Record<Count, number>
const [SUM, BUSY, WAITED, LONGEST, FLOATS] = [0, 1, 2, 3, 4] as const
const BYTES_A_PROBE = 8 * FLOATS + 4 * CELLS + (CELLS % 2) * 4

/** Starts that are later than this share of the allowed latency are late, and no less than so much. */
const LATE_SHARE: Share = 0.1
const LATE: Milliseconds = 5

/** What all threads have counted of one probe. Iterations belong to it that were due in it, whenever they end. */
export interface ProbeCounts extends Record<Count, number> {
  /** Sum of response times. */
  sum: Milliseconds
  /** How many response times are in each bucket, as they are when it is called: few who read the counts need them. */
  buckets(): Uint32Array
  /**
   * Event-loop utilisation of the busiest thread since the beginning of the probe, and its share of time without a
   * core if starved.
   */
  busy: Share
  waited: Share
  /** Most that a starved thread waited for a core within a second. */
  longestWait: Milliseconds
}

/** How a thread fares, since it was last marked. */
export interface Strain {
  busy: Share
  /** Zero unless it is starved. */
  waited: Share
  longestWait: Milliseconds
}

/**
 * The books of a search: a page for each thread and probe. A thread writes its own pages only, the one that steers
 * reads all, and nobody waits for anybody.
 */
export class ProbeBooks {
  readonly buffer: SharedArrayBuffer
  readonly #threads: number

  constructor(threads: number, buffer = new SharedArrayBuffer(threads * MOST_PROBES * BYTES_A_PROBE)) {
    this.buffer = buffer
    this.#threads = threads
  }

  /** Bytes that a thread writes. */
  static placeOf(thread: number): { from: number; to: number } {
    const bytes = MOST_PROBES * BYTES_A_PROBE
    return { from: thread * bytes, to: (thread + 1) * bytes }
  }

  page(thread: number, probe: number): Page {
    const at = (thread * MOST_PROBES + probe) * BYTES_A_PROBE
    return {
      floats: new Float64Array(this.buffer, at, FLOATS),
      cells: new Uint32Array(this.buffer, at + 8 * FLOATS, CELLS),
    }
  }

  read(probe: number): ProbeCounts {
    const pages = Array.from({ length: this.#threads }, (_, thread) => this.page(thread, probe))
    const total = (index: number) => pages.reduce((sum, { cells }) => sum + cells[index]!, 0)
    const most = (index: number) => Math.max(...pages.map(({ floats }) => floats[index]!))
    const counts = Object.fromEntries(COUNTS.map(name => [name, total(INDEX[name])])) as Record<Count, number>
    return {
      ...counts,
      sum: pages.reduce((sum, { floats }) => sum + floats[SUM]!, 0),
      buckets: () => bucketsOf(pages),
      busy: most(BUSY),
      waited: most(WAITED),
      longestWait: most(LONGEST),
    }
  }
}

function bucketsOf(pages: readonly Page[]): Uint32Array {
  const buckets = new Uint32Array(BUCKETS)
  for (const { cells } of pages) {
    const own = cells.subarray(COUNTS.length)
    for (let n = 0; n < own.length; n++) buckets[n]! += own[n]!
  }
  return buckets
}

interface Page {
  floats: Float64Array
  cells: Uint32Array
}

/** What one thread writes. */
export class ProbeBook {
  readonly #schedule: SharedSchedule
  readonly #latency: Budget
  readonly #pages: Page[]
  readonly #late: Milliseconds

  constructor(books: ProbeBooks, thread: number, schedule: SharedSchedule, latency: Budget) {
    this.#schedule = schedule
    this.#latency = latency
    this.#pages = Array.from({ length: MOST_PROBES }, (_, probe) => books.page(thread, probe))
    this.#late = lateFrom(latency.bound)
  }

  due(due: Milliseconds): void {
    this.#count(due, 'due')
  }

  dropped(due: Milliseconds): void {
    this.#count(due, 'dropped')
  }

  /** @param late how late although a user was free. */
  started(due: Milliseconds, late: Milliseconds | undefined): void {
    const page = this.#pageAt(due)
    if (page === undefined) return
    page.cells[INDEX.started]!++
    if (late !== undefined && late > this.#late) page.cells[INDEX.late]!++
  }

  ended(due: Milliseconds, responseTime: Milliseconds, serviceTime: Milliseconds, state: 'passed' | 'failed'): void {
    const page = this.#pageAt(due)
    if (page === undefined) return
    const { cells, floats } = page
    cells[INDEX.ended]!++
    if (state === 'failed') cells[INDEX.failed]!++
    if (!holds(responseTime, this.#latency)) cells[INDEX.over]!++
    if (!holds(serviceTime, this.#latency)) cells[INDEX.slow]!++
    cells[COUNTS.length + bucketOf(responseTime)]!++
    floats[SUM]! += responseTime
  }

  /** A request got a response. */
  responded(at: Milliseconds): void {
    this.#count(at, 'requests')
  }

  strain(at: Milliseconds, { busy, waited, longestWait }: Strain): void {
    this.#pageAt(at)?.floats.set([busy, waited, longestWait], BUSY)
  }

  #count(at: Milliseconds, name: Count): void {
    const page = this.#pageAt(at)
    if (page !== undefined) page.cells[INDEX[name]]!++
  }

  #pageAt(at: Milliseconds): Page | undefined {
    return this.#pages[this.#schedule.probeAt(at)]
  }
}

/** Delay from which on a start is late. */
export function lateFrom(bound: Milliseconds): Milliseconds {
  return Math.max(LATE, LATE_SHARE * bound)
}
