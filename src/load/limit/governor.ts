import { formatCount, formatMs, formatShare, type Milliseconds } from '../../ground/units.ts'
import { counted } from '../../ground/words.ts'
import type { Clock } from '../../measure/clock.ts'
import { errorRateOf } from '../../measure/error-rate.ts'
import type { LimitChange, LimitSettling } from '../../measure/report.ts'
import { valueOfBucket } from '../counts/intervals.ts'
import type { AdaptivePlan } from '../plan/load-plan.ts'
import { type Counted, countedSince, type SharedLimit } from './shared-limit.ts'

/** Measurements of one window, over all threads. */
interface LimitSample {
  /** Mean of the iterations that ended in the window. */
  serviceTime: Milliseconds
  /** The window counts as too slow for any service time: too many failed, or there were no responses. */
  failed: boolean
}

/** A mean that is nearer to the latency than this share of it changes nothing. */
const DEAD_BAND = 0.1

/** `from` is the first limit. */
type LimitOptions = Pick<AdaptivePlan, 'latency' | 'from'> & { maxVus: number }

/** On which side of the dead band a sample lies. */
type Side = 'slow' | 'fast' | 'near'

function sideOf({ serviceTime, failed }: LimitSample, latency: Milliseconds): Side {
  if (failed || serviceTime > latency * (1 + DEAD_BAND)) return 'slow'
  return serviceTime < latency * (1 - DEAD_BAND) ? 'fast' : 'near'
}

/** Slower than the latency: a tenth fewer users. Faster: a tenth more. */
const FACTORS = { slow: 0.9, fast: 1.1, near: 1 } as const

/**
 * How many virtual users there may be at once. Keeps the fraction from window to window: from 3, a tenth more and a
 * tenth more again is 3.63, which is 4. Of few users a tenth is hardly one, and many windows would go by for each:
 * where a whole user more, or fewer, cannot be too much, even if the latency grows with their number, it is that.
 */
export function limitOf({ latency, from, maxVus }: LimitOptions) {
  let exact = from
  const allowsWhole = (step: number, { serviceTime, failed }: LimitSample) => {
    if (failed) return true
    const expected = (serviceTime * (exact + step)) / exact
    return step > 0 ? expected < latency : expected > latency
  }
  return {
    /** A whole number, at least 1. */
    current: () => Math.round(exact),
    /** A window is over. */
    onSample(sample: LimitSample): void {
      const next = exact * FACTORS[sideOf(sample, latency)]
      const step = Math.sign(next - exact)
      const isLess = Math.abs(next - exact) < 1
      const moved = isLess && step !== 0 && allowsWhole(step, sample) ? exact + step : next
      exact = Math.min(maxVus, Math.max(1, moved))
    },
  }
}

/** Time over which the mean is taken. */
const WINDOW: Milliseconds = 1000
/** Far from the latency, many responses tell enough in a quarter of a second. */
const SHORTEST_WINDOW: Milliseconds = 250
/** Length of a window, in latencies: within a single one the users of the last limit would still be seen. */
const LATENCIES_A_WINDOW = 5
/** A window with fewer iterations than it needs goes on for so many times its length at most. */
const LONGEST_WINDOW = 4
/** Iterations that a window needs before it says anything. */
const SAMPLES = 50
/** How often, in a window's length, it is looked whether it has enough by now. */
const LOOKS = 4
/** With more failures than this share, being fast is not a merit: a window counts as slow. */
const MOST_FAILED = 0.1

/**
 * The one place where the limit of a run is decided: at the end of each window it takes the mean over all
 * threads, asks the limit, and tells the threads.
 *
 * @param start clock reading at which the plan begins.
 */
export function governLimit(
  plan: AdaptivePlan & { maxVus: number },
  shared: SharedLimit,
  clock: Clock,
  start: Milliseconds,
) {
  const { latency } = plan
  const least = LATENCIES_A_WINDOW * latency
  const [window, shortestWindow] = [Math.max(WINDOW, least), Math.max(SHORTEST_WINDOW, least)]
  const changes: LimitChange[] = []
  const decided: Decided[] = []
  const limit = limitOf(plan)
  let began = start
  let before = shared.read()
  shared.current = limit.current()

  const decide = (counted: Ended, at: Milliseconds, length: Milliseconds) => {
    const sample = sampleOf(counted, length)
    const from = shared.current
    limit.onSample(sample)
    const to = limit.current()
    decided.push({ at, users: to, side: sideOf(sample, latency) })
    if (to === from) return
    shared.current = to
    const { count, failed } = counted
    const share = errorRateOf({ passed: count - failed, failed }) ?? 0
    const { serviceTime } = sample
    const because =
      count === 0
        ? `no response came in ${formatMs(length)}`
        : sample.failed
          ? `${formatShare(share)} of ${formatCount(count)} iterations failed`
          : `mean ${formatMs(serviceTime)} is ${to < from ? 'over' : 'under'} ${formatMs(latency)}`
    changes.push({ at, from, to, signal: serviceTime, because })
  }

  const look = () => {
    const now = clock.now()
    const reading = shared.read()
    const counted = countedSince(before, reading)
    const length = now - began
    const isEnough = length >= window && counted.count >= SAMPLES
    if (isEnough || length >= LONGEST_WINDOW * window || isClear(counted, latency)) {
      decide(counted, now - start, length)
      began = now
      before = reading
      callOff = clock.after(shortestWindow, look)
    } else callOff = clock.after(window / LOOKS, look)
  }
  let callOff = clock.after(start + shortestWindow - clock.now(), look)

  return {
    changes,
    /** Whether the limit has settled, by all windows so far. */
    settling: (): LimitSettling => settlingOf(decided, plan.maxVus),
    stop: () => callOff(),
  }
}

function sampleOf({ count, failed, inFlight, sum }: Ended, length: Milliseconds): LimitSample {
  return {
    serviceTime: count === 0 ? length : sum / count,
    failed: count === 0 ? inFlight > 0 : failed > count * MOST_FAILED,
  }
}

/** Fewer iterations than this say nothing of how far they lie apart. */
const FEWEST = 10
/** Standard errors that a mean lies beyond what would change nothing, before it is believed early. */
const SURE = 3

type Ended = Counted & { count: number }

/**
 * Whether the mean of these iterations is so far from the latency that more of them would not change on which side it
 * lies: then a window need not wait for as many as it takes near to the latency.
 */
function isClear({ buckets, count, sum }: Ended, latency: Milliseconds): boolean {
  if (count < FEWEST) return false
  const mean = sum / count
  let squares = 0
  for (let bucket = 0; bucket < buckets.length; bucket++)
    if (buckets[bucket]! > 0) squares += buckets[bucket]! * (valueOfBucket(bucket) - mean) ** 2
  const error = Math.sqrt(squares / (count - 1) / count)
  return Math.abs(mean - latency) > DEAD_BAND * latency + SURE * error
}

/** Decision after a window: the number of users from then on, and the side of the mean. */
export interface Decided {
  /** Time from the start of the run. */
  at: Milliseconds
  users: number
  side: Side
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
  const isAll = (side: Side) => windows.every(one => one.side === side)
  const isHeld = (users: number) => windows.every(one => one.users === users)
  if (isAll('fast') && !isHeld(maxVus)) return { settled: false, because: 'it still rose at the end: measure longer' }
  if (isAll('slow') && !isHeld(1)) return { settled: false, because: 'it still fell at the end: measure longer' }
  const [least, most] = [Math.min(...tail.map(users)), Math.max(...tail.map(users))]
  if (tail.length < WINDOWS) {
    const [low, high] = [Math.min(...windows.map(users)), Math.max(...windows.map(users))]
    const found = `it went between ${formatCount(low)} and ${formatCount(high)} in the last ${WINDOWS} windows`
    return { settled: false, because: `${found}: measure longer` }
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
