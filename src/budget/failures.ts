import { own } from '../ground/object.ts'
import { formatCount } from '../ground/units.ts'
import { requestsOf } from '../measure/all-requests.ts'
import { percentileOf } from '../measure/histogram.ts'
import type { LoadReport } from '../measure/report.ts'
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
  const size = sizeIn(report, budget, value, failed / (passed + failed))
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
  const ofThese = isOfRequests(budget) ? shareOfRequests(report, budget) : share
  if (ofThese >= 1) return undefined
  if (budget.metric === 'mean') return { less: 0, more: value / (1 - ofThese) - value }
  const [summary, quantile] = [summaryOf(report, budget), budget.quantile]
  if (summary === undefined || summary.count === 0 || quantile === undefined) return undefined
  const rank = ofThese + quantile * (1 - ofThese)
  return { less: 0, more: percentileOf(summary, rank) - percentileOf(summary, quantile) }
}

/** Attempts that an action made good again are none: of each iteration that failed one was not. */
function shareOfRequests(report: LoadReport, { step }: Budget): number {
  const { errors = 0, requests = 0 } = (step === undefined ? requestsOf(report) : own(report.steps, step)) ?? {}
  return requests === 0 ? 0 : Math.min(errors, report.measuredArrivals.failed) / requests
}
