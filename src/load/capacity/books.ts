import type { Budget } from '../../budget/budget.ts'
import { holds } from '../../budget/standing.ts'
import type { Milliseconds, PerSecond, Share } from '../../ground/units.ts'
import { BUCKETS, bucketOf } from '../counts/intervals.ts'
import { MOST_PROBES } from '../plan/load-plan.ts'

/** Warm-up, then for each probe: settling, holding, the wait for the last responses, a rest. */
const MOST_STRETCHES = 4 * (MOST_PROBES + 1)
const [START, RATE, PROBE, FIELDS] = [0, 1, 2, 3] as const
const [COUNT, OVER] = [0, 1] as const
const HEADER = 8

/** Arrivals at one rate from a moment on, until the next stretch begins. */
interface Stretch {
  /** Time from the start of the run. */
  start: Milliseconds
  /** Requests a second of all threads; 0 for a rest. */
  rate: PerSecond
  /** The probe that its arrivals count for. */
  probe?: number
}

/**
 * Schedule by which all threads of a search pace. The steering code adds stretches that begin a little in the future,
 * so that every thread has seen them by then; existing ones never change. So threads exchange no messages, and the
 * probe of an arrival follows from its due time.
 */
export class SharedSchedule {
  static readonly BYTES = HEADER + 8 * (1 + FIELDS * MOST_STRETCHES)
  /** Ranges of bytes that the steering code writes. The number of stretches comes after the stretches. */
  static readonly PLACES = [
    { from: HEADER, to: SharedSchedule.BYTES },
    { from: 0, to: HEADER },
  ] as const
  readonly buffer: SharedArrayBuffer
  readonly #header: Int32Array
  readonly #window: Float64Array
  readonly #stretches: Float64Array

  /** @param buffer another thread's; by default a new one. */
  constructor(buffer?: SharedArrayBuffer) {
    this.buffer = buffer ?? new SharedArrayBuffer(SharedSchedule.BYTES)
    this.#header = new Int32Array(this.buffer, 0, 2)
    this.#window = new Float64Array(this.buffer, HEADER, 1)
    this.#stretches = new Float64Array(this.buffer, HEADER + 8)
    if (buffer === undefined) this.#window.fill(Number.POSITIVE_INFINITY)
  }

  get length(): number {
    return Atomics.load(this.#header, COUNT)
  }

  add({ start, rate, probe = -1 }: Stretch): void {
    const at = this.length
    if (at === MOST_STRETCHES) throw new RangeError('Failed to add to a search: it has no room left.')
    this.#stretches.set([start, rate, probe], at * FIELDS)
    Atomics.store(this.#header, COUNT, at + 1)
  }

  /** When a stretch begins; infinitely late for one that is not known yet. */
  startOf(index: number): Milliseconds {
    return index < this.length ? this.#stretches[index * FIELDS + START]! : Number.POSITIVE_INFINITY
  }

  rateOf(index: number): PerSecond {
    return this.#stretches[index * FIELDS + RATE]!
  }

  /** The stretch that a moment lies in; -1 before the first. */
  at(time: Milliseconds): number {
    let index = this.length - 1
    while (index >= 0 && this.#stretches[index * FIELDS + START]! > time) index--
    return index
  }

  /** The probe that a moment belongs to; -1 for none. */
  probeAt(time: Milliseconds): number {
    const index = this.at(time)
    return index < 0 ? -1 : this.#stretches[index * FIELDS + PROBE]!
  }

  /** Start of the measured window: infinite while the search goes on. */
  get windowFrom(): Milliseconds {
    return this.#window[0]!
  }

  /** To be said before its stretch is added. */
  measure(from: Milliseconds): void {
    this.#window[0] = from
  }

  /** Nothing will be due any more. */
  end(): void {
    Atomics.store(this.#header, OVER, 1)
  }

  get isOver(): boolean {
    return Atomics.load(this.#header, OVER) === 1
  }
}

const COUNTS = ['due', 'dropped', 'started', 'ended', 'failed', 'over', 'slow', 'late', 'requests'] as const
type Count = (typeof COUNTS)[number]
const CELLS = COUNTS.length + BUCKETS
const INDEX = Object.fromEntries(COUNTS.map((name, index) => [name, index])) as Record<Count, number>
const [SUM, BUSY, WAITED, LONGEST, FLOATS] = [0, 1, 2, 3, 4] as const
const BYTES_A_PROBE = 8 * FLOATS + 4 * CELLS + (CELLS % 2) * 4

/** Starts that are later than this share of the allowed latency are late, and no less than so much. */
const LATE_SHARE: Share = 0.1
const LATE: Milliseconds = 5

/** How a thread fares, since it was last marked. */
interface Strain {
  busy: Share
  /** Zero unless it is starved. */
  waited: Share
  longestWait: Milliseconds
}

/**
 * Counters of a search: one page per thread and probe. A thread writes only its own pages, the steering code reads all,
 * and there are no locks.
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

  page(thread: number, probe: number) {
    const at = (thread * MOST_PROBES + probe) * BYTES_A_PROBE
    return {
      floats: new Float64Array(this.buffer, at, FLOATS),
      cells: new Uint32Array(this.buffer, at + 8 * FLOATS, CELLS),
    }
  }

  /** Counts of all threads for one probe. Iterations that were due in it belong to it, regardless of when they end. */
  read(probe: number) {
    const pages = Array.from({ length: this.#threads }, (_, thread) => this.page(thread, probe))
    const total = (index: number) => pages.reduce((sum, { cells }) => sum + cells[index]!, 0)
    const most = (index: number) => Math.max(...pages.map(({ floats }) => floats[index]!))
    const counts = Object.fromEntries(COUNTS.map(name => [name, total(INDEX[name])])) as Record<Count, number>
    return {
      ...counts,
      // Sum of response times.
      sum: pages.reduce((sum, { floats }) => sum + floats[SUM]!, 0),
      /**
       * How many response times are in each bucket, as they are when it is called: few who read the counts need them.
       */
      buckets: () => bucketsOf(pages),
      // Event-loop utilisation of the busiest thread since the beginning of the probe, its share of time without a core
      // if starved, and the most that it waited for one within a second.
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

type Page = ReturnType<ProbeBooks['page']>

export type ProbeBook = ReturnType<typeof probeBook>

/** Counters that one thread writes. */
export function probeBook(books: ProbeBooks, thread: number, schedule: SharedSchedule, latency: Budget) {
  const pages = Array.from({ length: MOST_PROBES }, (_, probe) => books.page(thread, probe))
  const lateAfter = lateFrom(latency.bound)
  const pageAt = (at: Milliseconds): Page | undefined => pages[schedule.probeAt(at)]
  return {
    /** Counts an arrival where it was due, or a request where it got a response. */
    count(name: Count, at: Milliseconds): void {
      const page = pageAt(at)
      if (page !== undefined) page.cells[INDEX[name]]!++
    },
    /** @param late how late although a user was free. */
    started(due: Milliseconds, late: Milliseconds | undefined): void {
      const page = pageAt(due)
      if (page === undefined) return
      page.cells[INDEX.started]!++
      if (late !== undefined && late > lateAfter) page.cells[INDEX.late]!++
    },
    ended(due: Milliseconds, responseTime: Milliseconds, serviceTime: Milliseconds, state: 'passed' | 'failed'): void {
      const page = pageAt(due)
      if (page === undefined) return
      const { cells, floats } = page
      cells[INDEX.ended]!++
      if (state === 'failed') cells[INDEX.failed]!++
      if (!holds(responseTime, latency)) cells[INDEX.over]!++
      if (!holds(serviceTime, latency)) cells[INDEX.slow]!++
      cells[COUNTS.length + bucketOf(responseTime)]!++
      floats[SUM]! += responseTime
    },
    strain(at: Milliseconds, { busy, waited, longestWait }: Strain): void {
      pageAt(at)?.floats.set([busy, waited, longestWait], BUSY)
    },
  }
}

/** Delay from which on a start is late. */
export function lateFrom(bound: Milliseconds): Milliseconds {
  return Math.max(LATE, LATE_SHARE * bound)
}
