import { holds } from '../../budget/standing.ts'
import { formatCount, formatMs, formatShare, type Milliseconds, type Share } from '../../ground/units.ts'
import { isExplainedByWaits } from '../../measure/cpu-wait.ts'
import { errorRateOf } from '../../measure/error-rate.ts'
import type { CapacityLimit } from '../../measure/report.ts'
import { percentileOfBuckets } from '../counts/intervals.ts'
import type { CapacityPlan } from '../plan/capacity.ts'
import { lateFrom, type ProbeCounts } from './books.ts'

/** Where a probe stands. */
export interface ProbeTime {
  /** Time since its arrivals began to count. */
  elapsed: Milliseconds
  /** How long they count. */
  hold: Milliseconds
  /** No response is waited for any more. */
  isOver: boolean
  /** The longest stretch in which no response came. */
  quiet?: Milliseconds
  /** Time after which it is enough that all looks well. */
  look?: Milliseconds
}

export interface Assessment {
  held: boolean
  /** What it was missed by. */
  limitedBy?: CapacityLimit
  /**
   * Requests piled up while others got responses: those in hand would take longer than allowed even if no more came.
   */
  ranAway: boolean
  /** The figure that is judged, as far as it is known. */
  latency: Milliseconds
  errorRate: Share
  because: string
}

/** Fewer iterations than these say nothing. */
const FEWEST = 10
/** What is within this share of a bound is far from it. */
const FAR: Share = 0.5
/**
 * A server that responds to nothing for so long, and for so many times what lies between two responses on average,
 * stands still.
 */
const QUIET: Milliseconds = 100
const GAPS = 10
/** Above this share of the time responses wait for the generator. */
const BUSY: Share = 0.9
/** More late starts than this are not an accident. */
const LATE: Share = 0.01
/**
 * From this share of its time on, and no sooner than this, it is told from how requests pile up where a mean will get
 * to: to so many times what is allowed.
 */
const TOLD_SHARE: Share = 0.2
const TOLD: Milliseconds = 1_000
const SURELY = 1.5
/** Standard deviations by which Poisson arrivals may be fewer than on average. */
const DEVIATIONS = 3

type Judged = Pick<CapacityPlan, 'latency' | 'errorRate'>

/**
 * What becomes of a probe; undefined while that is open. It is missed as soon as no response still to come can mend it:
 * more iterations took too long, failed, or were never begun, than of all that will be due in its time are allowed to.
 */
export function assess(plan: Judged, counts: ProbeCounts, time: ProbeTime): Assessment | undefined {
  return new Assessor(plan, counts, time).assess()
}

class Assessor {
  readonly #plan: Judged
  readonly #counts: ProbeCounts
  readonly #time: ProbeTime
  /** Iterations that will have been due at the end of the probe. */
  readonly #all: number
  /** Iterations that are due, begun or not, and have not ended. */
  readonly #pending: number
  /** Nothing will change any more. */
  readonly #isComplete: boolean

  constructor(plan: Judged, counts: ProbeCounts, time: ProbeTime) {
    const { due, dropped, ended } = counts
    const { elapsed, hold, isOver } = time
    this.#plan = plan
    this.#counts = counts
    this.#time = time
    this.#all = elapsed >= hold ? due : (due * hold) / Math.max(1, elapsed)
    this.#pending = due - dropped - ended
    this.#isComplete = elapsed >= hold && (isOver || this.#pending === 0)
  }

  assess(): Assessment | undefined {
    const { ended, failed } = this.#counts
    const { errorRate, latency } = this.#plan
    const errors = `${formatShare(this.#errorRate)} of ${formatCount(ended + this.#overdue)} iterations failed`
    if (failed > errorRate * (this.#isComplete ? ended : this.#all))
      return this.#missed('errorRate', errors, this.#latency())
    const isSlow = this.#isComplete ? !this.#isKept(this.#all) : this.#isTooSlowAnyway
    if (isSlow) {
      const value = Math.max(this.#latency(), latency.bound)
      const found = `${this.#name} ${formatMs(value)} is over ${formatMs(latency.bound)}`
      const own = this.#generator(value)
      if (own === undefined) return this.#missed('latency', found, value)
      // A generator that waits for a core makes latencies longer: that may yet turn out to be nothing beside them.
      if (!this.#isComplete && this.#counts.waited > 0) return undefined
      return this.#missed('generator', `${found}, but ${own}`, value)
    }
    if (this.#isComplete && this.#errorRate > errorRate)
      return this.#missed(
        'errorRate',
        `${formatCount(this.#overdue)} of ${formatCount(ended + this.#overdue)} iterations had no response`,
        this.#latency(),
      )
    return this.#isComplete || this.#looksWell ? this.#held() : undefined
  }

  #held(): Assessment {
    const latency = Math.min(this.#latency(), this.#plan.latency.bound)
    const because = `${this.#name} ${formatMs(latency)}, errors ${formatShare(this.#errorRate)}`
    return { held: true, ranAway: false, latency, errorRate: this.#errorRate, because }
  }

  #missed(limitedBy: CapacityLimit, found: string, latency: Milliseconds): Assessment {
    const { elapsed, hold, quiet = 0 } = this.#time
    const stood = this.#stoodStill ? ` after no response came for ${formatMs(quiet)}` : ''
    const because = `${found}${stood}${elapsed < hold ? ` (given up after ${formatMs(elapsed)})` : ''}`
    const ranAway = this.#isPilingUp && !this.#stoodStill
    return { held: false, limitedBy, ranAway, latency, errorRate: this.#errorRate, because }
  }

  /**
   * Is so far from its bounds that the next rate may be tried: a rate that is near to them has to hold for its whole
   * time.
   */
  get #looksWell(): boolean {
    const { look, elapsed } = this.#time
    const { due, ended, dropped, failed } = this.#counts
    const { errorRate, latency } = this.#plan
    if (look === undefined || elapsed < look || ended < FEWEST || dropped > 0 || this.#isPilingUp) return false
    return failed <= errorRate * ended * FAR && this.#isKept(due) && this.#latency() <= latency.bound * FAR
  }

  /** Whether so many iterations keep to the bound as far as they are known. */
  #isKept(all: number): boolean {
    const { latency } = this.#plan
    if (latency.metric !== 'mean') return all > 0 && this.#tooSlow <= this.#allowed(all)
    return all > 0 && holds(this.#leastSum / all, latency)
  }

  /** Whatever is still to come. */
  get #isTooSlowAnyway(): boolean {
    const { latency } = this.#plan
    if (latency.metric !== 'mean') return this.#tooSlow > this.#allowed(this.#all)
    return this.#leastSum > latency.bound * this.#all || this.#willBeTooSlow
  }

  /**
   * A mean that would be far over its bound if requests went on to pile up as they have: those in hand wait, until the
   * last of them has its response.
   */
  get #willBeTooSlow(): boolean {
    const { elapsed, hold } = this.#time
    const { sum, ended } = this.#counts
    if (elapsed < Math.max(TOLD, TOLD_SHARE * hold) || !this.#isPilingUp || this.#stoodStill) return false
    const atEnd = (this.#pending * Math.max(elapsed, hold)) / elapsed
    const toCome = ((this.#pending + atEnd) / 2) * Math.max(0, hold - elapsed)
    const afterwards = (atEnd ** 2 * elapsed) / (2 * Math.max(1, ended))
    return sum + toCome + afterwards > SURELY * this.#plan.latency.bound * this.#all
  }

  /** How many of so many iterations may take longer. */
  #allowed(all: number): number {
    const { quantile = 1 } = this.#plan.latency
    return Number(((1 - quantile) * all).toPrecision(12))
  }

  /**
   * Iterations that took too long: those that ended, those dropped, and at least so many that have not ended although
   * it is time.
   */
  get #tooSlow(): number {
    const { due, dropped, ended, over } = this.#counts
    if (this.#isComplete) return over + dropped + this.#pending
    const { elapsed, hold } = this.#time
    const share = Math.min(1, Math.max(0, elapsed - this.#plan.latency.bound) / Math.min(elapsed, hold))
    const overdue = due * share - DEVIATIONS * Math.sqrt(due) - (ended - over)
    return Math.max(over + dropped, overdue)
  }

  /** Least sum of response times: those that have not ended have waited since the end of the probe. */
  get #leastSum(): Milliseconds {
    const { sum, dropped } = this.#counts
    const { elapsed, hold } = this.#time
    return sum + (dropped + this.#pending) * Math.max(0, elapsed - hold)
  }

  /** More are in hand than come in the time that each may take (Little's law). */
  get #isPilingUp(): boolean {
    const { elapsed, hold } = this.#time
    const inTime = (this.#counts.due / Math.max(1, Math.min(elapsed, hold))) * this.#plan.latency.bound
    return this.#pending > Math.max(FEWEST, inTime)
  }

  /** No response came for a while, which is not a matter of the rate. */
  get #stoodStill(): boolean {
    const { elapsed, quiet = 0 } = this.#time
    const gap = elapsed / Math.max(1, this.#counts.requests)
    return quiet > Math.max(QUIET, GAPS * gap)
  }

  get #errorRate(): Share {
    const { ended, failed } = this.#counts
    return errorRateOf({ passed: ended - failed, failed: failed + this.#overdue }) ?? 0
  }

  /** Iterations without a response at the end of the wait for one: they have failed. */
  get #overdue(): number {
    return this.#isComplete ? this.#pending : 0
  }

  /** `p99`. */
  get #name(): string {
    return this.#plan.latency.key
  }

  /** Latency, from buckets that are 4 % wide; what has not ended counts among the slowest. */
  #latency(): Milliseconds {
    const { metric, quantile = 1 } = this.#plan.latency
    const { ended, sum, buckets, dropped } = this.#counts
    if (ended === 0) return 0
    if (metric === 'mean') return sum / ended
    const rank = (quantile * (ended + dropped + this.#pending)) / ended
    return percentileOfBuckets(buckets(), ended, Math.min(1, rank))
  }

  /** What the generator has to do with a latency that was missed; undefined when it is not the reason. */
  #generator(value: Milliseconds): string | undefined {
    const { started, over, slow, late, due, dropped, busy, waited, longestWait } = this.#counts
    const { bound } = this.#plan.latency
    if (busy > BUSY) return `a load thread was busy ${formatShare(busy)} of the time`
    if (waited > 0 && isExplainedByWaits(value - bound, longestWait))
      return (
        `a load thread had no core for ${formatShare(waited)} of the time, up to ${formatMs(longestWait)} of a ` +
        'second'
      )
    // What took too long only from when it was due had waited before it began.
    const waiting = due - dropped - started
    const isServed = over > 0 ? slow * 2 >= over : (waiting + dropped) * 2 <= this.#pending + dropped
    if (isServed || (over === 0 && this.#stoodStill)) return undefined
    if (late > started * LATE)
      return (
        `${formatShare(late / started)} of iterations started more than ${formatMs(lateFrom(bound))} late although ` +
        'a virtual user was free'
      )
    return due > started ? 'iterations waited for a virtual user, and all were busy (maxVus)' : undefined
  }
}
