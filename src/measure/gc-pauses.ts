import { PerformanceObserver, performance } from 'node:perf_hooks'
import type { Milliseconds } from '../ground/units.ts'
import type { GcPauses } from './report/thread.ts'

/** Length from which on a pause counts as long. */
const LONG_PAUSE: Milliseconds = 5

/** Adds up pauses that began at `from` or later. */
export function addPauses(
  pauses: Iterable<{ startTime: Milliseconds; duration: Milliseconds }>,
  from: Milliseconds,
): GcPauses {
  const sum: GcPauses = { count: 0, total: 0, longest: 0, long: 0 }
  for (const { startTime, duration } of pauses) {
    if (startTime < from) continue
    sum.count++
    sum.total += duration
    sum.longest = Math.max(sum.longest, duration)
    if (duration >= LONG_PAUSE) sum.long += duration
  }
  return sum
}

/** Watches the garbage collector of the thread that makes it. */
export class GcWatch {
  #from: Milliseconds = 0
  #seen: GcPauses = addPauses([], 0)
  readonly #observer: PerformanceObserver

  constructor() {
    this.#observer = new PerformanceObserver(list => this.#add(list.getEntries()))
    this.#observer.observe({ entryTypes: ['gc'] })
  }

  /** The measured window begins: what was seen before is forgotten. */
  mark(): void {
    this.#from = performance.now()
    this.#seen = addPauses([], 0)
  }

  stop(): GcPauses {
    this.#add(this.#observer.takeRecords())
    this.#observer.disconnect()
    return this.#seen
  }

  #add(entries: Iterable<{ startTime: Milliseconds; duration: Milliseconds }>): void {
    const more = addPauses(entries, this.#from)
    const { count, total, longest, long } = this.#seen
    this.#seen = {
      count: count + more.count,
      total: total + more.total,
      longest: Math.max(longest, more.longest),
      long: long + more.long,
    }
  }
}
