import { basename } from 'node:path'
import { formatAttempts } from '../budget/cause.ts'
import { given } from '../ground/given.ts'
import { formatMs, formatShare, type Milliseconds, type Share } from '../ground/units.ts'
import type { ErrorGroup, LoadReport } from '../measure/report.ts'

/** The step on which iterations spend most of their time. */
export interface SlowestStep {
  step: string
  /** Its part of the time of all iterations. */
  share: Share
  /** Of a request. */
  mean: Milliseconds
  p99: Milliseconds
}

/** Undefined where there is nothing to choose from. */
export function slowestStepOf({ steps, serviceTime }: LoadReport): SlowestStep | undefined {
  const all = serviceTime.mean * serviceTime.count
  const timed = Object.entries(steps).filter(([, step]) => step.serviceTime.count > 0)
  if (timed.length < 2 || !(all > 0)) return undefined
  const [slowest] = timed
    .map(
      ([
        step,
        {
          serviceTime: { count, mean, p99 },
        },
      ]) => ({ step, time: mean * count, mean, p99 }),
    )
    .sort((a, b) => b.time - a.time)
  const { step, time, mean, p99 } = slowest!
  return { step, share: Math.min(1, time / all), mean, p99 }
}

/** `pay takes 62 % of an iteration: 12.4 ms in the mean, p99 22 ms`. */
export function describeSlowestStep({ step, share, mean, p99 }: SlowestStep): string {
  return `${step} takes ${formatShare(share, 2)} of an iteration: ${formatMs(mean)} in the mean, p99 ${formatMs(p99)}`
}

/** The error that most attempts ended with. */
export interface CommonError extends Pick<ErrorGroup, 'step' | 'kind' | 'message' | 'count' | 'at'> {
  /** Of its responses; absent where none came. */
  status?: number
  /** How many other kinds of error there are. */
  others: number
}

export function mostCommonOf(errors: readonly ErrorGroup[]): ErrorGroup | undefined {
  const [first] = [...errors].sort((a, b) => b.count - a.count)
  return first
}

export function commonErrorOf({ errors }: LoadReport): CommonError | undefined {
  const first = mostCommonOf(errors)
  if (first === undefined) return undefined
  const { step, kind, message, count, at, exemplars } = first
  const status = exemplars.find(({ response }) => response?.status !== undefined)?.response?.status
  return given({ step, kind, message, count, at, status, others: errors.length - 1 })
}

/** `40 attempts at pay, status 503: $statusCode == 200 is not met, shop.arazzo.yaml:31:9; 2 other kinds of error`. */
export function describeCommonError({ step, kind, message, count, at, status, others }: CommonError): string {
  const where = step === '' ? '' : ` at ${step}`
  const place = at === undefined ? '' : `, ${basename(at.file)}:${at.line}:${at.column}`
  const more = others === 0 ? '' : `; ${others === 1 ? 'one other kind' : `${others} other kinds`} of error`
  const what = status === undefined ? kind : `status ${status}`
  return `${formatAttempts(count)}${where}, ${what}: ${message}${place}${more}`
}
