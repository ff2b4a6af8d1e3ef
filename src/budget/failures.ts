import { own } from '../ground/object.ts'
import { formatCount } from '../ground/units.ts'
import { requestsOf } from '../measure/all-requests.ts'
import { errorRateOf } from '../measure/error-rate.ts'
import { cutIn, mostAt, percentileOf } from '../measure/histogram.ts'
import type { LatencySummary, LoadReport, StepStatistics } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { isAtMost, isLatency, isOfEvents, isOfRequests, isRate } from './budget-kinds.ts'
import { summaryOf } from './measured.ts'
import type { Size } from './size.ts'

/** Of a rate of which more than this share failed nobody would say that the application made it. */
const MOST = 0.5

/** What failures may hide, and how they are told of; undefined where they hide nothing. */
export function sizeOfFailures(
  report: LoadReport,
  budget: Budget,
  value: number,
): (Size & { text: string }) | undefined {
  const { passed, failed } = report.measuredArrivals
  if (failed === 0 || passed === 0 || isOfEvents(budget)) return undefined
  const size = sizeIn(report, budget, value, errorRateOf({ passed, failed })!)
  const text =
    `${formatCount(failed)} of ${formatCount(passed + failed)} iterations failed, and what fails may be faster than ` +
    'what passes. Mend what fails.'
  return size && { ...size, text }
}

/**
 * With k of n failed, the q-quantile of those that passed is at most the (k + q (n - k))-th of all n: as where each
 * failure was faster than all that passed. Their mean, and what each request costs, is at most n / (n - k) of that of
 * all.
 */
function sizeIn(report: LoadReport, budget: Budget, value: number, share: number): Size | undefined {
  if (isRate(budget)) return share > MOST && !isAtMost(budget) ? { less: value * share, more: 0 } : undefined
  if (budget.metric === 'cpuPerRequest') return { less: 0, more: value / (1 - share) - value }
  if (!isLatency(budget) || budget.metric === 'max') return undefined
  const summary = summaryOf(report, budget)
  const ofThese = isOfRequests(budget) ? shareOfRequests(report, budget, summary) : share - shareOfCut(summary)
  return hiddenIn(summary, budget, value, ofThese)
}

/** Share of the samples that were cut: they are not fast failures, and the limits of the samples count them. */
const shareOfCut = (summary: LatencySummary | undefined): number =>
  summary === undefined || summary.count === 0 ? 0 : cutIn(summary) / summary.count

function hiddenIn(
  summary: LatencySummary | undefined,
  { metric, quantile }: Budget,
  value: number,
  share: number,
): Size | undefined {
  if (share >= 1 || share <= 0) return undefined
  if (metric === 'mean') return { less: 0, more: value / (1 - share) - value }
  if (summary === undefined || summary.count === 0 || quantile === undefined) return undefined
  const rank = share + quantile * (1 - share)
  return { less: 0, more: mostAt(summary, rank) - percentileOf(summary, quantile) }
}

/** The same of a step's figures alone, which do not tell what an action made good. */
export function sizeOfFailedAttempts(
  { errors, requests, serviceTime }: StepStatistics,
  budget: Budget,
  value: number,
): (Size & { text: string }) | undefined {
  if (errors === 0 || !isLatency(budget) || isOfEvents(budget)) return undefined
  const size = hiddenIn(serviceTime, budget, value, (errors - cutIn(serviceTime)) / requests)
  const text =
    `${formatCount(errors)} of ${formatCount(requests)} requests failed, and what fails may be faster than what ` +
    'passes. Mend what fails.'
  return size && { ...size, text }
}

/** Attempts that an action made good again are none: of each iteration that failed one was not. */
function shareOfRequests(report: LoadReport, { step }: Budget, summary: LatencySummary | undefined): number {
  const { errors = 0, requests = 0 } = (step === undefined ? requestsOf(report) : own(report.steps, step)) ?? {}
  const cut = summary === undefined ? 0 : cutIn(summary)
  return requests === 0 ? 0 : Math.min(errors - cut, report.measuredArrivals.failed) / requests
}
