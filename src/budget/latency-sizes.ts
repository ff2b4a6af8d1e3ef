import type { Milliseconds } from '../ground/units.ts'
import { cutIn, mostAt, percentileOf } from '../measure/histogram.ts'
import type { Doubt, LoadReport } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { isOfRequests } from './budget-kinds.ts'
import { turnaround } from './closed-loop.ts'
import { type Measured, summaryOf } from './measured.ts'
import { floorOf, withoutPauses, withoutWaits } from './pauses.ts'
import { drifted, type Size } from './size.ts'
import { rangeOf } from './standing.ts'

/** Waits for a core are many, and of the length of a scheduler's slice or longer. */
const SLICE: Milliseconds = 3

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
    case 'application starved':
      return {
        less: value - withoutPauses(doubt, report, budget, value, SLICE),
        more: longer,
        ...floorOf(doubt, report, budget, measured, SLICE),
      }
    case 'dropped arrivals':
      return {
        ...shorterByWaiting(measured),
        more: Math.max(longerByDropped(doubt, report, budget), longerAtOnce(report, budget, value)),
      }
    case 'waits for users':
      return { ...shorterByWaiting(measured), more: longerAtOnce(report, budget, value) }
    case 'warm-up never steady':
      return drifted(doubt, isTail(budget) ? doubt.tail : doubt.latency, value)
    default:
      return undefined
  }
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
 * A step had fewer requests in hand at once than it would have had with a user for each arrival: what waited for a user
 * would have waited at the API, and then the step would have taken up to as long as the whole iteration did from when
 * it was due.
 */
function longerAtOnce({ responseTime }: LoadReport, budget: Budget, value: Milliseconds): Milliseconds {
  if (!isOfRequests(budget) || responseTime.count === 0) return 0
  const { metric, quantile } = budget
  if (metric === 'percentile') return Math.max(0, mostAt(responseTime, quantile ?? 1) - value)
  if (cutIn(responseTime) > 0) return Number.POSITIVE_INFINITY
  return metric === 'mean' || metric === 'max' ? Math.max(0, responseTime[metric] - value) : 0
}

/** Those that were never started took longer than all others, so that the percentile is that of a higher rank. */
function longerByDropped(
  { dropped, due }: { dropped: number; due: number },
  report: LoadReport,
  budget: Budget,
): Milliseconds {
  const { quantile } = budget
  const summary = summaryOf(report, budget)
  if (quantile === undefined || summary === undefined || !(dropped >= 0 && dropped < due))
    return Number.POSITIVE_INFINITY
  const rank = (quantile * due) / (due - dropped)
  // Not a number, of results that somebody wrote, is not within it either.
  return rank <= 1 ? mostAt(summary, rank) - percentileOf(summary, quantile) : Number.POSITIVE_INFINITY
}

const MIDDLE = 0.5

function isTail({ metric, quantile = MIDDLE }: Budget): boolean {
  return metric === 'max' || quantile > MIDDLE
}
