import { samplesNeeded } from '../../budget/limits.ts'
import { given } from '../../ground/given.ts'
import { formatMs, type Milliseconds, type PerSecond, type Share } from '../../ground/units.ts'
import type { Clock } from '../../measure/clock.ts'
import type { CapacityProbe } from '../../measure/report.ts'
import { type CapacityPlan, MOST_PROBES } from '../plan/capacity.ts'
import { type Assessment, assess } from './assess.ts'
import type { ProbeBooks, ProbeCounts } from './books.ts'
import { type Hearing, SHARED_MEMORY } from './hearing.ts'
import type { SharedSchedule } from './schedule.ts'
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

/** What else goes on on the machine that the application runs on. Times are readings of the governor's clock. */
export interface Neighbours {
  /** Who had the CPU that the application, or the generator, waited for; undefined when nobody had. */
  disturbedBy(from: Milliseconds, to: Milliseconds): string | undefined
  /** Whether they leave it alone at the moment. */
  isQuiet(): boolean
}

type TimedPlan = CapacityPlan & { warmUp: Milliseconds; duration: Milliseconds }

export interface CapacityGovernorOptions {
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
  hearing?: Hearing
  /** Where the measured window will begin, told before it does. */
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
  isTailAdded: boolean
}

interface RunningProbe extends NewProbe {
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
  readonly #hearing: Hearing
  #probe: RunningProbe | undefined
  #begun = 0
  #requestsPerRun: number
  #callOff = () => {}
  #done: Share = 0

  constructor(options: CapacityGovernorOptions) {
    this.#options = options
    const { plan, schedule, marks } = options
    const { from, to, within, hold } = plan
    this.#hearing = options.hearing ?? SHARED_MEMORY
    this.#search = new CapacitySearch({ from, to, within, hold, marks })
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
    const assessment = assess(this.#options.plan, counts, { elapsed, hold: probe.hold, isOver: true })
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
    this.#open({ number, rate, start, hold: this.#holdOf(rate), look, isMeasured: false, isTailAdded: false }, settle)
  }

  /** Begins a probe at its rate, whose arrivals count when what came before has settled. */
  #open(probe: NewProbe, settle: Milliseconds): void {
    const { number, rate, start } = probe
    this.#probe = { ...probe, responses: 0, respondedAt: start, quiet: 0, lookedAt: start, late: 0 }
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
    this.#open({ number, rate, start, hold: plan.duration, isMeasured: true, isTailAdded: true }, settle)
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
    const assessment = elapsed < 0 ? undefined : assess(plan, counts, { elapsed, hold, isOver, look, quiet })
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
    this.probes.push(
      given({
        at: start,
        length,
        rate,
        achieved,
        iterations: counts.ended,
        latency,
        errorRate,
        held,
        isShort,
        ranAway,
        limitedBy,
        because,
        disturbedBy,
        isMeasured: isMeasured || undefined,
      }),
    )
    this.#search.add({ at: start, rate, achieved, held, isShort, ranAway, disturbedBy })
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

  /** What has piled up is not the next rate's fault, nor is what others do. */
  #rest(since: Milliseconds, isDisturbed: boolean): void {
    const { plan, pending, neighbours } = this.#options
    const { lead } = this.#hearing
    this.#add(since + lead, 0)
    const look = () => {
      const now = this.#now()
      const waited = this.#hearing.knownTo(now) - since
      // What is due before the rest begins is still in hand.
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
    schedule.add(given({ start: Math.max(start, last), rate, probe }))
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
