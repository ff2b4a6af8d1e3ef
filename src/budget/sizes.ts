import type { Doubt, LoadReport } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { isAtMost, isLatency, isMissedForGood, isRate } from './budget-kinds.ts'
import { sizeForLatency } from './latency-sizes.ts'
import { sizeOfLost } from './lost-size.ts'
import type { Measured } from './measured.ts'
import { sizeForRate } from './rate-sizes.ts'
import { type Size, UNKNOWN } from './size.ts'
import { sizeOfStuck } from './stuck-size.ts'

/**
 * What a doubt can have done to the figure of a budget; undefined when nothing.
 *
 * - generator saturated, starved, late starts, late answers, GC pauses, stood still: latencies shorter by what the
 *   generator itself added to each sample, of which the percentile is taken anew (by estimates where it was not
 *   kept), but not by more than it added to most requests; in a closed model longer by the time between a response
 *   and the next request; rates higher by twice the share that was lost; in an open model at most what was due.
 * - stolen or throttled CPU, clock jump: latencies shorter by the longest stretch, and only as many samples as these
 *   can touch; rates higher by twice their share.
 * - application starved: latencies shorter by at most what it waited within a second, and only as many samples as
 *   its waits can touch; but not by more than what it waited while each request was in progress, where load threads saw
 *   that; rates higher by twice their share.
 * - dropped arrivals: latencies longer: they count as never given a response; shorter down to the service time, for
 *   waiting was for our users; of steps longer up to the response time; rates higher by as many.
 * - waits for users: latencies shorter down to the service time; of steps longer up to the response time; rates
 *   higher, at most what was due.
 * - warm-up never steady: latencies either way, by what the measured window tells of how it went on, else by twice
 *   what still changed; down to nothing if all of the window was spent in a queue that may end; rates the same; in an
 *   open model at most what was due.
 * - lost host: in an open model error rates and percentiles lower by as much as if all that is missing had been
 *   faultless and fast, higher as if it had failed or been slow with all that came after the loss; rates higher by
 *   what is missing, lower by what came after the loss; all else not known, unless missed for good.
 * - clock drift: rates either way by the part of the window that it makes up.
 * - cut short: latencies not known, unless missed for good; rates not known.
 *
 * Memory and CPU of an application that was restarted can only be worse than they seem; of CPU that comes from a
 * counter which fell nothing is known. What failed has failed: of these only a cut and a loss touch error rates, and
 * arrivals that were dropped for users who had no response.
 */
export function sizeOf(doubt: Doubt, report: LoadReport, budget: Budget, measured: Measured): Size | undefined {
  const size = sizeByKind(doubt, report, budget, measured)
  // A file may have doubts without figures.
  return size && { ...size, less: orUnknown(size.less), more: orUnknown(size.more) }
}

const orUnknown = (size: number | undefined): number =>
  size === undefined || Number.isNaN(size) ? Number.POSITIVE_INFINITY : size

function sizeByKind(doubt: Doubt, report: LoadReport, budget: Budget, measured: Measured): Size | undefined {
  const { value } = measured
  if (value === undefined) return undefined
  if (doubt.kind === 'cut short') return isMissedForGood(budget, measured) ? undefined : UNKNOWN
  if (doubt.kind === 'lost host')
    return isMissedForGood(budget, measured) ? undefined : sizeOfLost(report, budget, measured)
  if (doubt.kind === 'target changed') {
    if (budget.of !== 'target' || budget.target !== doubt.target) return undefined
    // A counter that fell may be one of several that are read in turn.
    if (doubt.ended.length === 0 && budget.metric.startsWith('cpu')) return UNKNOWN
    return isAtMost(budget) ? { less: 0, more: Number.POSITIVE_INFINITY } : { less: Number.POSITIVE_INFINITY, more: 0 }
  }
  if (budget.metric === 'errorRate')
    return doubt.kind === 'dropped arrivals' ? sizeOfStuck(doubt, report, budget, value) : undefined
  if (isRate(budget)) return sizeForRate(doubt, report, budget, value)
  return isLatency(budget) ? sizeForLatency(doubt, report, budget, { ...measured, value }) : undefined
}
