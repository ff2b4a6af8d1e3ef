import { formatMs, formatRate, type Milliseconds, type PerSecond, type Share } from '../../ground/units.ts'
import type { Clock } from '../../measure/clock.ts'
import type { LoadReport, Reach } from '../../measure/report.ts'
import { isLevel, type LoadPlan } from '../plan/load-plan.ts'
import type { SharedWarmUp } from './shared-warm-up.ts'

/** Iterations of all threads that ended in a stretch of time. */
interface Batch {
  /** Time from the start of the run. */
  from: Milliseconds
  to: Milliseconds
  count: number
  /** Sum of their latencies. */
  sum: Milliseconds
}

/** A load in two halves of a time. */
type Halves = readonly [readonly Batch[], readonly Batch[]]

/** A figure of some batches: the mean latency, the rate. */
type Figure = (batches: readonly Batch[]) => number

type Drift = NonNullable<NonNullable<LoadReport['warmUpCut']>['drift']>

/** How a load went on in a measured window. */
export interface Course {
  /** Reach of means and medians, of high percentiles, and of the rate of iterations. */
  latency: Reach
  tail: Reach
  rate: Reach
  /** Mean latency in its halves. */
  from: Milliseconds
  to: Milliseconds
  /** Mean latency at the start of the warm-up, where that was seen. */
  begin?: Milliseconds
  /** Iterations that ended. */
  ended: PerSecond
  /** Latency or rate were not the same in both, for certain. */
  hasChanged: boolean
}

/** Iterations in a batch, at least. */
const LEAST_IN_BATCH = 5
/** Each half is looked at in so many parts. */
const PARTS = 5
const LEAST_BATCHES = 4 * PARTS
/** Student's t of two times five parts (8 degrees of freedom) at 95 %, one-sided. */
const DEVIATE = 1.86
/** Smaller changes do not count. */
const TOLERANCE: Share = 0.15
/**
 * Smaller changes of the mean latency do not count either: an API that responds in 0.3 ms changes by 15 % with other
 * activity of the machine.
 */
const LEAST_CHANGE: Milliseconds = 0.2

/**
 * Whether a load has become steady: whether its last half, by time, was. That half is halved again, and both the mean
 * latency and the rate of iterations must differ between the two by less than 15 % (the latency, or by less than 0.2
 * ms), with 95 % confidence: what is merely not known to have changed is not steady yet. So noise makes the warm-up
 * longer, not shorter.
 *
 * (Equivalence by two one-sided tests: Schuirmann, A Comparison of the Two One-Sided Tests Procedure and the Power
 * Approach, 1987. The error of each half comes from the means of five batches in it, because iterations that follow one
 * another are not independent: Law, Simulation Modeling and Analysis, 9.5.3. That only the last half counts is the rule
 * of those who truncate series of growing length: Hoad, Robinson and Davies, Automating Warm-up Length Estimation,
 * 2010.)
 */
export class Steadiness {
  readonly #batches: Batch[] = []
  #open: Batch | undefined

  /** Stretches follow one another; those with too few iterations are joined. */
  add(stretch: Batch): void {
    const open = this.#open ?? { ...stretch, count: 0, sum: 0 }
    open.to = stretch.to
    open.count += stretch.count
    open.sum += stretch.sum
    this.#open = open
    if (open.count < LEAST_IN_BATCH || open.to <= open.from) return
    this.#open = undefined
    this.#batches.push(open)
  }

  get isSteady(): boolean {
    const halves = this.#halves()
    return halves !== undefined && isSame(halves, latencyOf, LEAST_CHANGE) && isSame(halves, rateOf)
  }

  /** How the last half of the time compares with itself; undefined when too few iterations ended to tell. */
  drift(): Drift | undefined {
    const halves = this.#halves()
    if (halves === undefined) return undefined
    const [before, after] = halves
    const latency = { from: latencyOf(before), to: latencyOf(after) }
    const rate = { from: rateOf(before), to: rateOf(after) }
    const over = after.at(-1)!.to - before[0]!.from
    return { over, latency, rate, change: Math.max(changeOf(latency, LEAST_CHANGE), changeOf(rate)) }
  }

  /**
   * How it all went on, its first half against the second, with 95 % confidence. Undefined when too few iterations
   * ended to tell.
   */
  course(): Course | undefined {
    const halves = this.#halves(0)
    if (halves === undefined) return undefined
    const batches = [...halves[0], ...halves[1]]
    const begin = batches.slice(0, Math.max(1, Math.floor(batches.length * BEGINNING)))
    const [latency, rate] = [changeIn(halves, latencyOf), changeIn(halves, rateOf)]
    return {
      latency: reachOf(latency, latencyOf(batches)),
      tail: reachOf(latency, latencyOf(begin)),
      rate: reachOf(rate, rateOf(batches)),
      from: latency.from,
      to: latency.to,
      ended: rateOf(batches),
      hasChanged: hasChanged(latency, LEAST_CHANGE) || hasChanged(rate),
    }
  }

  /** Mean latency when a queue had no time to grow yet. */
  get begin(): Milliseconds | undefined {
    return this.#batches[0] && latencyOf(this.#batches.slice(0, 1))
  }

  /** Halves of the time from a share of it on. */
  #halves(since: Share = 1 / 2): Halves | undefined {
    if (this.#batches.length < LEAST_BATCHES) return undefined
    const [begin, end] = [this.#batches[0]!.from, this.#batches.at(-1)!.to]
    const at = (share: Share) => this.#batches.findIndex(({ to }) => to > begin + (end - begin) * share)
    const [first, second] = [at(since), at((1 + since) / 2)]
    const halves: Halves = [this.#batches.slice(first, second), this.#batches.slice(second)]
    return halves.every(({ length }) => length >= PARTS) ? halves : undefined
  }
}

/** Says `mean latency 12.1 ms, then 12.4 ms, and 980/s, then 975/s, in the halves of its last 4 s`. */
export function describeDrift({ over, latency, rate }: Drift): string {
  return (
    `mean latency ${formatMs(latency.from)}, then ${formatMs(latency.to)}, and ${formatRate(rate.from)}, then ` +
    `${formatRate(rate.to)}, in the halves of its last ${formatMs(over)}`
  )
}

/** Whether what was seen says no more than that too little was. */
export const isShort = (drift: Drift | undefined): boolean => drift === undefined || drift.change < TOLERANCE

/** Whether a figure is the same in both halves, within the tolerance or the least change, and for certain. */
function isSame([before, after]: Halves, figure: Figure, least = 0): boolean {
  const [from, to] = [figure(before), figure(after)]
  const errors = [relativeError(before, figure), relativeError(after, figure)] as const
  if (Math.abs(Math.log(to / from)) + DEVIATE * Math.hypot(...errors) < Math.log1p(TOLERANCE)) return true
  return Math.abs(to - from) + DEVIATE * Math.hypot(from * errors[0], to * errors[1]) < least
}

/** High percentiles of a load that becomes faster are those of so much of its time. */
const BEGINNING: Share = 1 / 8

type Change = ReturnType<typeof changeIn>

/** How a figure was in two halves, and by how much the logarithm of its change may be wrong. */
function changeIn(halves: Halves, figure: Figure) {
  const [from, to] = [figure(halves[0]), figure(halves[1])]
  const errors = halves.map(half => relativeError(half, figure, scatterBesideTrend))
  return { from, to, error: DEVIATE * Math.hypot(...errors) }
}

/**
 * A figure that changes more and more slowly, by two thirds as much in as long again, has no more to go than twice as
 * far.
 */
const ON = 2

/**
 * Range of a figure after the change: its value in the second half, and from there twice the change between the halves.
 */
function reachOf({ from, to, error }: Change, was: number): Reach {
  const [on, gone] = [ON * Math.log(to / from), Math.log(to / was)]
  const beyond = (way: number, so: number) => Math.expm1(Math.hypot(error, Math.max(0, way)) + Math.max(0, so))
  return { below: beyond(-on, -gone), above: beyond(on, gone) }
}

/** A measured window is longer than the tested part of a warm-up, and shows smaller changes with certainty. */
const CHANGED: Share = 0.05

function hasChanged({ from, to, error }: Change, least = 0): boolean {
  return Math.abs(Math.log(to / from)) - error > Math.log1p(CHANGED) && Math.abs(to - from) >= least
}

/** The standard error of a figure as a share of it, from the parts of the batches. */
function relativeError(batches: readonly Batch[], figure: Figure, varianceOf = scatter): Share {
  const parts = partsOf(batches, figure)
  const mean = parts.reduce((sum, x) => sum + x, 0) / PARTS
  return mean > 0 ? Math.sqrt(varianceOf(parts, mean) / PARTS) / mean : 0
}

const scatter = (parts: readonly number[], mean: number): number =>
  parts.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (PARTS - 1)

/**
 * Variance without a trend, in which neighbouring parts are alike (von Neumann, Distribution of the Ratio of the Mean
 * Square Successive Difference, 1941).
 */
const scatterBesideTrend = (parts: readonly number[]): number =>
  parts.slice(1).reduce((sum, x, i) => sum + (x - parts[i]!) ** 2, 0) / (2 * (PARTS - 1))

function partsOf(batches: readonly Batch[], figure: Figure): number[] {
  const bound = (part: number) => Math.round((part * batches.length) / PARTS)
  return Array.from({ length: PARTS }, (_, i) => figure(batches.slice(bound(i), bound(i + 1))))
}

/** Share by which the larger is above the smaller; nothing, where the difference is less than `least`. */
function changeOf({ from, to }: { from: number; to: number }, least = 0): Share {
  const [low, high] = [Math.min(from, to), Math.max(from, to)]
  if (high - low < least) return 0
  return low > 0 ? high / low - 1 : high
}

const latencyOf: Figure = batches => batches.reduce((total, { sum }) => total + sum, 0) / countOf(batches)

function rateOf(batches: readonly Batch[]): PerSecond {
  return (countOf(batches) * 1_000) / batches.reduce((total, { from, to }) => total + to - from, 0)
}

const countOf = (batches: readonly Batch[]): number => batches.reduce((total, { count }) => total + count, 0)

/** How often it is looked. */
const LOOK: Milliseconds = 100

type Cut = NonNullable<LoadReport['warmUpCut']>

/**
 * The one place where it is decided that the warm-up of a run is over, from what all threads have counted.
 *
 * @param start clock reading at which the plan begins.
 * @param onCut called once, when it is known where the warm-up ends for all threads: that may be `lead` later.
 * @param lead time in which the word of it comes to all threads.
 */
export function watchWarmUp(
  plan: LoadPlan,
  shared: SharedWarmUp,
  clock: Clock,
  start: Milliseconds,
  onCut: (cut: Cut) => void,
  lead: Milliseconds = 0,
) {
  let steadiness = new Steadiness()
  /** Mean latency at the start of the warm-up. */
  let begin: Milliseconds | undefined
  /** End of the measured window, after its start. */
  let until: Milliseconds | undefined
  let at = plan.rampUp
  let before = { count: 0, sum: 0 }

  const lookFrom = (now: Milliseconds, reading = shared.read()) => {
    at = now
    before = reading
    callOff = clock.after(LOOK, look)
  }
  /** The following figures show whether it was steady, and how far from it. */
  const goOn = (end: Milliseconds, isSteady: boolean) => {
    onCut(cutAt(end, isSteady, plan, steadiness.drift()))
    until = end + plan.duration
    begin = steadiness.begin
    steadiness = new Steadiness()
    lookFrom(clock.now() - start)
  }
  const look = () => {
    const now = clock.now() - start
    if (until === undefined) {
      // Threads on other hosts move a horizon of their own.
      if (now >= shared.ceiling) shared.look(now)
      if (shared.end !== undefined) return goOn(shared.end, false)
    } else if (now > until) return
    const reading = shared.read()
    steadiness.add({ from: at, to: now, count: reading.count - before.count, sum: reading.sum - before.sum })
    const isOver = until === undefined && now >= plan.rampUp + (plan.steady?.atLeast ?? 0)
    if (isOver && steadiness.isSteady) return goOn(shared.settle(now + lead), true)
    lookFrom(now, reading)
  }
  let callOff = clock.after(start + plan.rampUp - clock.now(), () => lookFrom(clock.now() - start))
  return {
    /** Decides no more: the run is being ended. */
    stop: () => callOff(),
    /** How the load went on in the measured window; undefined where that is not known, or was to change. */
    course(): Course | undefined {
      const course = until === undefined || !isLevel(plan) ? undefined : steadiness.course()
      return course && { ...course, begin }
    },
  }
}

function cutAt(at: Milliseconds, steady: boolean, { rampUp }: LoadPlan, drift: Drift | undefined): Cut {
  const waited = formatMs(at - rampUp)
  const found = steady
    ? `steady after ${waited}`
    : isShort(drift)
      ? `too few iterations ended in ${waited} to be sure`
      : `not steady in ${waited}`
  const because = drift === undefined ? found : `${found}: ${describeDrift(drift)}`
  return { at, steady, because, drift }
}
