import { percentileOf } from '../../measure/histogram.ts'
import type { LatencySummary, LoadReport } from '../../measure/report.ts'
import type { DistributionData } from '../client/chart-data.ts'
import { stepsByShare } from '../step-shares.ts'
import { boundOf } from './bounds.ts'

/** Points per tenfold of rarity: between 90 % and 99 %, between 99 % and 99.9 %, and so on. */
const POINTS = 12
/** Nines of the last share that a histogram of a run can tell: one in a hundred thousand. */
const NINES = 5

const shares = Array.from({ length: POINTS * NINES + 1 }, (_, i) => 1 - 10 ** (-i / POINTS))

/**
 * Latency by percentile, of the iterations, of all requests and of each step. A line ends where one sample in all would
 * be rarer.
 */
export function distributionOf(report: LoadReport): DistributionData {
  const iterations = report.model === 'open' ? report.responseTime : report.serviceTime
  const steps = stepsByShare(report)
  const lines: { label: string; step?: string; summary: LatencySummary }[] = [
    { label: 'iterations', summary: iterations },
    // With a single step, both lines are equal.
    ...(steps.length > 1 ? [{ label: 'requests', summary: report.allRequests.serviceTime }] : []),
    ...steps.map(({ key, step }) => ({ label: key, step: key, summary: step.serviceTime })),
  ]
  const percentiles = report.budgets.filter(
    ({ metric, of, everyWindow }) => metric === 'percentile' && everyWindow === undefined && of === 'iterations',
  )
  return {
    shares: shares.map(share => Number(share.toPrecision(8))),
    lines: lines
      .filter(({ summary }) => summary.count > 0 && summary.histogram !== '')
      .map(({ summary, ...line }) => ({ ...line, latency: shares.map(share => latencyAt(summary, share)) })),
    bounds: percentiles.map(budget => boundOf(budget)),
  }
}

function latencyAt(summary: LatencySummary, share: number): number | null {
  if ((1 - share) * summary.count < 1) return null
  return Number(percentileOf(summary, share).toPrecision(4))
}
