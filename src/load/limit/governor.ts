import { formatCount, formatMs, formatShare, type Milliseconds, type Share } from '../../ground/units.ts'
import { counted } from '../../ground/words.ts'
import type { Clock } from '../../measure/clock.ts'
import { errorRateOf } from '../../measure/error-rate.ts'
import type { LimitChange, LimitSettling } from '../../measure/report.ts'
import { percentileOfBuckets, valueOfBucket } from '../counts/intervals.ts'
import { type AdaptivePlan, type LimitName, nameOfSignal, samplesOf } from '../plan/load-plan.ts'
import { type Counted, countedSince, type SharedLimit } from './shared-limit.ts'

/** Measurements of one window, over all threads. */
export interface LimitSample {
  /** The signal: mean or a percentile of the service time of the iterations that ended in the window. */
  serviceTime: Milliseconds
  /** Iterations in flight at its end. */
  inFlight: number
  /** The window counts as too slow for any service time: too many failed, or there were no responses. */
  failed: boolean
}

/** How many virtual users there may be at once. */
interface Limit {
  /** A whole number, at least 1. */
  readonly current: number
  /** A window is over. */
  onSample(sample: LimitSample): void
}

interface LimitOptions {
  /** Threshold for the signal. */
  latency: Milliseconds
  /** A signal that is nearer to `latency` than this share of it changes nothing. */
  deadBand: Share
  /** The first limit. */
  from: number
  maxVus: number
}

/** On which side of the dead band a sample lies. */
function sideOf(
  { serviceTime, failed }: LimitSample,
  { latency, deadBand }: Pick<LimitOptions, 'latency' | 'deadBand'>,
): 'slow' | 'fast' | 'near' {
  if (failed || serviceTime > latency * (1 + deadBand)) return 'slow'
  return serviceTime < latency * (1 - deadBand) ? 'fast' : 'near'
}

/**
 * Keeps the fraction from window to window: from 3, a tenth more and a tenth more again is 3.63, which is 4. Of few
 * users a tenth is hardly one, and many windows would go by for each: where a whole user more, or fewer, cannot be too
 * much, even if the latency grows with their number, it is that.
 */
abstract class FractionalLimit implements Limit {
  protected readonly options: LimitOptions
  #exact: number

  constructor(options: LimitOptions) {
    this.options = options
    this.#exact = options.from
  }

  get current(): number {
    return Math.round(this.#exact)
  }

  onSample(sample: LimitSample): void {
    const next = this.next(this.#exact, sample)
    const step = Math.sign(next - this.#exact)
    const isLess = Math.abs(next - this.#exact) < 1
    const moved = isLess && step !== 0 && this.#allowsWhole(step, sample) ? this.#exact + step : next
    this.#exact = Math.min(this.options.maxVus, Math.max(1, moved))
  }

  #allowsWhole(step: number, { serviceTime, failed }: LimitSample): boolean {
    if (failed) return true
    const expected = (serviceTime * (this.#exact + step)) / this.#exact
    return step > 0 ? expected < this.options.latency : expected > this.options.latency
  }

  protected abstract next(limit: number, sample: LimitSample): number
}

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

/** Slower than the threshold: a tenth fewer users. Faster: a tenth more. */
class StepLimit extends FractionalLimit {
  protected override next(limit: number, sample: LimitSample): number {
    const side = sideOf(sample, this.options)
    return side === 'slow' ? limit * 0.9 : side === 'fast' ? limit * 1.1 : limit
  }
}

/**
 * Additive increase, multiplicative decrease: slower than the threshold, a tenth fewer users; faster, one more, as long
 * as at least half of the limit is in use. (Chiu and Jain, Analysis of the Increase and Decrease Algorithms for
 * Congestion Avoidance, 1989; the figures are those of AIMDLimit in Netflix's concurrency-limits.)
 */
class AimdLimit extends FractionalLimit {
  protected override next(limit: number, sample: LimitSample): number {
    const side = sideOf(sample, this.options)
    if (side === 'slow') return limit * 0.9
    return side === 'fast' && sample.inFlight * 2 >= limit ? limit + 1 : limit
  }
}

/** Weight of the newest window. */
const SMOOTHING = 0.2

/**
 * Follows the ratio of tolerated to measured latency, by a fifth per window: limit x (1 - 0.2 + 0.2 x gradient),
 * gradient = latency / signal, between 0.5 and 2.
 *
 * That is GradientLimit of Netflix's concurrency-limits (after TCP Vegas: Brakmo, O'Malley and Peterson, 1994) with its
 * smoothing and its lower bound. There the tolerated latency is a guess, a multiple of the latency without load, so the
 * gradient stops at 1 and a fixed queue is added to probe upwards. Here it is given, and the gradient is also followed
 * upwards: if latency grows with the number of users, the limit settles where both are equal, without an additional
 * queue.
 */
class GradientLimit extends FractionalLimit {
  protected override next(limit: number, sample: LimitSample): number {
    const side = sideOf(sample, this.options)
    if (side === 'near' || (side === 'fast' && sample.inFlight * 2 < limit)) return limit
    const ratio = sample.failed ? 0.5 : this.options.latency / sample.serviceTime
    const gradient = Math.min(2, Math.max(0.5, ratio))
    return limit * (1 - SMOOTHING + SMOOTHING * gradient)
  }
}

const LIMITS = { step: StepLimit, aimd: AimdLimit, gradient: GradientLimit } satisfies Record<LimitName, unknown>

export function createLimit(name: LimitName, options: LimitOptions): Limit {
  return new LIMITS[name](options)
}

/** Fewer iterations than this say nothing of how far they lie apart. */
const FEWEST = 10
/** Standard errors that a signal lies beyond what would change nothing, before it is believed early. */
const SURE = 3

type Ended = Counted & { count: number }

/**
 * Whether the signal of these iterations is so far from the latency that more of them would not change on which side it
 * lies: then a window need not wait for as many as it takes near to the latency.
 */
function isClear(ended: Ended, plan: Pick<AdaptivePlan, 'signal' | 'latency' | 'deadBand'>): boolean {
  if (ended.count < FEWEST) return false
  return plan.signal === 'mean' ? isMeanClear(ended, plan) : isQuantileClear(ended, plan.signal, plan)
}

type Band = Pick<AdaptivePlan, 'latency' | 'deadBand'>

function isMeanClear({ buckets, count, sum }: Ended, { latency, deadBand }: Band): boolean {
  const mean = sum / count
  let squares = 0
  for (let bucket = 0; bucket < buckets.length; bucket++)
    if (buckets[bucket]! > 0) squares += buckets[bucket]! * (valueOfBucket(bucket) - mean) ** 2
  const error = Math.sqrt(squares / (count - 1) / count)
  return Math.abs(mean - latency) > deadBand * latency + SURE * error
}

/** By how many iterations are longer than the band's ends: a share of them is, where the percentile is just there. */
function isQuantileClear({ buckets, count }: Ended, quantile: number, { latency, deadBand }: Band): boolean {
  let [overLower, overUpper] = [0, 0]
  for (let bucket = 0; bucket < buckets.length; bucket++) {
    if (buckets[bucket]! === 0) continue
    const value = valueOfBucket(bucket)
    if (value > latency * (1 - deadBand)) overLower += buckets[bucket]!
    if (value > latency * (1 + deadBand)) overUpper += buckets[bucket]!
  }
  const expected = count * (1 - quantile)
  const error = Math.sqrt(expected * quantile)
  return overLower < expected - SURE * error || overUpper > expected + SURE * error
}

/** Decision after a window: the number of users from then on, and the side of the signal. */
export interface Decided {
  /** Time from the start of the run. */
  at: Milliseconds
  users: number
  side: 'slow' | 'fast' | 'near'
}

/** Windows that have to agree. Of so many in a row a climb by a tenth in each has gone far beyond the swing. */
const WINDOWS = 6
/** How far the limit may swing, as a share of its mean, where it has settled; few users swing by two. */
const SWING = 0.2
const FEW = 2

/**
 * Whether the limit of an adaptive run has come to where the latency is what was asked for: its last windows swing
 * little, and not all of them are on one side, unless it stands at one of its ends.
 */
export function settlingOf(decisions: readonly Decided[], maxVus: number): LimitSettling {
  const tail = steadyTail(decisions)
  const last = decisions.at(-1)
  if (last === undefined || decisions.length < WINDOWS)
    return { settled: false, because: `only ${counted(decisions.length, 'window')} came to an end: measure longer` }
  const windows = decisions.slice(-WINDOWS)
  const isAll = (side: Decided['side']) => windows.every(one => one.side === side)
  const isHeld = (users: number) => windows.every(one => one.users === users)
  if (isAll('fast') && !isHeld(maxVus)) return { settled: false, because: 'it still rose at the end: measure longer' }
  if (isAll('slow') && !isHeld(1)) return { settled: false, because: 'it still fell at the end: measure longer' }
  const [least, most] = [Math.min(...tail.map(users)), Math.max(...tail.map(users))]
  if (tail.length < WINDOWS) {
    const [low, high] = [Math.min(...windows.map(users)), Math.max(...windows.map(users))]
    const found = `it went between ${formatCount(low)} and ${formatCount(high)} in the last ${WINDOWS} windows`
    return { settled: false, because: `${found}: measure longer, or give a longer window` }
  }
  const where = least === most ? counted(most, 'user') : `${formatCount(least)} to ${formatCount(most)} users`
  const since = tail[0]!.at
  const end = isAll('fast') ? ', which is maxVus' : isAll('slow') ? ', and one is too many for the latency' : ''
  return { settled: true, since, because: `${where} since ${formatMs(since)}${end}` }
}

const users = (one: Decided) => one.users

/** The longest stretch up to the end in which the limit swings little. */
function steadyTail(decisions: readonly Decided[]): readonly Decided[] {
  let [least, most, sum] = [Number.POSITIVE_INFINITY, 0, 0]
  for (let i = decisions.length - 1; i >= 0; i--) {
    const { users } = decisions[i]!
    least = Math.min(least, users)
    most = Math.max(most, users)
    sum += users
    if (most - least > Math.max(FEW, (SWING * sum) / (decisions.length - i))) return decisions.slice(i + 1)
  }
  return decisions
}
