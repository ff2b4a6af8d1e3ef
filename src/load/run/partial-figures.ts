import type { Figures } from '../../budget/figures.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { errorRateOf } from '../../measure/error-rate.ts'
import { emptySummary, LatencySum } from '../../measure/histogram.ts'
import type { Interval, StepStatistics } from '../../measure/report.ts'
import type { Slice, Subject } from '../counts/watched.ts'

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
    let iterations: LatencySum | undefined
    let service: LatencySum | undefined
    let allRequests: StepStatistics | undefined
    for (const [i, subject] of this.#subjects.entries()) {
      const { requests, errors, latencies } = this.#slices[i]!
      if (subject === 'iterations') iterations = latencies
      else if (subject === 'service') service = latencies
      else if (subject === 'events' || (typeof subject === 'object' && 'eventsOf' in subject)) {
        const firstEvent = latencies.summary()
        const streams = firstEvent.count - errors
        const events = { count: requests, streams, firstEvent }
        if (subject === 'events') allRequests = { ...(allRequests ?? nothing()), events }
        else steps.set(subject.eventsOf, { ...(steps.get(subject.eventsOf) ?? nothing()), events })
      } else {
        const statistics = { requests, errors, serviceTime: latencies.summary() }
        if (subject === 'requests') allRequests = statistics
        else steps.set(subject.step, statistics)
      }
    }
    const latency = iterations?.summary() ?? emptySummary()
    const measuredArrivals = { ...this.#counts, ...this.#ended }
    return {
      // Latencies of iterations are those that the model judges, whichever it is.
      model: 'closed',
      measured: this.length,
      responseTime: latency,
      serviceTime: service?.summary() ?? latency,
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
    const slice = this.#slices[this.#subjects.indexOf('iterations')]
    return slice && { passed: slice.requests - slice.errors, failed: slice.errors }
  }
}
