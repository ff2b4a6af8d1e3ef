import { formatCount } from '../ground/units.ts'
import { errorRateOf } from '../measure/error-rate.ts'
import { cutIn } from '../measure/histogram.ts'
import type { Doubt, LoadReport, StepStatistics } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import type { Measured } from './figures.ts'
import { isPermanentlyMissed } from './measured.ts'
import { isLatency, metricOf } from './metrics/index.ts'
import { hiddenIn } from './metrics/latency.ts'
import { lostIterations, type Size, type Sized, UNKNOWN } from './size.ts'

/**
 * Possible effect of a doubt on the figure of a budget; undefined without an effect.
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
 * - dropped arrivals: latencies longer: they count as without a response; shorter down to the service time, because
 *   waiting was for our users; of steps longer up to the response time; rates higher by as many.
 * - waits for users: latencies shorter down to the service time; of steps longer up to the response time; rates
 *   higher, at most what was due.
 * - warm-up never steady: latencies either way, by what the measured window shows about its course, else by twice
 *   what still changed; down to nothing if all of the window was spent in a queue that may end; rates the same; in an
 *   open model at most what was due.
 * - lost host: in an open model error rates and percentiles lower by as much as if all that is missing had been
 *   faultless and fast, higher as if it had failed or been slow with all that came after the loss; rates higher by
 *   what is missing, lower by what came after the loss; everything else unknown, unless permanently missed.
 * - clock drift: rates either way by the part of the window that it makes up.
 * - cut short: latencies not known, unless permanently missed; rates not known.
 *
 * Memory and CPU of an application that was restarted can only be worse than they seem; CPU from a counter that fell is
 * unknown. Failures stay failures: error rates change only by a cut, by a loss, and by arrivals that were dropped
 * because users had no response.
 */
export function sizeOf(doubt: Doubt, report: LoadReport, budget: Budget, measured: Measured): Size | undefined {
  const size = sizeByKind(doubt, report, budget, measured)
  // A file may have doubts without figures.
  return size && { ...size, less: orUnknown(size.less), more: orUnknown(size.more) }
}

const orUnknown = (size: number | undefined): number =>
  size === undefined || Number.isNaN(size) ? Number.POSITIVE_INFINITY : size

function sizeByKind(doubt: Doubt, report: LoadReport, budget: Budget, measured: Measured): Size | undefined {
  const { value, count } = measured
  if (value === undefined) return undefined
  const metric = metricOf(budget)
  const known = { ...measured, value }
  if (doubt.kind !== 'cut short' && doubt.kind !== 'lost host') return metric.reach?.(doubt, report, budget, known)
  if (isPermanentlyMissed(budget, measured)) return undefined
  if (doubt.kind === 'cut short' || budget.everyWindow !== undefined || count === 0) return UNKNOWN
  const lost = lostIterations(report)
  return (lost && metric.reachOfLoss?.(lost, report, budget, known)) ?? UNKNOWN
}

/** Possible effect of failures on the values of passed requests. */
export function sizeOfFailures(report: LoadReport, budget: Budget, value: number): Sized[] {
  const { passed, failed } = report.measuredArrivals
  if (failed === 0 || passed === 0) return []
  const share = errorRateOf({ passed, failed })!
  return sized(metricOf(budget).reachOfFailures?.(report, budget, value, share), failed, passed + failed, 'iterations')
}

/** Effect for a step's own figures, which do not include retries that repaired a failure. */
export function sizeOfFailedAttempts(
  { errors, requests, serviceTime }: StepStatistics,
  budget: Budget,
  value: number,
): Sized[] {
  if (errors === 0 || !isLatency(budget) || budget.latency !== undefined) return []
  const size = hiddenIn(serviceTime, budget, value, (errors - cutIn(serviceTime)) / requests)
  return sized(size, errors, requests, 'requests')
}

function sized(size: ReturnType<typeof hiddenIn>, failed: number, of: number, what: string): Sized[] {
  if (size === undefined || !(size.less > 0 || size.more > 0)) return []
  const text =
    `${formatCount(failed)} of ${formatCount(of)} ${what} failed, and what fails may be faster than what passes. ` +
    'Fix the failing requests first.'
  return [{ ...size, kind: 'failures', reasons: [text], isTold: false }]
}
