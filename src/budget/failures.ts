import { formatCount } from '../ground/units.ts'
import { errorRateOf } from '../measure/error-rate.ts'
import { cutIn } from '../measure/histogram.ts'
import type { LoadReport, StepStatistics } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { isLatency, metricOf } from './metrics/index.ts'
import { hiddenIn } from './metrics/latency.ts'
import type { Sized } from './size.ts'

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
  return [{ ...size, kind: 'failures', texts: [text], isTold: false }]
}
