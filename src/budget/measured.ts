import { given } from '../ground/given.ts'
import { own } from '../ground/object.ts'
import type { Milliseconds } from '../ground/units.ts'
import { requestsOf } from '../measure/all-requests.ts'
import { cutIn, percentileOf, undelayedOf } from '../measure/histogram.ts'
import type { LatencySummary, LoadReport, ResourceUsage, StepStatistics, WindowFigure } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { measuredCapacity } from './capacity.ts'
import { endedFor } from './ended-by.ts'
import { type Limits, limitRanks, limitsOf, limitsOfShare } from './limits.ts'
import { usualDelay } from './usual-delay.ts'

/** What a run says about one budget. */
export interface Measured {
  /** Undefined when there is nothing to judge. */
  value: number | undefined
  /** Samples behind it: iterations, requests or readings of the process. */
  count: number
  /** Latency of iterations in open models: the same figure of the service time. */
  service?: Pick<Measured, 'limits' | 'undelayed'> & { value: Milliseconds }
  /** Same figure without what the load generator itself may have added to the samples. */
  undelayed?: { value: number; limits?: Limits }
  /** Values between which a latency or a growth lies. */
  limits?: Limits
  /** Samples that are lower bounds, if the value lies among them: it is at least so much. */
  cut?: number
  /** Range of the capacity: the highest rate that held, and the lowest that did not, if there was one. */
  between?: { held: number; missed?: number }
  /**
   * Windows of a budget that has to hold in each: the worst one, whose value this is, how all of them did, and those
   * that have too few samples to say that they keep to it.
   */
  windows?: { worst: WindowFigure; all: readonly WindowFigure[]; tooFew: readonly WindowFigure[] }
}

/** What figures of a run, or of a part of it, budgets are judged by. */
export type Figures = Pick<
  LoadReport,
  | 'model'
  | 'measured'
  | 'measuredArrivals'
  | 'requests'
  | 'rps'
  | 'iterationRate'
  | 'errorRate'
  | 'responseTime'
  | 'serviceTime'
  | 'steps'
  | 'target'
  | 'targets'
  | 'capacity'
> &
  Partial<Pick<LoadReport, 'allRequests' | 'transport'>> & { generator?: ResourceUsage }

/** Lengths of windows are sums of seconds that a clock measured. */
const GRAIN: Milliseconds = 1

type Measure = Pick<Budget, 'metric' | 'quantile' | 'as' | 'per' | 'series' | 'latency'> &
  Partial<Pick<Budget, 'bound' | 'operator'>>

export function measured(report: LoadReport, budget: Budget): Measured {
  if (budget.everyWindow !== undefined) return worstOf(own(report.windows ?? {}, budget.key) ?? [], budget)
  const endedBy = endedFor(report, budget)
  const found = measuredOver(report, budget)
  // The value is as it was when the run was ended for it; what came in later does not mend it.
  if (endedBy !== undefined)
    return { ...found, value: endedBy.value ?? found.value, limits: undefined, undelayed: undefined }
  return raised(found, report, budget)
}

/** No sample tells how much of its delay there was; together they tell that most had no more than is usual. */
function raised(found: Measured, report: LoadReport, budget: Budget): Measured {
  const { undelayed } = found
  const [summary, usual] = [summaryOf(report, budget), usualDelay(report, budget)]
  const rank = (budget.quantile ?? 0) - (usual?.rest ?? 1)
  if (undelayed === undefined || summary === undefined || usual === undefined || rank <= 0) return found
  const least = Math.min(summary.min, percentileOf(summary, rank) - usual.most)
  const value = Math.max(undelayed.value, least)
  const limits = undelayed.limits && { ...undelayed.limits, lower: Math.max(undelayed.limits.lower, least) }
  return { ...found, undelayed: given({ value, limits }) }
}

/** The latencies that a budget is about. */
export function summaryOf(
  report: Pick<LoadReport, 'model' | 'responseTime' | 'serviceTime' | 'steps'> &
    Partial<Pick<LoadReport, 'allRequests'>>,
  { of, step, latency }: Pick<Budget, 'of' | 'step' | 'latency'>,
): LatencySummary | undefined {
  if (latency === 'firstEvent')
    return (of === 'step' ? own(report.steps, step ?? '') : requestsOf(report))?.events?.firstEvent
  if (of === 'step') return own(report.steps, step ?? '')?.serviceTime
  if (of === 'requests') return requestsOf(report).serviceTime
  return report.model === 'closed' ? report.serviceTime : report.responseTime
}

/** The first that has no value, or the one that is farthest on the wrong side. */
function worstOf(windows: readonly WindowFigure[], budget: Budget): Measured {
  const { operator } = budget
  const sign = operator === '<' || operator === '<=' ? 1 : -1
  const badness = ({ value }: WindowFigure) => (value === undefined ? Number.POSITIVE_INFINITY : sign * value)
  const [first, ...others] = windows
  if (first === undefined) return { value: undefined, count: 0 }
  const worst = others.reduce((a, b) => (badness(b) > badness(a) ? b : a), first)
  return { value: worst.value, count: worst.count, windows: { worst, all: windows, tooFew: tooFewIn(windows, budget) } }
}

/**
 * Windows that would pass a percentile on fewer samples than it takes. What is left of the run behind the last whole
 * window need not have so many, where others have.
 */
function tooFewIn(windows: readonly WindowFigure[], { quantile, everyWindow = 0 }: Budget): readonly WindowFigure[] {
  if (quantile === undefined) return []
  const tooFew = windows.filter(({ count }) => count < samplesNeeded(quantile))
  const isRest = ({ length }: WindowFigure) => length < everyWindow - GRAIN
  return tooFew.length === windows.length ? tooFew : tooFew.filter(window => !isRest(window))
}

/** Over the whole of what the figures are of. */
export function measuredOver(report: Figures, budget: Budget): Measured {
  switch (budget.of) {
    case 'iterations':
      return measuredOfIterations(report, budget)
    case 'requests':
      return measuredOfRequests(report, budget)
    case 'step': {
      const step = own(report.steps, budget.step ?? '')
      return budget.metric === 'eventsRate' ? eventsRateOf(step, report) : measuredOfStep(step, budget)
    }
    case 'target':
      return measuredOfProcesses(usageOf(report, budget), budget)
    case 'generator':
      return measuredOfProcesses(report.generator, budget)
  }
}

function measuredOfIterations(report: Figures, budget: Measure): Measured {
  const { due, dropped, passed, failed } = report.measuredArrivals
  const finished = passed + failed
  switch (budget.metric) {
    case 'rps':
      return ifAny(report.requests, report.rps)
    case 'iterationRate':
      return ifAny(finished, report.iterationRate)
    case 'eventsRate':
      return eventsRateOf(requestsOf(report), report)
    case 'capacity':
      return measuredCapacity(report.capacity)
    case 'errorRate':
      return ifAny(finished, report.errorRate)
    case 'contract':
      return contractIn(requestsOf(report))
    case 'dropped':
      return ifAny(due, budget.as === 'count' ? dropped : dropped / due)
    case 'resent':
      return measuredOfResent(report, budget)
  }
  if (report.model === 'closed') return latency(report.serviceTime, budget)
  const { value, limits, undelayed } = latency(report.serviceTime, budget)
  const service = value === undefined ? undefined : given<Measured['service'] & object>({ value, limits, undelayed })
  return given({ ...latency(report.responseTime, budget), service })
}

/** Requests that were sent again, of all of the run. */
function measuredOfResent({ transport, requests }: Figures, { as }: Measure): Measured {
  const { requestsResent: resent = 0, requestsSent: sent = requests } = transport ?? {}
  return ifAny(sent, as === 'count' ? resent : resent / sent)
}

/** What was given up has a latency; where no response came at all, nothing is known of how long one takes. */
function measuredOfRequests(report: Figures, budget: Measure): Measured {
  if (
    report.requests === 0 &&
    budget.metric !== 'errorRate' &&
    budget.metric !== 'contract' &&
    budget.latency === undefined
  )
    return { value: undefined, count: 0 }
  return measuredOfStep(requestsOf(report), budget)
}

export function measuredOfStep(step: StepStatistics | undefined, budget: Measure): Measured {
  if (step === undefined) return { value: undefined, count: 0 }
  const { events } = step
  if (budget.metric === 'errorRate') return ifAny(step.requests, step.errors / step.requests)
  if (budget.metric === 'contract') return contractIn(step)
  // Of a step alone it is not known how long it was measured.
  if (budget.metric === 'eventsRate') return { value: undefined, count: 0 }
  if (budget.latency === undefined) return latency(step.serviceTime, budget)
  // Streams that were given up have waited; where no event came at all, nothing is known of how long one takes.
  return events === undefined || events.streams === 0
    ? { value: undefined, count: 0 }
    : latency(events.firstEvent, budget)
}

/** Share of broken responses; those that were not checked may be as bad as the sample allows. */
function contractIn({ contract }: StepStatistics): Measured {
  const { responses = 0, checked = 0, broken = 0 } = contract ?? {}
  const found = ifAny(checked, broken / checked)
  if (checked === 0 || checked >= responses) return found
  const ofAll = (share: number) => (broken + share * (responses - checked)) / responses
  const { lower, upper } = limitsOfShare(broken, checked)
  return { ...found, limits: { lower: ofAll(lower), upper: ofAll(upper) } }
}

function eventsRateOf(step: StepStatistics | undefined, { measured }: Pick<Figures, 'measured'>): Measured {
  const { count = 0 } = step?.events ?? {}
  return measured > 0 ? ifAny(count, (count * 1_000) / measured) : { value: undefined, count }
}

export function measuredOfProcesses(usage: ResourceUsage | undefined, budget: Measure): Measured {
  if (usage === undefined) return { value: undefined, count: 0 }
  if (budget.metric === 'memoryGrowth') return growthIn(usage, budget)
  const value = figureOf(usage, budget)
  return value === undefined ? { value, count: usage.samples } : ifAny(usage.samples, value)
}

/** Usage of the application, or of the target that the budget names. */
export function usageOf(
  { target, targets }: Pick<LoadReport, 'target' | 'targets'>,
  { target: name }: Pick<Budget, 'target'>,
): ResourceUsage | undefined {
  return name === undefined ? target : own(targets ?? {}, name)
}

function figureOf(usage: ResourceUsage, { metric, series = '', operator = '<=' }: Measure): number | undefined {
  const ifRead = (what: string, value: number) => (usage.missing?.[what] === undefined ? value : undefined)
  switch (metric) {
    case 'memory':
      return ifRead('memory', usage.memoryPeak)
    case 'memoryMean':
      return ifRead('memory', usage.memoryMean)
    case 'cpu':
      return ifRead('cpu', usage.cpu)
    case 'cpuPerRequest':
      return usage.cpuPerRequest
    case 'eventLoopDelay':
      return usage.node?.eventLoopDelay.p99
    case 'gcPause':
      return usage.node?.gc.longest
    case 'heap':
      return usage.node?.heapPeak
    case 'series':
      return usage.series?.[series]?.[operator.startsWith('<') ? 'max' : 'min']
  }
  return undefined
}

function growthIn({ memoryGrowth, samples }: ResourceUsage, { per }: Measure): Measured {
  const growth = per === 'minute' ? memoryGrowth?.perMinute : memoryGrowth?.per1000Requests
  if (growth === undefined) return { value: undefined, count: samples }
  const { value, lower = Number.NEGATIVE_INFINITY, upper = Number.POSITIVE_INFINITY } = growth
  return { value, count: samples, limits: { lower, upper } }
}

function latency(summary: LatencySummary, measure: Measure): Measured {
  const found = latencyIn(summary, measure)
  const shorter = undelayedOf(summary)
  if (shorter === undefined || found.value === undefined) return found
  const { value = found.value, limits } = latencyIn(shorter, measure)
  return { ...found, undelayed: given({ value, limits }) }
}

function latencyIn(summary: LatencySummary, { metric, quantile = 0.5, bound }: Measure): Measured {
  if (summary.count === 0) return { value: undefined, count: 0 }
  const cut = cutIn(summary)
  if (metric === 'mean' || metric === 'max') {
    const found = ifAny(summary.count, summary[metric])
    return cut === 0 ? found : { ...found, cut, limits: { lower: summary[metric], upper: Number.POSITIVE_INFINITY } }
  }
  const limits = bound === undefined ? undefined : limitsOf(summary, quantile, bound)
  const found = { ...ifAny(summary.count, percentileOf(summary, quantile)), ...(limits && { limits }) }
  // Where samples are few, the limit may be infinite without those that were cut.
  const most = limitRanks(summary.count, quantile).upper ?? summary.count
  return most > summary.count - cut ? { ...found, cut } : found
}

function ifAny(count: number, value: number): Measured {
  return { value: count > 0 && Number.isFinite(value) ? value : undefined, count }
}

/**
 * How many samples a percentile needs before its estimate says anything about the population. With n samples, none lies
 * above the true q-quantile with probability q^n; the highest sample bounds it from above with 95 % confidence once q^n
 * <= 0.05, so n = ln 0.05 / ln q: 5 for p50, 59 for p95, 299 for p99, 2,995 for p99.9. (Wilks, Determination of Sample
 * Sizes for Setting Tolerance Limits, 1941.)
 */
export function samplesNeeded(quantile: number): number {
  return Math.ceil(Number((Math.log(0.05) / Math.log(quantile)).toPrecision(12)))
}
