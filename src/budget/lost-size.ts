import { own } from '../ground/object.ts'
import { requestsOf } from '../measure/all-requests.ts'
import { mostAt, percentileOf, undelayedOf } from '../measure/histogram.ts'
import type { LoadReport } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { isRate } from './budget-kinds.ts'
import { limitsOf } from './limits.ts'
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
  const each = eachOf(report, budget, value)
  if (each === undefined || count === 0) return UNKNOWN
  const [missing, lighter] = [lost.missing * each.missing, lost.lighter * each.lighter]
  if (isRate(budget)) {
    const perSecond = 1_000 / report.measured
    return { less: Math.min(value, lighter * perSecond), more: missing * perSecond }
  }
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
  const shorter = undelayedOf(summary) ?? summary
  return {
    ...(lowest > 0
      ? { less: value - percentileOf(summary, lowest), floor: limitsOf(shorter, lowest, budget.bound).lower }
      : { less: UNKNOWN.less }),
    more: highest < 1 ? mostAt(summary, highest) - value : UNKNOWN.more,
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
    // Nothing is known of what came after the first loss, by whichever host.
    sum.lighter = Math.max(sum.lighter, missing / share - missing)
  }
  return sum
}

/**
 * The same of one iteration, in samples of a budget, at the most. It may have had as many requests as one that is known
 * has, which twice over where nothing is known of it; but also each step once, for what is known may have failed early,
 * or gone another way.
 */
function eachOf(report: LoadReport, budget: Budget, value: number): Lost | undefined {
  const { passed, failed } = report.measuredArrivals
  const ended = passed + failed
  if (budget.latency !== undefined || ended === 0) return undefined
  const alike = (samples: number): Lost => ({ missing: samples, lighter: samples })
  const ofRequests = (requests: number, steps: number): Lost => {
    const known = requests / ended
    return { missing: Math.max(MORE_REQUESTS * known, steps), lighter: Math.max(known, steps) }
  }
  const steps = Object.keys(report.steps).length
  if (budget.metric === 'rps') return ofRequests(report.requests, steps)
  // Of iterations more may end in the window than were due in it.
  if (budget.metric === 'iterationRate') return alike(Math.max(1, (value * report.measured) / 1_000 / ended))
  switch (budget.of) {
    case 'iterations':
      return alike(1)
    case 'requests':
      return ofRequests(requestsOf(report).requests, steps)
    case 'step':
      return ofRequests(own(report.steps, budget.step ?? '')?.requests ?? 0, 1)
    default:
      return undefined
  }
}
