import type { Budget } from '../../budget/budget.ts'
import { type Figures, type Measured, summaryOf } from '../../budget/figures.ts'
import { isPermanentlyMissed } from '../../budget/measured.ts'
import { metricOf } from '../../budget/metrics/index.ts'
import { standing } from '../../budget/standing.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { errorRateOf } from '../../measure/error-rate.ts'
import { emptySummary, LatencySum } from '../../measure/histogram.ts'
import type { Interval, LoadReport, ResourceUsage, StepStatistics, WindowFigure } from '../../measure/report.ts'
import { isWatched, partsOf, type Slice, type Subject } from '../counts/watched.ts'

/** Less than a second is not a window to judge. */
const SHORTEST: Milliseconds = 1_000

interface BudgetWatchOptions {
  budgets: readonly Budget[]
  /** Subjects of each interval's slices, in order. */
  subjects: readonly Subject[]
  /** Whether all of the load is there: without a part of it most figures are not what they would be. */
  isWhole?: () => boolean
  /** Usage of the processes, up to now; what was counted until then is given. */
  usage: (counted: Pick<LoadReport, 'requests' | 'measured'>) => { generator?: ResourceUsage; target?: ResourceUsage }
  /** A budget with `abortOnFail` is missed for too long. Called at most once. */
  onFail: (ended: NonNullable<LoadReport['endedBy']>, budget: Budget) => void
}

/**
 * Looks at budgets while the run goes on, interval by interval: those that have to hold in every window, and those that
 * may end it.
 */
export class BudgetWatch {
  readonly #options: BudgetWatchOptions
  readonly #budgets: readonly Budget[]
  readonly #whole: PartialFigures
  /** Current windows, by budget. */
  readonly #windows = new Map<Budget, { start: Milliseconds; figures: PartialFigures }>()
  readonly #closed = new Map<string, WindowFigure[]>()
  readonly #missedSince = new Map<Budget, Milliseconds>()
  #hasEnded = false

  constructor(options: BudgetWatchOptions) {
    this.#options = options
    this.#budgets = options.budgets.filter(isWatched)
    this.#whole = this.#figures()
  }

  /** An interval is over; what is measured after the window belongs to its last one. */
  add(interval: Interval, slices: readonly Slice[] | undefined): void {
    if (this.#budgets.length === 0) return
    if (interval.phase !== 'measured') {
      if (this.#whole.length > 0) for (const figures of this.#all()) figures.addLate(slices)
      return
    }
    const start = this.#whole.length
    for (const budget of this.#budgets) if (budget.everyWindow !== undefined) this.#open(budget, start)
    for (const figures of this.#all()) figures.add(interval, slices)
    const now = this.#whole.length
    for (const budget of this.#budgets) {
      if (budget.everyWindow !== undefined) this.#closeIfFull(budget, now)
      else if (budget.abort !== undefined) this.#look(budget, budget.abort, now)
    }
  }

  /** How every window did. A short rest is a window if requests were cut: it has those of all windows. */
  windows(): LoadReport['windows'] {
    for (const [budget, { start, figures }] of this.#windows) {
      if (figures.length >= SHORTEST || figures.hasCut) this.#close(budget, start, figures)
    }
    this.#windows.clear()
    return this.#closed.size === 0 ? undefined : Object.fromEntries(this.#closed)
  }

  *#all(): Generator<PartialFigures> {
    yield this.#whole
    for (const { figures } of this.#windows.values()) yield figures
  }

  #figures(): PartialFigures {
    return new PartialFigures(this.#options.subjects)
  }

  #open(budget: Budget, start: Milliseconds): void {
    const window = this.#windows.get(budget)
    if (window !== undefined && start - window.start < budget.everyWindow!) return
    if (window !== undefined) this.#close(budget, window.start, window.figures)
    this.#windows.set(budget, { start, figures: this.#figures() })
  }

  /** A window stays open until the next one begins, for late values. Whether it ends the run is decided at its end. */
  #closeIfFull(budget: Budget, now: Milliseconds): void {
    const { start, figures } = this.#windows.get(budget)!
    if (budget.abort === undefined || now - start < budget.everyWindow!) return
    if (saysNothing(budget, figures)) return
    const { standing, value } = this.#judge(budget, start, figures)
    if (standing === 'missed') this.#end(budget, now, value)
  }

  #close(budget: Budget, start: Milliseconds, figures: PartialFigures): void {
    if (saysNothing(budget, figures)) return
    const closed = this.#closed.get(budget.key) ?? []
    closed.push(this.#judge(budget, start, figures))
    this.#closed.set(budget.key, closed)
  }

  #judge(budget: Budget, start: Milliseconds, figures: PartialFigures): WindowFigure {
    const found = metricOf(budget).measure(figures.figures(), budget)
    const { value, count, cut } = found
    const isLeast = cut === undefined ? undefined : true
    return { start, length: figures.length, count, standing: this.#standing(found, budget), value, isLeast }
  }

  #look(budget: Budget, { hold }: NonNullable<Budget['abort']>, now: Milliseconds): void {
    const figures = this.#whole.figures()
    const found = metricOf(budget).measure({ ...figures, ...this.#options.usage(figures) }, budget)
    if (found.value === undefined || this.#standing(found, budget) !== 'missed') {
      this.#missedSince.delete(budget)
      return
    }
    const since = this.#missedSince.get(budget) ?? now
    this.#missedSince.set(budget, since)
    if (now - since >= hold) this.#end(budget, now, found.value)
  }

  /** A budget that is permanently missed without a part of the load is missed with it. */
  #standing(found: Measured, budget: Budget): WindowFigure['standing'] {
    const { isWhole = () => true } = this.#options
    return isWhole() || isPermanentlyMissed(budget, found) ? standing(found, budget) : 'open'
  }

  #end(budget: Budget, at: Milliseconds, value: number | undefined): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#options.onFail({ budget: budget.key, at, value }, budget)
  }
}

/**
 * Whether no stream had its first event in a window, or was given up before it: those that are open began earlier, and
 * one that still waits is counted in the window in which it has waited long enough.
 */
function saysNothing(budget: Budget, figures: PartialFigures): boolean {
  return budget.latency === 'firstEvent' && (summaryOf(figures.figures(), budget)?.count ?? 0) === 0
}

const nothing = (): StepStatistics => ({ requests: 0, errors: 0, serviceTime: emptySummary() })

/** The figures of a part of the measured window, added up from its intervals. */
export class PartialFigures {
  length: Milliseconds = 0
  readonly #counts = { due: 0, dropped: 0, started: 0, passed: 0, failed: 0, aborted: 0 }
  #requests = 0
  readonly #subjects: readonly Subject[]
  readonly #slices: { requests: number; errors: number; latencies: LatencySum }[]

  constructor(subjects: readonly Subject[]) {
    this.#subjects = subjects
    this.#slices = subjects.map(() => ({ requests: 0, errors: 0, latencies: new LatencySum() }))
  }

  add(interval: Interval, slices: readonly Slice[] | undefined): void {
    this.length += interval.length
    this.#requests += interval.requests
    for (const field of ['due', 'dropped', 'started', 'passed', 'failed'] as const)
      this.#counts[field] += interval[field]
    this.addLate(slices)
  }

  /** Adds slices that belong to it although they ended later. */
  addLate(slices: readonly Slice[] | undefined): void {
    for (const [i, { requests, errors, latencies }] of (slices ?? []).entries()) {
      const sum = this.#slices[i]!
      sum.requests += requests
      sum.errors += errors
      for (const one of latencies) sum.latencies.add(one)
    }
  }

  /** Whether some of it was cut. */
  get hasCut(): boolean {
    return this.#slices.some(({ latencies }) => latencies.hasCut)
  }

  figures(): Figures {
    const perSecond = (count: number) => (this.length > 0 ? (count * 1_000) / this.length : 0)
    const steps = new Map<string, StepStatistics>()
    let allRequests: StepStatistics | undefined
    for (const [i, subject] of this.#subjects.entries()) {
      const parts = partsOf(subject)
      if (parts === undefined) continue
      const { kind, step } = parts
      const { requests, errors, latencies } = this.#slices[i]!
      const summary = latencies.summary()
      const before = (step === undefined ? allRequests : steps.get(step)) ?? nothing()
      const figures =
        kind === 'events'
          ? { ...before, events: { count: requests, streams: summary.count - errors, firstEvent: summary } }
          : { ...before, requests, errors, serviceTime: summary }
      if (step === undefined) allRequests = figures
      else steps.set(step, figures)
    }
    const latency = this.#of('iterations')?.latencies.summary() ?? emptySummary()
    const measuredArrivals = { ...this.#counts, ...this.#ended }
    return {
      // Latencies of iterations are those that the model judges, whichever it is.
      model: 'closed',
      measured: this.length,
      responseTime: latency,
      serviceTime: this.#of('service')?.latencies.summary() ?? latency,
      steps: Object.fromEntries(steps),
      ...(allRequests && { allRequests }),
      measuredArrivals,
      requests: this.#requests,
      rps: perSecond(this.#requests),
      iterationRate: perSecond(this.#counts.passed + this.#counts.failed),
      errorRate: errorRateOf(measuredArrivals) ?? 0,
    }
  }

  /** Iterations that were due in it, also if they ended later; undefined if no budget is about iterations. */
  get #ended(): { passed: number; failed: number } | undefined {
    const slice = this.#of('iterations')
    return slice && { passed: slice.requests - slice.errors, failed: slice.errors }
  }

  #of(subject: Subject) {
    return this.#slices[this.#subjects.indexOf(subject)]
  }
}
