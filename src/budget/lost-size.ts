import { own } from '../ground/object.ts'
import { requestsOf } from '../measure/all-requests.ts'
import { percentileOf } from '../measure/histogram.ts'
import type { LoadReport } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { isAtMost, isRate } from './budget-kinds.ts'
import { type Measured, summaryOf } from './measured.ts'
import { type Size, UNKNOWN } from './size.ts'

/** Requests of an iteration that nobody knows may be so many times those of one that is known. */
const MORE_REQUESTS = 2

/** Samples that a load has lost with its hosts, and those that would not be what they are had it been whole. */
interface Lost {
  /** Samples that are missing, at the most. */
  missing: number
  /** Samples from then on: they were taken under less load. */
  lighter: number
}

/**
 * How far a value can lie from what it would be with the share of a load that lost hosts had. In an open model it is
 * known how many arrivals that were at the most. All may have been faultless and fast; or all may have failed or been
 * slow, and with them all that came after the loss, for the whole load would have been harder on the application. In a
 * closed model fast users would have come more often: nothing is known.
 */
export function sizeOfLost(report: LoadReport, budget: Budget, measured: Measured): Size {
  const { value = Number.NaN, count } = measured
  const lost = lostOf(report)
  if (lost === undefined || budget.everyWindow !== undefined || budget.metric === 'eventsRate') return UNKNOWN
  const { passed, failed } = report.measuredArrivals
  const ended = passed + failed
  if (isRate(budget)) {
    const times = budget.metric === 'rps' ? (MORE_REQUESTS * report.requests) / ended : 1
    const more = report.measured > 0 && ended > 0 ? (lost.missing * times * 1_000) / report.measured : UNKNOWN.more
    const less = isAtMost(budget) ? 0 : value * Math.min(1, lost.lighter / ended)
    return { less, more }
  }
  const samples = samplesOf(report, budget, lost)
  if (samples === undefined || count === 0) return UNKNOWN
  const { missing, lighter } = samples
  const all = count + missing
  if (budget.metric === 'errorRate') {
    const errors = value * count
    return { less: value - errors / all, more: Math.min(all, errors + lighter + missing) / all - value }
  }
  const { quantile } = budget
  const summary = summaryOf(report, budget)
  if (budget.metric !== 'percentile' || quantile === undefined || summary === undefined) return UNKNOWN
  const rank = (place: number) => place / summary.count
  const lowest = rank(quantile * (summary.count + missing) - missing)
  const highest = rank(quantile * (summary.count + missing) + lighter)
  return {
    less: lowest > 0 ? value - percentileOf(summary, lowest) : UNKNOWN.less,
    more: highest < 1 ? percentileOf(summary, highest) - value : UNKNOWN.more,
  }
}

/** In iterations; undefined where it has no bound. */
function lostOf({ doubts }: LoadReport): Lost | undefined {
  const sum: Lost = { missing: 0, lighter: 0 }
  for (const doubt of doubts) {
    if (doubt.kind !== 'lost host') continue
    const { missing, share } = doubt
    if (missing === undefined || share <= 0) return undefined
    sum.missing += missing
    sum.lighter += missing / share - missing
  }
  return sum
}

/** The same in samples of a budget: of an iteration that is not known, as many as of one that is, twice over. */
function samplesOf(report: LoadReport, budget: Budget, lost: Lost): Lost | undefined {
  const { passed, failed } = report.measuredArrivals
  const ended = passed + failed
  if (budget.of === 'iterations') return lost
  if (budget.latency !== undefined || ended === 0) return undefined
  const requests =
    budget.of === 'step'
      ? own(report.steps, budget.step ?? '')?.requests
      : budget.of === 'requests' && requestsOf(report).requests
  if (!requests) return undefined
  const each = requests / ended
  return { missing: MORE_REQUESTS * lost.missing * each, lighter: lost.lighter * each }
}
