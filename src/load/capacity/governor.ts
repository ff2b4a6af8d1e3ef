import { samplesNeeded } from '../../budget/limits.ts'
import { holds } from '../../budget/standing.ts'
import {
  formatCount,
  formatMs,
  formatShare,
  type Milliseconds,
  type PerSecond,
  type Share,
} from '../../ground/units.ts'
import type { Clock } from '../../measure/clock.ts'
import { isExplainedByWaits } from '../../measure/cpu-wait.ts'
import { errorRateOf } from '../../measure/error-rate.ts'
import type { CapacityLimit, CapacityProbe } from '../../measure/report.ts'
import { percentileOfBuckets } from '../counts/intervals.ts'
import { type CapacityPlan, MOST_PROBES } from '../plan/load-plan.ts'
import { lateFrom, type ProbeBooks, type SharedSchedule } from './books.ts'
import { CapacitySearch } from './search.ts'

/** Time for which a new rate runs before it counts. */
const SETTLE: Milliseconds = 500
/** How often it is looked how a probe does. */
const LOOK: Milliseconds = 50
/** A look is this share of the time that a rate has to hold, and at least so long. */
const LOOK_SHARE: Share = 0.2
const SHORTEST_LOOK: Milliseconds = 1_000
/** A probe with few iterations goes on for so many times its length at most. */
const LONGEST_HOLD = 4
/** How long responses are waited for after a probe: the allowed latency, or for a mean several of them. */
const MEANS = 4
/** Time that the server gets, after a rate that was held or missed in full, to do what piled up. */
const LONGEST_REST: Milliseconds = 10_000
/** How long it is waited, in times that a rate has to hold, for others to give the CPU back. */
const PATIENCE = 2
/**
 * A pause of the generator of less than this share of the allowed latency has not made the difference, nor has one
 * shorter than a look.
 */
const PAUSE_SHARE: Share = 0.5
const SECOND: Milliseconds = 1_000

/** Other load on the application's machine. Times are readings of the governor's clock. */
interface Neighbours {
  /** Programs that used the CPU that the application or the generator waited for; undefined if there were none. */
  disturbedBy(from: Milliseconds, to: Milliseconds): string | undefined
  /** Whether they leave it alone at the moment. */
  isQuiet(): boolean
}

type TimedPlan = CapacityPlan & { warmUp: Milliseconds; duration: Milliseconds }

interface CapacityGovernorOptions {
  plan: TimedPlan
  schedule: SharedSchedule
  books: ProbeBooks
  clock: Clock
  /** Clock reading at which the plan begins. */
  start: Milliseconds
  /** A first guess of the requests an iteration makes. */
  requestsPerRun: number
  /** Iterations that are due and have not ended, of all threads. */
  pending: () => number
  /** Rates of budgets, which are tried when they lie between. */
  marks?: readonly PerSecond[]
  /** Absent where nothing is known of them. */
  neighbours?: Neighbours
  /** Default: threads of this process. */
  hearing?: ProbeEvidence
  /** Called with the start of the measured window before it begins. */
  onWindow?: (from: Milliseconds) => void
}

/** A probe that has yet to begin. */
interface NewProbe {
  number: number
  rate: PerSecond
  start: Milliseconds
  hold: Milliseconds
  look?: Milliseconds
  isMeasured: boolean
}

interface RunningProbe extends NewProbe {
  isTailAdded: boolean
  /** Requests with a response so far, when that was seen to grow last, and the longest stretch in which it did not. */
  responses: number
  respondedAt: Milliseconds
  quiet: Milliseconds
  /** When it was looked at last, and by how much a look came late at the most. */
  lookedAt: Milliseconds
  late: Milliseconds
}

/**
 * The one place where a search is steered: it adds rates to the schedule that all threads pace by, looks into their
 * common books how these do, and ends with a measured window at the highest rate that held.
 */
export class CapacityGovernor {
  readonly probes: CapacityProbe[] = []
  readonly #options: CapacityGovernorOptions
  readonly #search: CapacitySearch
  readonly #hearing: ProbeEvidence
  #probe: RunningProbe | undefined
  #begun = 0
  #requestsPerRun: number
  #callOff = () => {}
  #done: Share = 0

  constructor(options: CapacityGovernorOptions) {
    this.#options = options
    const { plan, schedule, marks } = options
    const { from, to, hold } = plan
    this.#hearing = options.hearing ?? SHARED_MEMORY
    this.#search = new CapacitySearch({ from, to, hold, marks })
    this.#requestsPerRun = options.requestsPerRun
    schedule.add({ start: 0, rate: plan.warmUp > 0 ? plan.from : 0 })
    this.#at(plan.warmUp, () => this.#next())
  }

  stop(): void {
    this.#callOff()
  }

  /** The threads have ended: what the measured window was is known, unless it was cut short. */
  finish(): void {
    this.stop()
    const probe = this.#probe
    const now = this.#now()
    if (probe?.isMeasured !== true || now < probe.start + probe.hold) return
    const counts = this.#options.books.read(probe.number)
    const elapsed = now - probe.start
    const assessment = new Assessor(this.#options.plan, counts, { elapsed, hold: probe.hold, isOver: true }).assess()
    if (assessment !== undefined) this.#end(probe, assessment, counts, now)
  }

  /** The rate that is tried at the moment, and which probe that is, from 1. */
  get current(): { rate: PerSecond; number: number } | undefined {
    return this.#probe && { rate: this.#probe.rate, number: this.#probe.number + 1 }
  }

  /** Share of the run that lies behind, roughly. */
  get done(): Share {
    this.#done = Math.max(this.#done, this.#search.done)
    return this.#done
  }

  /* ---- from probe to probe ---- */

  #next(): void {
    const { plan } = this.#options
    const next = this.#search.next()
    const isOutOfTime = this.#now() + SETTLE + plan.hold > plan.limit || this.#begun >= MOST_PROBES - 1
    if (next === undefined || isOutOfTime) this.#measure()
    else this.#begin(next.rate, next.isShort)
  }

  #begin(rate: PerSecond, isShort: boolean): void {
    const { plan } = this.#options
    const settle = this.#now() + this.#hearing.lead
    const start = settle + SETTLE
    const number = this.#begun++
    const look = isShort ? Math.max(SHORTEST_LOOK, LOOK_SHARE * plan.hold) : undefined
    this.#open({ number, rate, start, hold: this.#holdOf(rate), look, isMeasured: false }, settle)
  }

  /** Begins a probe at its rate, whose arrivals count when what came before has settled. */
  #open(probe: NewProbe, settle: Milliseconds): void {
    const { number, rate, start, isMeasured } = probe
    const seen = { responses: 0, respondedAt: start, quiet: 0, lookedAt: start, late: 0 }
    this.#probe = { ...probe, ...seen, isTailAdded: isMeasured }
    this.#add(settle, rate)
    this.#add(start, rate, number)
    this.#at(start, this.#look)
  }

  /**
   * Time for which a rate is held: as long as asked, or as a percentile needs to be one; a rate that is too low for
   * that gets some times its length.
   */
  #holdOf(rate: PerSecond): Milliseconds {
    const { hold, latency } = this.#options.plan
    if (latency.quantile === undefined) return hold
    const needed = (samplesNeeded(latency.quantile) * this.#requestsPerRun * SECOND) / rate
    return Math.min(LONGEST_HOLD * hold, Math.max(hold, needed))
  }

  /**
   * The rate that was found once more, as the run's measured window: on a whole second, which is where intervals begin.
   */
  #measure(): void {
    const { schedule, plan, onWindow } = this.#options
    const rate = this.#search.bracket.held?.rate
    if (rate === undefined) return schedule.end()
    const settle = this.#now() + this.#hearing.lead
    const seconds = Math.ceil((settle + SETTLE - plan.warmUp) / SECOND)
    const start = plan.warmUp + seconds * SECOND
    const number = this.#begun++
    schedule.measure(start)
    onWindow?.(start)
    this.#open({ number, rate, start, hold: plan.duration, isMeasured: true }, settle)
    this.#add(start + plan.duration, 0)
  }

  /* ---- within a probe ---- */

  readonly #look = () => {
    const { plan, books } = this.#options
    const probe = this.#probe!
    const { start, hold, look, number, isMeasured } = probe
    const now = this.#now()
    // Responses that are not known yet may have come since.
    const known = this.#hearing.knownTo(now)
    const elapsed = known - start
    const { bound, metric } = plan.latency
    const isOver = elapsed >= hold + (metric === 'mean' ? MEANS : 1) * bound + LOOK
    const counts = books.read(number)
    const quiet = quietOf(probe, counts.requests, known) - this.#hearing.delay
    probe.late = Math.max(probe.late, now - probe.lookedAt - LOOK)
    probe.lookedAt = now
    const time = { elapsed, hold, isOver, look, quiet }
    const assessment = elapsed < 0 ? undefined : new Assessor(plan, counts, time).assess()
    // Threads may get to the last arrivals of the measured window a little after these were due.
    if (assessment !== undefined && (!isMeasured || elapsed >= hold + LOOK)) this.#end(probe, assessment, counts, known)
    else {
      this.#addTail(probe, now)
      this.#at(now + LOOK, this.#look)
    }
  }

  /** While the last responses are waited for, the rate goes on: they are not to come easier than those before them. */
  #addTail(probe: RunningProbe, now: Milliseconds): void {
    const { start, hold, rate } = probe
    const { lead } = this.#hearing
    if (probe.isTailAdded || start + hold > now + LOOK + lead) return
    probe.isTailAdded = true
    this.#add(Math.max(start + hold, now + lead), rate)
  }

  /** @param known until when the counts are known. */
  #end(probe: RunningProbe, assessment: Assessment, counts: ProbeCounts, known: Milliseconds): void {
    const { rate, start, hold, isMeasured } = probe
    const { held, ranAway, latency, errorRate } = assessment
    const now = this.#now()
    const disturbedBy = held ? undefined : this.#disturbedBy(probe, now)
    const limitedBy = disturbedBy === undefined ? assessment.limitedBy : 'machine'
    const because = disturbedBy === undefined ? assessment.because : `${assessment.because}, but ${disturbedBy}`
    const length = Math.min(hold, known - start)
    const isShort = held && length < hold
    const perSecond = (count: number) => (length > 0 ? (count * SECOND) / length : 0)
    const achieved = perSecond(counts.requests)
    if (counts.ended > 0 && counts.requests > 0) this.#requestsPerRun = Math.max(1, counts.requests / counts.ended)
    const tried: CapacityProbe = {
      ...{ at: start, length, rate, achieved, iterations: counts.ended, latency, errorRate, held, isShort, ranAway },
      ...{ limitedBy, because, disturbedBy, isMeasured: isMeasured || undefined },
    }
    this.probes.push(tried)
    this.#search.add(tried)
    this.#probe = undefined
    if (isMeasured) this.#options.schedule.end()
    else if (isShort) this.#next()
    else this.#rest(now, disturbedBy !== undefined)
  }

  /** Others than the application, by whom a rate may have been missed. Errors are its own. */
  #disturbedBy({ start, late }: RunningProbe, now: Milliseconds): string | undefined {
    const { plan, neighbours, start: began } = this.#options
    if (late > Math.max(LOOK, PAUSE_SHARE * plan.latency.bound))
      return `the load generator stood still for ${formatMs(late)}`
    const heard = this.#hearing.lateSince(start - SETTLE)
    if (heard !== undefined) return heard
    return neighbours?.disturbedBy(began + start, began + now)
  }

  /** A backlog, or a disturbance by others, must not affect the next rate. */
  #rest(since: Milliseconds, isDisturbed: boolean): void {
    const { plan, pending, neighbours } = this.#options
    const { lead } = this.#hearing
    this.#add(since + lead, 0)
    const look = () => {
      const now = this.#now()
      const waited = this.#hearing.knownTo(now) - since
      // Arrivals before the rest are still in progress.
      if (waited < lead) return this.#at(now + LOOK, look)
      const isDone = waited >= LONGEST_REST || pending() === 0
      const isQuiet = !isDisturbed || waited >= PATIENCE * plan.hold || neighbours?.isQuiet() !== false
      if (isDone && isQuiet) this.#next()
      else this.#at(now + LOOK, look)
    }
    this.#at(since + lead + LOOK, look)
  }

  /* ---- time ---- */

  /** Adds a stretch, not before what has been added already. */
  #add(start: Milliseconds, rate: PerSecond, probe?: number): void {
    const { schedule } = this.#options
    const last = schedule.startOf(schedule.length - 1)
    schedule.add({ start: Math.max(start, last), rate, probe })
  }

  #now(): Milliseconds {
    const { clock, start } = this.#options
    return clock.now() - start
  }

  #at(time: Milliseconds, callback: () => void): void {
    this.#callOff = this.#options.clock.after(time - this.#now(), callback)
  }
}

function quietOf(probe: RunningProbe, responses: number, now: Milliseconds): Milliseconds {
  probe.quiet = Math.max(probe.quiet, now - probe.respondedAt)
  if (responses > probe.responses) {
    probe.responses = responses
    probe.respondedAt = now
  }
  return probe.quiet
}

/** State of a probe. */
interface ProbeTime {
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

interface Assessment {
  held: boolean
  /** Limit that was missed. */
  limitedBy?: CapacityLimit
  /** Requests piled up while others got responses: the current ones would take too long even without new ones. */
  ranAway: boolean
  /** The figure that is judged, as far as it is known. */
  latency: Milliseconds
  errorRate: Share
  because: string
}

/** Fewer iterations than these say nothing. */
const FEWEST = 10
/** Values within this share of a bound are far from it. */
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
 * From this share of its time on, and not before this, the growth of the queue predicts the final mean: up to so many
 * times the bound.
 */
const TOLD_SHARE: Share = 0.2
const TOLD: Milliseconds = 1_000
const SURELY = 1.5
/** Standard deviations by which fewer iterations may have been due early in a probe than on average. */
const DEVIATIONS = 3

type ProbeCounts = ReturnType<ProbeBooks['read']>

type Judged = Pick<CapacityPlan, 'latency' | 'errorRate'>

/**
 * Result of a probe; undefined while it is open. It is missed as soon as no future response can save it: more
 * iterations took too long, failed or never began than the bound allows.
 */
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
      // A generator that waits for a core lengthens latencies. That may turn out to be negligible.
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

  /** Whether it is missed with any future responses. */
  get #isTooSlowAnyway(): boolean {
    const { latency } = this.#plan
    if (latency.metric !== 'mean') return this.#tooSlow > this.#allowed(this.#all)
    return this.#leastSum > latency.bound * this.#all || this.#willBeTooSlow
  }

  /**
   * Predicts a mean far over its bound if the queue keeps growing: current requests wait until the last one has its
   * response.
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

  /** More requests are in progress than arrive in the allowed time of one (Little's law). */
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

  /** Reason in the generator for a missed latency; undefined if the generator is not the reason. */
  #generator(value: Milliseconds): string | undefined {
    const { started, over, slow, late, due, dropped, busy, waited, longestWait } = this.#counts
    const { bound } = this.#plan.latency
    if (busy > BUSY) return `a load thread was busy ${formatShare(busy)} of the time`
    if (waited > 0 && isExplainedByWaits(value - bound, longestWait))
      return (
        `a load thread had no core for ${formatShare(waited)} of the time, up to ${formatMs(longestWait)} of a ` +
        'second'
      )
    // Response times that only count from the due time waited before they began.
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

/** Delay between a search and its threads. Moments are times from the start of the run. */
export interface ProbeEvidence {
  /** Time in which a stretch that is added comes to every thread. */
  readonly lead: Milliseconds
  /** Maximum delay of a thread's counters while all are connected. */
  readonly delay: Milliseconds
  /** Moment until which the books of all threads are known now. */
  knownTo(now: Milliseconds): Milliseconds
  /** Threads that received a stretch from `from` or later only after it had begun, as a clause. */
  lateSince(from: Milliseconds): string | undefined
}

/** Threads that share the memory of the one that steers. */
const SHARED_MEMORY: ProbeEvidence = { lead: 60, delay: 0, knownTo: now => now, lateSince: () => undefined }
