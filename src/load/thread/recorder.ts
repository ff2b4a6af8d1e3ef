// Hot file. Allocated per attempt and iteration: nothing, unless it failed or is among the slowest. Latencies go into
// histograms of a fixed size, counts into shared memory.

import type { Bytes, Milliseconds } from '../../ground/units.ts'
import { LatencyRecorder } from '../../measure/histogram.ts'
import { KEPT } from '../../measure/report/bounds.ts'
import type { Stalls } from '../../measure/report/thread.ts'
import type {
  BodyStatistics,
  ContractStatistics,
  ErrorGroup,
  EventStatistics,
  LatencySummary,
  LoadReport,
  SlowRequest,
  StepStatistics,
} from '../../measure/report.ts'
import type { StallMeter } from '../../measure/stalls.ts'
import type { Contract, FailedAttempt, Observer, SeenAttempt, VirtualUser } from '../../workflow/virtual-user.ts'
import type { ProbeBook } from '../capacity/books.ts'
import { IntervalCounter, type IntervalCounts } from '../counts/intervals.ts'
import { ResponseCounter } from '../counts/response-counts.ts'
import { type Subject, SubjectWatch } from '../counts/watched.ts'
import { MeasuredWindow } from '../pace/model.ts'
import type { LoadPlan } from '../plan/load-plan.ts'
import type { SharedWarmUp } from '../warm-up/shared-warm-up.ts'
import { ErrorGroups } from './error-groups.ts'
import { IterationSampler } from './iteration-samples.ts'
import type { Ledger } from './ledger.ts'

/** An iteration while it runs. `due` is when it should have started: in closed models, when it did. */
interface Iteration {
  due: Milliseconds
  started: Milliseconds
  /** How much of the time between the two is the generator's own. */
  late: Milliseconds
}

/** How an iteration ended. */
type Ending = Pick<VirtualUser, 'state' | 'thought' | 'late' | 'isThinking' | 'isCut' | 'attempts'>

/** Figures of one thread; plain data. */
export interface Recorded {
  responseTime: LatencySummary
  serviceTime: LatencySummary
  lateness: LatencySummary
  /** Figures by number of the step in the plan. */
  steps: StepStatistics[]
  errors: ErrorGroup[]
  /** Slowest requests, up to three of each step. */
  slowest: SlowRequest[]
  /** Requests that passed, up to three of each step. */
  examples: LoadReport['examples']
  /** A typical and the slowest iteration. */
  iterations?: LoadReport['iterations']
  /** Times from the start of the run where the measured window really was. */
  window: { from: Milliseconds; to: Milliseconds }
  /** Moments at which the thread was late, as used by the latencies; absent if unknown. */
  stalls?: Stalls
  /** The first failure of the whole run, for a run in which no response came. */
  firstFailure?: { kind: string; message: string }
}

/** Failures without a sent request or without a server: they have no service time. */
const NOT_SENT = new Set(['request', 'runaway'])
/** Passed requests of a step that are shown as examples, by their number. */
const EXAMPLES = new Set([1, 10, 100])
/** Failures that are a response which was not as it should be. */
const RESPONDED = new Set(['criterion', 'openapi', 'events', 'output'])
const NO_SERVICE = new Set(['refused', ...NOT_SENT])
/** Failures in which the wait was cut: how long the response would have taken is not known. */
const CUT = new Set(['timeout', 'no response', 'aborted'])

/**
 * Figures of one thread:
 *
 * - An iteration belongs to the measured window when it was due in it (open model) or started in it (closed model);
 *   an attempt when its request was sent in it. Their latencies count even when they end after the window, so that a
 *   server which stalls at the end does not lose its slowest samples. So do iterations and attempts of the warm-up that
 *   were cut in the window or behind it.
 * - Throughput counts responses, and which iterations ended, within the window.
 * - An iteration that has no response after the graceful stop has failed (`no response`), and counts with the time it
 *   had waited: a lower bound, where leaving it out would flatter. In a run cut short it is aborted and has no latency;
 *   an iteration whose user was thinking has no latency either.
 * - The time that a user thinks between requests is in no latency: it says nothing about the server.
 *
 * Times are milliseconds from the start of the run; the observer's are clock readings.
 */
export class Recorder implements Observer {
  readonly #responseTime = new LatencyRecorder()
  /** For iterations that are due when they start, it is the response time. */
  readonly #serviceTime: LatencyRecorder | undefined
  readonly #lateness = new LatencyRecorder()
  readonly #steps: readonly StepCounts[]
  readonly #keys: readonly string[]
  readonly #errors = new ErrorGroups()
  readonly #slowest: Slowest
  readonly #examples: LoadReport['examples'] = []
  readonly #sampler: IterationSampler
  readonly #intervals: IntervalCounter
  readonly #watch: SubjectWatch
  readonly #responses: ResponseCounter
  readonly #ledger: Ledger
  #origin: Milliseconds
  readonly window: MeasuredWindow
  readonly stalls: StallMeter | undefined
  readonly #waits: StallMeter['waits']
  /** Plan of the intervals. */
  #plan: LoadPlan
  /** Early end of the window. */
  #endedAt = Number.POSITIVE_INFINITY
  readonly #warmUp: SharedWarmUp | undefined
  readonly #book: ProbeBook | undefined
  readonly #thread: number
  #cut = false
  /** The longest that an iteration took which passed. */
  longest: Milliseconds = 0
  /** The first failure so far that was no response. */
  firstFailure: Recorded['firstFailure']

  /** @param origin clock reading at which the run starts. */
  constructor(options: {
    plan: LoadPlan
    stepKeys: readonly string[]
    ledger: Ledger
    origin: Milliseconds
    onInterval: (counts: IntervalCounts) => void
    /** Subjects of budgets that are looked at meanwhile. */
    subjects?: readonly Subject[]
    /** Warm-up of a plan in which it lasts until the load is steady; shared with the other threads. */
    warmUp?: SharedWarmUp
    /** Its number, from 0. Default 0. */
    thread?: number
    /** Whether each second includes the counters for the case that its host is lost. Default false. */
    tellsBooks?: boolean
    /** Meter of the thread's own delays. Without it there are no delays. */
    stalls?: StallMeter
    /** State of a search for the capacity. */
    search?: { book: ProbeBook; schedule: { readonly windowFrom: Milliseconds } }
  }) {
    this.#watch = new SubjectWatch(options.subjects ?? [], options.stepKeys)
    this.#keys = options.stepKeys
    this.#steps = options.stepKeys.map(() => new StepCounts())
    this.#serviceTime = options.plan.model === 'open' ? new LatencyRecorder() : undefined
    this.#slowest = new Slowest(options.stepKeys.length)
    this.#ledger = options.ledger
    this.#origin = options.origin
    this.#plan = options.plan
    this.#warmUp = options.warmUp
    this.#thread = options.thread ?? 0
    this.#sampler = new IterationSampler(options.stepKeys, this.#thread + 1)
    this.stalls = options.stalls
    this.#waits = options.stalls?.waits
    this.#book = options.search?.book
    this.window = new MeasuredWindow(options.plan, options.warmUp, options.search?.schedule)
    this.#responses = new ResponseCounter(options.stepKeys)
    const { onInterval: tell, tellsBooks = false } = options
    const onInterval = tellsBooks ? (counts: IntervalCounts) => tell(this.#withBooks(counts)) : tell
    this.#intervals = new IntervalCounter(options.plan, onInterval, this.#watch, this.#responses)
  }

  /* ---- iterations ---- */

  due(due: Milliseconds): void {
    this.#ledger.count('due', this.#measured(due))
    this.#book?.count('due', due)
    this.#intervals.counts.due++
  }

  dropped(due: Milliseconds): void {
    this.#ledger.count('dropped', this.#measured(due))
    this.#book?.count('dropped', due)
    this.#intervals.counts.dropped++
  }

  /** @param late how late it started although a user was free: the generator's own fault. */
  started({ due, started }: Iteration, late?: Milliseconds): void {
    const measured = this.#measured(due)
    this.stalls?.sends(this.#origin + started)
    this.#ledger.count('started', measured)
    this.#book?.started(due, late)
    this.#intervals.counts.started++
    this.#intervals.flies(1, started)
    if (late !== undefined) this.#intervals.late(late)
    if (measured && late !== undefined) this.#lateness.record(late)
  }

  ended({ due, started, late: startedLate }: Iteration, user: Ending, now: Milliseconds): void {
    const { state, thought, late, isThinking } = user
    this.roll(now)
    const isCut = state === 'aborted' || (state === 'failed' && user.isCut)
    const hangs = isCut && state === 'failed' && this.window.isReached(due, now)
    if (hangs) this.#ledger.takeIn()
    const measured = hangs || this.#measured(due)
    const waited = now - due - thought
    const taken = now - started - thought
    if (state === 'passed' && taken > this.longest) this.longest = taken
    this.#ledger.count(state, measured)
    this.#intervals.flies(-1, now)
    if (this.#intervals.inFlight === 0 && this.#plan.threads === 1) this.stalls?.rests(this.#origin + now)
    if (state !== 'aborted') {
      this.#warmUp?.ended(this.#thread, waited)
      this.#intervals.counts[state]++
      this.#intervals.latency(waited)
      this.#book?.ended(due, waited, taken, state)
      if (this.#inWindow(now)) this.#ledger.endedInWindow()
    }
    if (!measured || (state === 'aborted' && (this.#cut || isThinking))) return
    this.#watch.iteration(waited, startedLate + late, state, isCut)
    this.#responseTime.record(waited, startedLate + late, isCut, this.#waitedIn(due, now))
    this.#watch.service(taken, late, isCut)
    this.#serviceTime?.record(taken, late, isCut, this.#waitedIn(started, now))
    this.#sampler.add(started, this.#origin + started, taken, user.attempts)
  }

  #waitedIn(from: Milliseconds, to: Milliseconds): Milliseconds {
    return this.#waits === undefined ? 0 : this.#waits.of(this.#origin + from, this.#origin + to)
  }

  /* ---- attempts ---- */

  onWork(step: number, sends = false): void {
    this.#ledger.at(step)
    if (sends) this.stalls?.sends(undefined, step)
  }

  onAttempt(
    step: number,
    sent: Milliseconds,
    ended: Milliseconds,
    failure: FailedAttempt | undefined,
    seen: SeenAttempt,
    status?: number,
  ): Milliseconds {
    const own = this.stalls === undefined ? 0 : this.stalls.ownOf(sent, ended)
    const kind = failure?.kind
    if (kind === 'aborted' && this.#cut) return own
    // The status of an abandoned stream had arrived.
    const responded = kind === undefined || status !== undefined || RESPONDED.has(kind)
    const at = ended - this.#origin
    const isRequest = kind === undefined || !NOT_SENT.has(kind)
    const time = kind === undefined || !NO_SERVICE.has(kind) ? ended - sent : undefined
    this.roll(at)
    this.#ledger.attempt(responded, this.#inWindow(at))
    this.#responses.add(step, status, isRequest, time, kind)
    if (failure !== undefined) this.#intervals.counts.errors++
    if (responded) {
      this.#intervals.counts.requests++
      this.#book?.count('requests', at)
    } else if (failure !== undefined && kind !== 'aborted' && kind !== 'no response')
      this.firstFailure ??= { kind: failure.kind, message: failure.message }

    const isCut = kind !== undefined && CUT.has(kind)
    const since = sent - this.#origin
    const hangs = isCut && kind !== 'aborted' && this.window.isReached(since, at)
    if (!hangs && !this.#measured(since)) return own
    const stats = this.#steps[step]!
    if (isRequest) stats.requests++
    if (time !== undefined) {
      stats.serviceTime.record(time, own, isCut, this.#waitedIn(since, at))
      if (this.#slowest.isSlow(step, time)) this.#addSlow(step, sent, ended, failure, seen)
    }
    this.#watch.attempt(step, time, own, isRequest, failure !== undefined, isCut)
    const { contract, size } = seen
    if (contract !== undefined) stats.addContract(contract)
    if (responded && size !== undefined) stats.addBody(size)
    if (failure === undefined) {
      if (responded && EXAMPLES.has(stats.requests - stats.errors)) this.#addExample(step, sent, ended, seen)
      return own
    }
    stats.errors++
    this.#addError(this.#keys[step]!, failure, sent, ended)
    return own
  }

  onRetried(step: number, sent: Milliseconds, status: number): void {
    this.#intervals.counts.retried++
    this.#responses.addRetried(step, status)
    if (this.#measured(sent - this.#origin)) this.#steps[step]!.retried++
  }

  /** Events count where they came, as responses do; how long the first one took, where its request was sent. */
  onEvent(step: number, at: Milliseconds, sent: Milliseconds | undefined): void {
    this.roll(at - this.#origin)
    this.#responses.addEvent(step, sent === undefined ? undefined : at - sent)
    if (this.#inWindow(at - this.#origin)) {
      this.#steps[step]!.events.count()
      this.#watch.event(step)
    }
    if (sent === undefined || !this.#measured(sent - this.#origin)) return
    const own = this.stalls?.ownOf(sent, at) ?? 0
    this.#steps[step]!.events.first(at - sent, own)
    this.#watch.firstEvent(step, at - sent, own, false)
  }

  onNoEvent(step: number, sent: Milliseconds, ended: Milliseconds, isAborted: boolean): void {
    if ((isAborted && this.#cut) || !this.#measured(sent - this.#origin)) return
    const own = this.stalls?.ownOf(sent, ended) ?? 0
    this.#steps[step]!.events.none(ended - sent, own)
    this.#watch.firstEvent(step, ended - sent, own, true)
  }

  /** Stands in a method of its own: a closure would cost every attempt that passes its variables on the heap. */
  #addError(key: string, failure: FailedAttempt, sent: Milliseconds, ended: Milliseconds): void {
    this.#errors.add(key, failure, () => this.#when(sent, ended))
  }

  #addExample(step: number, sent: Milliseconds, ended: Milliseconds, seen: SeenAttempt): void {
    this.#examples.push({ step: this.#keys[step]!, ...this.#when(sent, ended), ...seen.exemplar() })
  }

  #addSlow(
    step: number,
    sent: Milliseconds,
    ended: Milliseconds,
    failure: FailedAttempt | undefined,
    seen: SeenAttempt,
  ): void {
    this.#slowest.add(step, {
      step: this.#keys[step]!,
      ...this.#when(sent, ended),
      ...seen.line(),
      ...(failure && { failure: failure.kind }),
    })
  }

  #when(sent: Milliseconds, ended: Milliseconds) {
    return { at: sent - this.#origin, latency: ended - sent, thread: this.#thread + 1 }
  }

  /** A step that runs a workflow has no requests of its own; its failures are among the errors. */
  onCallFailed(key: string, at: Milliseconds, failure: FailedAttempt): void {
    this.roll(at - this.#origin)
    this.#intervals.counts.errors++
    this.#responses.addCall(key, failure.kind)
    if (failure.kind !== 'criterion') this.firstFailure ??= { kind: failure.kind, message: failure.message }
    if (this.#measured(at - this.#origin)) this.#addError(key, failure, at, at)
  }

  /* ---- time ---- */

  roll(now: Milliseconds): void {
    this.window.hasBegun(now) // it looks where it is, if that is still open
    if (this.window.plan !== this.#plan) {
      this.#plan = this.window.plan
      this.#intervals.replan(this.#plan)
    }
    this.#intervals.roll(now)
  }

  #withBooks(counts: IntervalCounts): IntervalCounts {
    const end = counts.start + counts.length
    const measured = this.window.before(Math.min(end, this.#endedAt))
    counts.books = { ledger: this.#ledger.copy(), measured, errors: this.#errors.news() }
    return counts
  }

  /** A turn begins after a pause of the run's time of this length. Its measured part lies in `window`. */
  turn(stood: Milliseconds, window: { from: Milliseconds; to: Milliseconds }): void {
    this.#origin += stood
    this.window.move(window)
  }

  /** No iteration begins any more. */
  stop(cut: boolean): void {
    this.#cut = cut
  }

  readonly noteWaiting: Ledger['noteWaiting'] = (slots, since) => this.#ledger.noteWaiting(slots, since)

  endWindow(now: Milliseconds): void {
    this.window.giveUp()
    this.#endedAt = Math.min(this.#endedAt, now)
  }

  close(now: Milliseconds): Recorded {
    this.roll(now)
    this.#intervals.close(now)
    const isKnown = Number.isFinite(this.window.to)
    const from = isKnown ? this.window.from : now
    const end = isKnown ? Math.max(from, Math.min(this.window.to, this.#endedAt)) : now
    const responseTime = this.#responseTime.summary()
    const serviceTime = this.#serviceTime?.summary() ?? responseTime
    const iterations = this.#sampler.chosen(serviceTime.p50)
    const stalls = this.stalls?.seen
    return {
      responseTime,
      serviceTime,
      lateness: this.#lateness.summary(),
      steps: this.#steps.map(step => step.statistics()),
      errors: this.#errors.list(),
      slowest: this.#slowest.list(),
      examples: this.#examples,
      window: { from, to: end },
      ...(iterations && { iterations }),
      ...(stalls && { stalls }),
      ...(this.firstFailure && { firstFailure: this.firstFailure }),
    }
  }

  /** Goes by the plan: the same result before and after a run is cut short, so that the books balance. */
  #measured(at: Milliseconds): boolean {
    return this.window.has(at)
  }

  #inWindow(at: Milliseconds): boolean {
    return this.window.has(at) && at < this.#endedAt
  }
}

/** The slowest requests of each step. Those that are not among them cost a comparison. */
export class Slowest {
  readonly #kept: SlowRequest[][]
  /** Threshold for the slowest requests of each step. */
  readonly #least: Float64Array

  constructor(steps: number) {
    this.#kept = Array.from({ length: steps }, () => [])
    this.#least = new Float64Array(steps).fill(-1)
  }

  isSlow(step: number, latency: Milliseconds): boolean {
    return latency > this.#least[step]!
  }

  add(step: number, request: SlowRequest): void {
    const kept = slowestOf([...this.#kept[step]!, request])
    this.#kept[step] = kept
    if (kept.length === KEPT) this.#least[step] = kept.at(-1)!.latency
  }

  list(): SlowRequest[] {
    return this.#kept.flat()
  }
}

function slowestOf(requests: readonly SlowRequest[]): SlowRequest[] {
  return [...requests].sort((a, b) => b.latency - a.latency).slice(0, KEPT)
}

/** Figures of one step in one thread. */
class StepCounts {
  requests = 0
  errors = 0
  retried = 0
  readonly serviceTime = new LatencyRecorder()
  readonly #bodies: BodyStatistics = { responses: 0, bytes: 0, least: Number.POSITIVE_INFINITY, most: 0 }
  readonly #contract: ContractStatistics = { responses: 0, checked: 0, broken: 0 }
  #events: EventRecorder | undefined

  get events(): EventRecorder {
    this.#events ??= new EventRecorder()
    return this.#events
  }

  /** Counts a response that has a description. */
  addContract(contract: Contract): void {
    this.#contract.responses++
    if (contract !== 'unchecked') this.#contract.checked++
    if (contract === 'broken') this.#contract.broken++
  }

  /** Counts a response whose body has so many bytes. */
  addBody(size: Bytes): void {
    const bodies = this.#bodies
    bodies.responses++
    bodies.bytes += size
    if (size < bodies.least) bodies.least = size
    if (size > bodies.most) bodies.most = size
  }

  statistics(): StepStatistics {
    return {
      ...{ requests: this.requests, errors: this.errors, ...(this.retried > 0 && { retried: this.retried }) },
      serviceTime: this.serviceTime.summary(),
      ...(this.#events && { events: this.#events.summary() }),
      ...(this.#contract.responses > 0 && { contract: this.#contract }),
      ...(this.#bodies.responses > 0 && { bodies: this.#bodies }),
    }
  }
}

/** The server-sent events of one step, in one thread. */
class EventRecorder {
  #count = 0
  #streams = 0
  readonly #firsts = new LatencyRecorder()

  /** An event came within the measured window. */
  count(): void {
    this.#count++
  }

  /** @param own what of it the load generator itself may have added. */
  first(latency: Milliseconds, own: Milliseconds): void {
    this.#streams++
    this.#firsts.record(latency, own)
  }

  /** A stream was given up before its first event: it would have taken longer. */
  none(waited: Milliseconds, own: Milliseconds): void {
    this.#firsts.record(waited, own, true)
  }

  summary(): EventStatistics {
    return { count: this.#count, streams: this.#streams, firstEvent: this.#firsts.summary() }
  }
}
