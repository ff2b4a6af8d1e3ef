import type { Milliseconds, Share } from '../ground/units.ts'
import { cutIn, mostAt, percentileOf, undisturbedOf } from '../measure/histogram.ts'
import type { Doubt, LatencySummary, LoadReport } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { isOfRequests } from './budget-kinds.ts'
import { turnaround } from './closed-loop.ts'
import { type Measured, summaryOf } from './figures.ts'
import { limitRanks, limitsOf } from './limits.ts'
import { floorOf, withoutPauses, withoutWaits } from './pauses.ts'
import { drifted, type Size } from './size.ts'
import { rangeOf } from './standing.ts'

/** Waits for a core are many, and of the length of a scheduler's slice or longer. */
const SLICE: Milliseconds = 3

/** Share of the waits of an application that load threads have to have seen. */
const SEEN: Share = 0.9
/** A wait that they have not seen touches requests for up to so many times as long. */
const TOUCHED = 2

type Longer = Pick<Size, 'more' | 'ceiling'>

export function sizeForLatency(
  doubt: Doubt,
  report: LoadReport,
  budget: Budget,
  measured: Measured & { value: number },
): Size | undefined {
  const { value } = measured
  const longer = report.model === 'closed' ? turnaround(report) * value : 0
  switch (doubt.kind) {
    case 'generator saturated':
      return { less: Number.POSITIVE_INFINITY, more: longer }
    case 'generator starved':
      return { less: value - withoutWaits(doubt, report, budget, value), more: longer }
    case 'late starts':
      return isOfRequests(budget) ? undefined : { less: doubt.p99, more: 0 }
    case 'late answers':
      return { less: lateness(doubt.p99, report, budget), more: 0 }
    case 'GC pauses':
    case 'stood still':
    case 'clock jump':
      return { less: value - withoutPauses(doubt, report, budget, value), more: 0 }
    case 'stolen CPU':
    case 'throttled CPU':
      return {
        less: value - withoutPauses(doubt, report, budget, value),
        more: 0,
        ...floorOf(doubt, report, budget, measured),
      }
    case 'application starved': {
      const seen = withoutSeenWaits(doubt, report, budget)
      const { floor } = floorOf(doubt, report, budget, measured, SLICE)
      const least = Math.max(seen.value, withoutPauses(doubt, report, budget, value, SLICE))
      const less = Math.max(0, value - least)
      return { less, more: longer, floor: floor === undefined ? undefined : Math.max(seen.floor, floor) }
    }
    case 'dropped arrivals':
      return { ...shorterByWaiting(measured), ...longerByDropped(doubt, report, budget, value) }
    case 'waits for users':
      return { ...shorterByWaiting(measured), ...longerAtOnce(report, budget, value) }
    case 'warm-up never steady':
      return drifted(doubt, isTail(budget) ? doubt.tail : doubt.latency, value)
    default:
      return undefined
  }
}

/**
 * The figure of requests without what each may have waited for while the application waited for others, where load
 * threads have seen nearly all of that. What they have not seen may have delayed others, too.
 */
function withoutSeenWaits({ share }: { share: Share }, report: LoadReport, budget: Budget) {
  const { threads } = report.generator
  const all = share * report.measured
  const seen = Math.min(...threads.map(({ stalls }) => stalls?.ofApplication ?? 0))
  const summary = summaryOf(report, budget)
  const undisturbed = summary && undisturbedOf(summary)
  if (undisturbed === undefined || seen < SEEN * all) return { value: 0, floor: 0 }
  const { metric, quantile, bound } = budget
  if (metric !== 'percentile' || quantile === undefined)
    return { value: metric === 'mean' ? undisturbed.mean : undisturbed.max, floor: 0 }
  const rank = quantile * (1 - (TOUCHED * Math.max(0, all - seen)) / report.measured)
  return { value: percentileOf(undisturbed, rank), floor: limitsOf(undisturbed, rank, bound).lower }
}

/**
 * Delay of one response; of an iteration twice that, for its first request and its last response. Above p99 the
 * longest that was seen counts.
 */
function lateness(p99: Milliseconds, { generator }: LoadReport, budget: Budget): Milliseconds {
  const longest = Math.max(p99, ...generator.threads.map(({ delay }) => delay.longest))
  const { quantile } = budget
  const one = quantile !== undefined && quantile <= 0.99 ? p99 : longest
  return isOfRequests(budget) ? one : 2 * one
}

/**
 * With a user for each arrival none would have waited for one; what it then takes is not less than what an API with
 * fewer at once took.
 */
function shorterByWaiting({ value, service }: Measured & { value: number }): Pick<Size, 'less' | 'floor'> {
  if (service === undefined) return { less: 0 }
  return { less: value - service.value, floor: rangeOf(service).lower }
}

/**
 * A step had fewer concurrent requests than with a user for each arrival: iterations that waited for a user would have
 * waited at the API, and the step would have taken up to as long as the whole iteration from its due time.
 * @param started share of the arrivals.
 */
function longerAtOnce(report: LoadReport, budget: Budget, value: Milliseconds, started: Share = 1): Longer {
  const { responseTime } = report
  if (!isOfRequests(budget) || responseTime.count === 0) return { more: 0 }
  const { metric, quantile = 1 } = budget
  if (metric === 'percentile') return longerBy(responseTime, quantile / started, report, value)
  if (cutIn(responseTime) > 0) return { more: Number.POSITIVE_INFINITY }
  return { more: metric === 'mean' || metric === 'max' ? Math.max(0, responseTime[metric] - value) : 0 }
}

/** Arrivals that never started count as slower than all others, so that the percentile has a higher rank. */
function longerByDropped(
  { dropped, due }: { dropped: number; due: number },
  report: LoadReport,
  budget: Budget,
  value: Milliseconds,
): Longer {
  const { quantile } = budget
  const summary = summaryOf(report, budget)
  if (quantile === undefined || summary === undefined || !(dropped >= 0 && dropped < due))
    return { more: Number.POSITIVE_INFINITY }
  const started = (due - dropped) / due
  const [one, other] = [
    longerBy(summary, quantile / started, report, value),
    longerAtOnce(report, budget, value, started),
  ]
  return one.more > other.more ? one : other
}

/**
 * Iterations that wait for a user are in a queue together, and are not independent: the limit is that of so many fewer
 * samples, up to the longest of all.
 */
function longerBy(summary: LatencySummary, rank: Share, { measured }: LoadReport, value: Milliseconds): Longer {
  // NaN, in a crafted result, is outside of the range, too.
  if (!(rank <= 1)) return { more: Number.POSITIVE_INFINITY }
  const { count, mean } = summary
  const independent = Math.ceil(count / (1 + (count * mean) / measured))
  const { upper = independent } = limitRanks(independent, rank)
  return { more: Math.max(0, mostAt(summary, rank) - value), ceiling: mostAt(summary, upper / independent) }
}

const MIDDLE = 0.5

const isTail = ({ metric, quantile = MIDDLE }: Budget): boolean => metric === 'max' || quantile > MIDDLE
