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
