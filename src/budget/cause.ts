import { basename } from 'node:path'
import { ended } from '../ground/fault.ts'
import { formatCount, formatMs, formatRate } from '../ground/units.ts'
import { capitalized, counted } from '../ground/words.ts'
import { worstFirst } from '../measure/report/bounds.ts'
import type { DoubtWords } from '../measure/report/verdict.ts'
import type { ErrorGroup, Judged, LoadReport, Reason } from '../measure/report.ts'
import type { Budget } from './budget.ts'

/** Most common error of a budget's subject, as a sentence; empty without failures. */
export function errorsBehind(report: LoadReport, { of, step }: Budget): (string | Reason)[] {
  const errors = report.errors.filter(error => of !== 'step' || error.step === step)
  const [first] = worstFirst(errors)
  if (first === undefined) return []
  const which = errors.length === 1 ? 'error' : `of ${errors.length} kinds of error`
  const error = describeError(first)
  return [
    { kind: 'error', of: error, text: ended(`Most common ${which}: ${error}`) },
    ...limiterIn(report, first),
    ...filesIn(report),
  ]
}

/** Open files of the application if they have become many more, or nearly as many as it may have. */
function filesIn({ target }: LoadReport): string[] {
  const { start = 0, most = 0, limit = 0 } = target?.openFiles ?? {}
  if (most < 0.95 * limit && most < 2 * start + 100) return []
  const rise = `${formatCount(start)} to ${formatCount(most)}`
  return most === 0 ? [] : [`Open files of the application went from ${rise}, and it may have ${formatCount(limit)}.`]
}

const OF_LIMITERS = new Set([429, 503])

/**
 * When a limiter began to refuse requests, to the second. Nothing where other failures of that kind may have come
 * before.
 */
function limiterIn({ errors, series }: LoadReport, { kind, exemplars }: ErrorGroup): string[] {
  const statusOf = (of: ErrorGroup['exemplars']) => of.find(({ response }) => response)?.response?.status
  const status = statusOf(exemplars) ?? 0
  const isAlone = errors.every(error => error.kind !== kind || statusOf(error.exemplars) === status)
  const at = series.findIndex(({ errorKinds }) => (errorKinds?.[kind] ?? 0) > 0)
  if (!OF_LIMITERS.has(status) || !isAlone || at < 0) return []
  const { start, length, requests, errorKinds } = series[at]!
  const before = series.slice(0, at).reduce((sum, { requests }) => sum + requests, requests - (errorKinds?.[kind] ?? 0))
  if (before <= 0) return []
  const rate = formatRate((requests / length) * 1000).replace('/s', ' requests/s')
  const second = `between ${formatMs(start)} and ${formatMs(start + length)} into the run`
  return [`Status ${status} began ${second}, after ${formatCount(before)} requests, at ${rate}.`]
}

/** `1 attempt`, `327 attempts`: what failures are counted in, for an iteration may try a step several times. */
export function formatAttempts(count: number): string {
  return counted(count, 'attempt')
}

/** `shop.arazzo.yaml:31:9`: where an error comes about, short enough for a line of text. */
export const placeOf = ({ file, line, column }: NonNullable<ErrorGroup['at']>): string =>
  `${basename(file)}:${line}:${column}`

/** `200 attempts at list (shop.arazzo.yaml:31:9): $statusCode == 200 is not met (503)`. */
export function describeError(error: ErrorGroup): string {
  const { count, step, at } = error
  const place = at === undefined ? '' : ` (${placeOf(at)})`
  return `${formatAttempts(count)}${step && ` at ${step}`}${place}: ${messageOf(error)}`
}

/** The message of an error; of requests without a response, with the longest wait of the first. */
export function messageOf({ kind, message, exemplars }: ErrorGroup): string {
  const waited = Math.max(0, ...exemplars.map(({ latency }) => latency))
  if (kind !== 'no response' || waited === 0) return message
  return message.replace(/^no response\b/, `no response after ${formatMs(waited)}`)
}

/** Reasons, of which texts are those of no special kind. */
export const reasonsOf = (all: readonly (string | Reason)[]): Reason[] =>
  all.map(one => (typeof one === 'string' ? { kind: 'other', text: one } : one))

/** A doubt of the run as a reason. */
export const doubted = (doubt: DoubtWords & { kind: Judged['doubts'][number]['kind'] }): Reason => ({
  kind: 'doubt',
  of: doubt.kind,
  text: doubtText(doubt),
})

/** Sentences of reasons, in one text. */
export const textOf = (reasons: readonly Reason[]): string => reasons.map(({ text }) => text).join(' ')

/** `One in a hundred iterations started more than 12 ms late: the machine was busy. End other programs.` */
export function doubtText({ found, cause, advice = [] }: DoubtWords): string {
  const seen = ended(cause === undefined ? found : `${found}: ${cause}`)
  const last = advice.at(-1)
  if (last === undefined) return seen
  const before = advice.slice(0, -1)
  return `${seen} ${capitalized(before.length === 0 ? last : `${before.join(', ')}, or ${last}`)}.`
}
