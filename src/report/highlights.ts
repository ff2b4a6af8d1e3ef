import { formatAttempts, messageOf, placeOf } from '../budget/cause.ts'
import { continued } from '../ground/fault.ts'
import { formatMs, formatShare, type Milliseconds, type Share } from '../ground/units.ts'
import { worstFirst } from '../measure/report/bounds.ts'
import type { ErrorGroup, LoadReport } from '../measure/report.ts'
import { stepsByShare } from './step-shares.ts'

/** The step on which iterations spend most of their time. */
export interface SlowestStep {
  step: string
  /** Its part of the time of all iterations. */
  share: Share
  /** Mean of a request. */
  mean: Milliseconds
  p99: Milliseconds
}

/** Undefined where there is nothing to choose from. */
export function slowestStepOf(report: LoadReport): SlowestStep | undefined {
  const [slowest, second] = stepsByShare(report).filter(({ step }) => step.serviceTime.count > 0)
  if (slowest === undefined || second === undefined || slowest.share === 0) return undefined
  const { mean, p99 } = slowest.step.serviceTime
  return { step: slowest.key, share: slowest.share, mean, p99 }
}

/** `pay takes 62 % of an iteration: 12.4 ms on average, p99 22 ms`. */
export function describeSlowestStep({ step, share, mean, p99 }: SlowestStep): string {
  return `${step} takes ${formatShare(share, 2)} of an iteration: ${formatMs(mean)} on average, p99 ${formatMs(p99)}`
}

/** The error that most attempts ended with. */
export interface CommonError extends Pick<ErrorGroup, 'step' | 'kind' | 'message' | 'count' | 'at'> {
  /** Status of its responses; absent without responses. */
  status?: number
  /** How many other kinds of error there are. */
  others: number
}

export function mostCommonOf(errors: readonly ErrorGroup[]): ErrorGroup | undefined {
  return worstFirst(errors)[0]
}

export function commonErrorOf({ errors }: LoadReport): CommonError | undefined {
  const first = mostCommonOf(errors)
  if (first === undefined) return undefined
  const { step, kind, count, at, exemplars } = first
  const status = exemplars.find(({ response }) => response?.status !== undefined)?.response?.status
  return { step, kind, message: messageOf(first), count, at, status, others: errors.length - 1 }
}

/** `40 attempts at pay, status 503: $statusCode == 200 is not met, shop.arazzo.yaml:31:9; 2 other kinds of error`. */
export function describeCommonError({ step, kind, message, count, at, status, others }: CommonError): string {
  const where = step === '' ? '' : ` at ${step}`
  const place = at === undefined ? '' : `, ${placeOf(at)}`
  const more = others === 0 ? '' : `; ${others === 1 ? 'one other kind' : `${others} other kinds`} of error`
  const what = status === undefined ? kind : `status ${status}`
  return `${formatAttempts(count)}${where}, ${what}: ${continued(message, place + more)}`
}
