import { percentileOf } from '../measure/histogram.ts'
import type { LoadReport } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { isAtMost, isRate } from './budget-kinds.ts'
import { summaryOf } from './measured.ts'
import { type Size, UNKNOWN } from './size.ts'

const more = Number.POSITIVE_INFINITY

/**
 * How far a value can lie from what it would be with the share of a load that lost hosts had. In an open model it is
 * known how many arrivals that were at the most, `share / (1 - share)` of those that were due: all may have been
 * faultless and fast. In a closed model fast users would have come more often.
 */
export function sizeOfLost(report: LoadReport, budget: Budget, value: number): Size {
  const share = report.doubts.reduce((sum, doubt) => sum + (doubt.kind === 'lost host' ? doubt.share : 0), 0)
  if (!isAtMost(budget)) return UNKNOWN
  if (isRate(budget)) return { less: 0, more }
  if (report.model !== 'open' || budget.of !== 'iterations' || share >= 1) return UNKNOWN
  const { due, passed, failed } = report.measuredArrivals
  const missing = (due * share) / (1 - share)
  if (budget.metric === 'errorRate') return { less: (value * missing) / (passed + failed + missing), more }
  const { quantile } = budget
  const summary = summaryOf(report, budget)
  if (budget.metric !== 'percentile' || quantile === undefined || summary === undefined) return UNKNOWN
  const rank = quantile - ((1 - quantile) * missing) / summary.count
  return rank > 0 ? { less: value - percentileOf(summary, rank), more } : UNKNOWN
}
