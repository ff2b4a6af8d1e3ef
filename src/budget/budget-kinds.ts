import type { Budget } from './budget.ts'

export function isAtMost({ operator }: Pick<Budget, 'operator'>): boolean {
  return operator === '<' || operator === '<='
}

/** Whether it is about server-sent events. */
export function isOfEvents({ metric, latency }: Pick<Budget, 'metric' | 'latency'>): boolean {
  return metric === 'eventsRate' || latency === 'firstEvent'
}

/** Whether it is about requests, and not about whole iterations. */
export function isOfRequests({ of }: Pick<Budget, 'of'>): boolean {
  return of === 'step' || of === 'requests'
}

/** Whether it is about what a run of load does, and not about processes. */
export function isOfLoad({ of }: Pick<Budget, 'of'>): boolean {
  return of !== 'target' && of !== 'generator'
}

/** Whether it bounds the memory of the load generator. */
export function isOwnMemory({ of, metric }: Pick<Budget, 'of' | 'metric'>): boolean {
  return of === 'generator' && metric.startsWith('memory')
}
