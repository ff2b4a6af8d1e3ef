import { basename } from 'node:path'
import { ended } from '../ground/fault.ts'
import { own } from '../ground/object.ts'
import { formatCount, formatMs, formatRate, formatShare } from '../ground/units.ts'
import { counted } from '../ground/words.ts'
import { requestsOf } from '../measure/all-requests.ts'
import { worstFirst } from '../measure/report/bounds.ts'
import type { ErrorGroup, LoadReport, StepStatistics } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { isAtMost, isLatency, isOfEvents } from './budget-kinds.ts'
import { contextOfCapacity } from './capacity.ts'
import { endedFor } from './ended-by.ts'
import { limitsOfShare } from './limits.ts'
import { type Measured, measuredOfStep, usageOf } from './measured.ts'
import { contextOfProcesses, noDataOfProcesses } from './processes.ts'

/** A response time this much above the service time is worth a word. */
const NOTABLE_WAIT = { factor: 1.1, atLeast: 1 }

/** What stands in brackets after a value that misses its bound: the figures it is made of. */
export function contextOf(report: LoadReport, budget: Budget, measured: Measured): string | undefined {
  if (measured.windows !== undefined) return contextOfWindows(measured.windows)
  const ended = endedFor(report, budget)
  if (ended !== undefined) return `the run was ended for it ${formatMs(ended.at)} into the measured window`
  const usage = budget.of === 'target' ? usageOf(report, budget) : undefined
  if (usage !== undefined) return contextOfProcesses(usage, budget)
  if (budget.of === 'generator') return contextOfProcesses(report.generator, budget)
  if (budget.of === 'requests') return contextOfStep(requestsOf(report), budget)
  if (budget.of === 'step') return contextOfStep(own(report.steps, budget.step ?? ''), budget)
  const { due, dropped, passed, failed } = report.measuredArrivals
  switch (budget.metric) {
    case 'rps':
    case 'iterationRate':
    case 'eventsRate':
      return undefined
    case 'capacity':
      return contextOfCapacity(report)
    case 'errorRate':
      return countOfErrors(failed, passed + failed, 'iterations', budget)
    case 'contract':
      return contextOfContract(requestsOf(report))
    case 'dropped':
      return `${formatCount(dropped)} of ${formatCount(due)} arrivals were never started`
    case 'resent':
      return `of ${formatCount(report.transport.requestsSent ?? report.requests)} requests, warm-up included`
  }
  return waitOf(measured, report)
}

function contextOfWindows({ worst, all }: NonNullable<Measured['windows']>): string {
  const missed = all.filter(({ standing }) => standing === 'missed').length
  const which = `from ${formatMs(worst.start)} to ${formatMs(worst.start + worst.length)} of the measured window`
  return all.length === 1 ? which : `${which}; ${missed} of ${all.length} windows missed it`
}

export function contextOfStep(step: StepStatistics | undefined, budget: Budget): string | undefined {
  if (step !== undefined && budget.metric === 'contract') return contextOfContract(step)
  if (step === undefined || budget.metric !== 'errorRate') return undefined
  const { errors, requests } = step
  // An attempt whose request could not be built is an error, and no request.
  if (errors > requests) return `${formatAttempts(errors)} failed, and ${formatCount(requests)} requests were sent`
  return countOfErrors(errors, requests, 'requests', budget)
}

/**
 * Errors are counted, not estimated: the share of this run is judged. How far another run's may lie from it is told.
 */
function countOfErrors(errors: number, of: number, what: string, { bound }: Budget): string {
  const found = `${formatCount(errors)} of ${formatCount(of)} ${what} failed`
  const { lower, upper } = limitsOfShare(Math.min(errors, of), of)
  if (errors >= of || lower > bound) return found
  return (
    `${found}: of so few, another run may have from ${formatShare(lower, 2)} to ${formatShare(upper, 2)}, with 95 % ` +
    'confidence'
  )
}

function contextOfContract({ contract }: StepStatistics): string | undefined {
  return contract && `${formatCount(contract.broken)} of ${formatCount(contract.checked)} responses`
}

/** `OpenAPI: 18 of 800 bodies checked`; undefined where all were, or there is nothing to check. */
export function uncheckedIn({ contract }: Pick<StepStatistics, 'contract'>): string | undefined {
  if (contract === undefined || contract.checked >= contract.responses) return undefined
  return `OpenAPI: ${formatCount(contract.checked)} of ${formatCount(contract.responses)} bodies checked`
}

/** Share that another run like it may have, if that would miss the bound that this one keeps. */
export function chanceOf({ value = 0, count, windows }: Measured, budget: Budget): string | undefined {
  if (budget.metric !== 'errorRate' || !isAtMost(budget) || windows !== undefined) return undefined
  const { upper } = limitsOfShare(Math.min(count, Math.round(value * count)), count)
  return upper > budget.bound
    ? `another run of ${formatCount(count)} may have up to ${formatShare(upper, 2)}`
    : undefined
}

function waitOf({ value, service }: Measured, { doubts }: LoadReport): string | undefined {
  if (value === undefined || service === undefined) return undefined
  const serviceTime = service.value
  const notable = value > serviceTime * NOTABLE_WAIT.factor && value - serviceTime >= NOTABLE_WAIT.atLeast
  const waited = doubts.some(({ kind }) => kind === 'waits for users' || kind === 'dropped arrivals')
  const why = waited ? 'arrivals waited for a free user' : 'iterations began later than they were due'
  return notable ? `service time ${formatMs(serviceTime)}: ${why}` : undefined
}

/** Sentences on where to look, for a budget that is missed. */
export function causesOf(report: LoadReport, budget: Budget): string[] {
  if (budget.of === 'target' || budget.of === 'generator') return []
  if (budget.metric === 'resent') return [WHY_RESENT]
  const errors = errorsBehind(report, budget)
  if (
    budget.of === 'step' ||
    isOfEvents(budget) ||
    budget.metric === 'errorRate' ||
    budget.metric === 'contract' ||
    budget.metric === 'capacity'
  )
    return errors
  const asked = askedTooLittle(report, budget)
  if (asked !== undefined) return [asked]
  return [...reasonsOfRate(report, budget), ...slowest(report, budget), ...errors]
}

const WHY_RESENT =
  'Each had gone out on a kept connection that had been idle, and that ended before a byte of the response had come. ' +
  'Look for a crash, a restart or a limit in the log of the application; if it closes idle connections on purpose, ' +
  'set "idleTimeout" of the connections to less.'

/** An open model makes no more than it is asked for, and a little less when the last responses are still out. */
function askedTooLittle(report: LoadReport, { metric, bound }: Budget): string | undefined {
  if (metric !== 'rps' && metric !== 'iterationRate') return undefined
  const { shape, rps, iterationRate } = report
  const asked = metric === 'rps' ? requestsAsked(report) : 'rate' in shape && shape.rate
  if (!asked) return undefined
  if (asked < bound) return `The load asks for ${formatRate(asked)} only: let it ask for more than the budget.`
  if ((metric === 'rps' ? rps : iterationRate) < asked * 0.99) return undefined
  return `The load asks for ${formatRate(asked)}, and no run makes more than that: leave some room between the two.`
}

/** Requests a second that a load asks for; of one in iterations, by what these had. */
function requestsAsked({ shape, requests, iterationRate, measured }: LoadReport): number | undefined {
  if ('rps' in shape) return shape.rps
  const ended = (iterationRate * measured) / 1_000
  return 'rate' in shape && shape.rate !== undefined && ended > 0 ? (shape.rate * requests) / ended : undefined
}

function reasonsOfRate({ shape, model, measuredArrivals, serviceTime }: LoadReport, budget: Budget): string[] {
  if (budget.metric !== 'rps' && budget.metric !== 'iterationRate') return []
  const { due, dropped } = measuredArrivals
  if (model === 'open' && dropped > 0)
    return [`${formatCount(dropped)} of ${formatCount(due)} arrivals were never started.`]
  if (!('vus' in shape) || serviceTime.count === 0) return []
  const users = counted(shape.vus, 'user')
  return [
    `In a closed model the responses set the pace: ${users}, ${formatMs(serviceTime.mean)} an iteration on average.`,
  ]
}

function slowest({ steps }: LoadReport, budget: Budget): string[] {
  if (Object.keys(steps).length < 2) return []
  const figure = isLatency(budget) ? budget : { metric: 'mean' as const }
  const name = figure.metric === 'percentile' ? budget.path.at(-1) : figure.metric
  const [first] = Object.entries(steps)
    .map(([key, step]) => ({ key, value: measuredOfStep(step, figure).value ?? 0 }))
    .sort((a, b) => b.value - a.value)
  return first && first.value > 0 ? [`Slowest step: ${first.key}, ${name} ${formatMs(first.value)}.`] : []
}

/** The most common error of what a budget is about, as a sentence; empty where nothing failed. */
export function errorsBehind(report: LoadReport, { of, step }: Budget): string[] {
  const errors = report.errors.filter(error => of !== 'step' || error.step === step)
  const [first] = worstFirst(errors)
  if (first === undefined) return []
  const which = errors.length === 1 ? 'error' : `of ${errors.length} kinds of error`
  return [ended(`Most common ${which}: ${describeError(first)}`), ...limiterIn(report, first), ...filesIn(report)]
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

/** Why there is nothing to judge. */
export function noDataIn(report: LoadReport, budget: Budget): string {
  if (report.state === 'not run') return `the load did not run: ${report.cause ?? 'the cause is not known'}`
  const cut = report.state === 'cut short' ? ['The run was cut short.'] : []
  const empty = own(report.windows ?? {}, budget.key)?.find(({ value }) => value === undefined)
  if (empty !== undefined && report.requests > 0)
    return (
      `nothing came in from ${formatMs(empty.start)} to ${formatMs(empty.start + empty.length)} of the measured ` +
      'window.'
    )
  if (budget.of === 'target') return [noDataOfProcesses(usageOf(report, budget), budget), ...cut].join(' ')
  if (budget.of === 'generator') return [noDataOfProcesses(report.generator, budget), ...cut].join(' ')
  if (isOfEvents(budget)) {
    const what = `no event${budget.step === undefined ? '' : ` of step ${budget.step}`} came in the measured window.`
    return [what, ...cut, ...errorsBehind(report, budget)].join(' ')
  }
  if (budget.metric === 'contract') {
    const whose = budget.step === undefined ? '' : ` of step ${budget.step}`
    const what = `no response${whose} was checked against an OpenAPI description in the measured window.`
    return [what, ...cut, ...errorsBehind(report, budget)].join(' ')
  }
  if (budget.of === 'step') {
    const what = `no request of step ${budget.step} got a response in the measured window.`
    return [what, ...cut, ...errorsBehind(report, budget)].join(' ')
  }
  if (budget.metric === 'capacity') return ['no rate was tried to its end.', ...cut].join(' ')
  if (report.capacity?.held === 0 && report.requests === 0)
    return `no rate held, so that nothing was measured at one. ${report.capacity.because ?? ''}`.trim()
  const what =
    budget.metric === 'rps' || budget.metric === 'resent' || budget.of === 'requests'
      ? 'request got a response'
      : budget.metric === 'dropped'
        ? 'arrival was due'
        : 'iteration ended'
  return [`no ${what} in the measured window.`, ...cut, ...errorsBehind(report, budget)].join(' ')
}
