import { formatCount, formatMs, formatShare, type Milliseconds } from '../../ground/units.ts'
import type { Clock } from '../../measure/clock.ts'
import { errorRateOf } from '../../measure/error-rate.ts'
import type { LimitChange, LimitSettling } from '../../measure/report.ts'
import { percentileOfBuckets } from '../counts/intervals.ts'
import { type AdaptivePlan, nameOfSignal, samplesOf } from '../plan/limit.ts'
import { isClear } from './clear.ts'
import { type Limit, type LimitSample, sideOf } from './limit.ts'
import { createLimit } from './limits.ts'
import { type Decided, settlingOf } from './settling.ts'
import { type Counted, countedSince, type SharedLimit } from './shared-limit.ts'

/** A window with fewer iterations than it needs goes on for so many times its length at most. */
const LONGEST_WINDOW = 4
/** How often, in a window's length, it is looked whether it has enough by now. */
const LOOKS = 4
/** With more failures than this share, being fast is not a merit: a window counts as slow. */
const MOST_FAILED = 0.1

/**
 * The one place where the limit of a run is decided: at the end of each window it takes the signal from what all
 * threads have counted, asks the limit, and tells the threads.
 */
export class Governor {
  readonly changes: LimitChange[] = []
  readonly #decided: Decided[] = []
  readonly #plan: AdaptivePlan & { maxVus: number }
  readonly #shared: SharedLimit
  readonly #clock: Clock
  readonly #start: Milliseconds
  readonly #limit: Limit
  #began: Milliseconds
  #before: Counted
  #callOff: () => void

  /** @param start clock reading at which the plan begins. */
  constructor(plan: AdaptivePlan & { maxVus: number }, shared: SharedLimit, clock: Clock, start: Milliseconds) {
    this.#plan = plan
    this.#shared = shared
    this.#clock = clock
    this.#start = start
    this.#limit = createLimit(plan.limit, plan)
    this.#began = start
    this.#before = shared.read()
    shared.current = this.#limit.current
    this.#callOff = clock.after(start + plan.shortestWindow - clock.now(), this.#look)
  }

  stop(): void {
    this.#callOff()
  }

  /** Whether the limit has settled, by all windows so far. */
  get settling(): LimitSettling {
    return settlingOf(this.#decided, this.#plan.maxVus)
  }

  readonly #look = () => {
    const { window, shortestWindow, latency, signal } = this.#plan
    const now = this.#clock.now()
    const reading = this.#shared.read()
    const counted = countedSince(this.#before, reading)
    const length = now - this.#began
    const longest = Math.max(LONGEST_WINDOW * window, counted.count === 0 ? 2 * latency : 0)
    const isEnough = length >= window && counted.count >= samplesOf(signal)
    if (isEnough || length >= longest || isClear(counted, this.#plan)) {
      this.#decide(counted, now - this.#start, length)
      this.#began = now
      this.#before = reading
      this.#callOff = this.#clock.after(shortestWindow, this.#look)
    } else this.#callOff = this.#clock.after(window / LOOKS, this.#look)
  }

  #decide(counted: Counted & { count: number }, at: Milliseconds, length: Milliseconds): void {
    const { latency, signal } = this.#plan
    const { count, failed, inFlight, sum, buckets } = counted
    const serviceTime =
      count === 0 ? length : signal === 'mean' ? sum / count : percentileOfBuckets(buckets, count, signal)
    const sample: LimitSample = {
      serviceTime,
      inFlight,
      failed: count === 0 ? inFlight > 0 : failed > count * MOST_FAILED,
    }
    const from = this.#shared.current
    this.#limit.onSample(sample)
    const to = this.#limit.current
    this.#decided.push({ at, users: to, side: sideOf(sample, this.#plan) })
    if (to === from) return
    this.#shared.current = to
    const share = errorRateOf({ passed: count - failed, failed }) ?? 0
    const because =
      count === 0
        ? `no response came in ${formatMs(length)}`
        : sample.failed
          ? `${formatShare(share)} of ${formatCount(count)} iterations failed`
          : `${nameOfSignal(signal)} ${formatMs(serviceTime)} is ${to < from ? 'over' : 'under'} ${formatMs(latency)}`
    this.changes.push({ at, from, to, signal: serviceTime, because })
  }
}
