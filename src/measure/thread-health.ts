import { PerformanceObserver, performance } from 'node:perf_hooks'
import type { Milliseconds } from '../ground/units.ts'
import { type Clock, realClock } from './clock.ts'
import { CpuWaitMeter } from './cpu-wait.ts'
import { LatencyRecorder } from './histogram.ts'
import { sparedByCores, waitedForCore } from './proc-stat.ts'
import type { GcPauses, LoopDelay } from './report/thread.ts'
import type { ThreadHealth } from './report.ts'

/** Watches the thread that makes it. */
export class ThreadWatch {
  readonly #gc = new GcWatch()
  readonly #delay = new LoopDelayWatch()
  #utilization = performance.eventLoopUtilization()
  readonly #cpu = new CpuWaitMeter({ waited: waitedForCore, spared: sparedByCores })
  #health: ThreadHealth | undefined

  constructor() {
    this.#cpu.begin()
  }

  /** The measured window begins. */
  mark(): void {
    this.#gc.mark()
    this.#delay.mark()
    this.#utilization = performance.eventLoopUtilization()
    this.#cpu.begin()
  }

  /** The measured window ends; asked again it returns the same. */
  stop(): ThreadHealth {
    this.#health ??= this.#stop()
    return this.#health
  }

  #stop(): ThreadHealth {
    const cpu = this.#cpu.end()
    return {
      eventLoopUtilization: performance.eventLoopUtilization(this.#utilization).utilization,
      delay: this.#delay.stop(),
      gc: this.#gc.stop(),
      waited: cpu?.share,
      longestWait: cpu?.longest,
      spareCores: cpu?.spare,
    }
  }
}

/** Timers count in whole milliseconds: less than that is not late. */
const GRAIN: Milliseconds = 1

/**
 * Measures how long a response that arrives at a random moment waits for its thread, because the thread is busy, other
 * programs have the cores, or the machine stands still. A timer fires every 20 ms. A longer delay counts for all timers
 * that would have been due, so that one second of standstill counts as a second.
 */
export class LoopDelayWatch {
  readonly #clock: Clock
  readonly #interval: Milliseconds
  readonly #delays = new LatencyRecorder()
  #callOff = () => {}
  #due: Milliseconds = 0

  constructor(clock: Clock = realClock, interval: Milliseconds = 20) {
    this.#clock = clock
    this.#interval = interval
    this.#wait()
  }

  /** The measured window begins: what was seen before is forgotten. */
  mark(): void {
    this.#delays.reset()
  }

  stop(): LoopDelay {
    this.#callOff()
    this.#record()
    const { p50, p99, max } = this.#delays.summary()
    return { p50, p99, longest: max }
  }

  #wait(): void {
    this.#due = this.#clock.now() + this.#interval
    this.#callOff = this.#clock.after(this.#interval, () => {
      this.#record()
      this.#wait()
    })
  }

  #record(): void {
    const late = this.#clock.now() - this.#due
    if (late < 0) return
    this.#delays.record(late <= GRAIN ? 0 : late)
    for (let left = late - this.#interval; left > 0; left -= this.#interval) this.#delays.record(left)
  }
}

/** Length from which on a pause counts as long. */
const LONG_PAUSE: Milliseconds = 5

/** Adds pauses that began at `from` or later to a sum. */
export function addPauses(
  pauses: Iterable<{ startTime: Milliseconds; duration: Milliseconds }>,
  from: Milliseconds,
  sum: GcPauses = { count: 0, total: 0, longest: 0, long: 0 },
): GcPauses {
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
    addPauses(entries, this.#from, this.#seen)
  }
}
