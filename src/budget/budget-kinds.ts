import type { Budget } from './budget.ts'
import type { Measured } from './measured.ts'
import { holds } from './standing.ts'

export function isAtMost({ operator }: Pick<Budget, 'operator'>): boolean {
  return operator === '<' || operator === '<='
}

export function isRate({ metric }: Pick<Budget, 'metric'>): boolean {
  return metric === 'rps' || metric === 'iterationRate' || metric === 'eventsRate'
}

export function isLatency({ metric }: Pick<Budget, 'metric'>): boolean {
  return metric === 'mean' || metric === 'max' || metric === 'percentile'
}

/** Whether it is about server-sent events. */
export function isOfEvents({ metric, latency }: Pick<Budget, 'metric' | 'latency'>): boolean {
  return metric === 'eventsRate' || latency === 'firstEvent'
}

/** Whether it is about requests, and not about whole iterations. */
export function isOfRequests({ of }: Pick<Budget, 'of'>): boolean {
  return of === 'step' || of === 'requests'
}

function fails(budget: Budget, { value }: Measured): boolean {
  return value !== undefined && !holds(value, budget)
}

/** Going on could not have mended it: one error is one too many, a peak stays a peak. */
export function isMissedForGood(budget: Budget, measured: Measured): boolean {
  if (measured.windows?.all.some(({ standing }) => standing === 'missed')) return true
  if (!isAtMost(budget) || !fails(budget, measured)) return false
  const { metric, bound, as } = budget
  return (
    metric === 'max' ||
    metric === 'memory' ||
    metric === 'heap' ||
    metric === 'gcPause' ||
    metric === 'series' ||
    ((metric === 'errorRate' || metric === 'contract') && bound === 0) ||
    ((metric === 'dropped' || metric === 'resent') && (as === 'count' || bound === 0))
  )
}

/** Whether it bounds the memory of the load generator. */
export function isOwnMemory({ of, metric }: Pick<Budget, 'of' | 'metric'>): boolean {
  return of === 'generator' && metric.startsWith('memory')
}
