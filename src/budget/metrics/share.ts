import type { Finding } from '../../ground/fault.ts'
import { formatCount, formatShare, type Share } from '../../ground/units.ts'
import { counted } from '../../ground/words.ts'
import { errorRateOf } from '../../measure/error-rate.ts'
import { cutIn } from '../../measure/histogram.ts'
import type { Budget, Doubt, ErrorGroup, LoadReport, Reason, StepStatistics } from '../../measure/report.ts'
import { isAtMost, isOfRequests } from '../budget-kinds.ts'
import { errorsBehind } from '../cause.ts'
import { type Figures, ifAny, type Measured, noneEnded, ofStep, requestsFor } from '../figures.ts'
import { limitsOfShare } from '../limits.ts'
import { lostSamples, type Size, type Sized, UNKNOWN } from '../size.ts'
import { standing } from '../standing.ts'
import { slowest } from './latency.ts'
import type { Metric, SideFigures } from './metric.ts'
import { count, countOrShare, share } from './units.ts'

type Bound = Pick<Budget, 'operator' | 'bound'>

const family = {
  family: 'share',
  natural: '<=',
  unit: share,
  places: ['iterations', 'requests', 'step'],
  wrongBound: findingOfWholeBound,
  isForGood: ({ bound }) => bound === 0,
} as const satisfies Partial<Metric>

/** Bounded by a count, or by a share of all. */
const counts = {
  ...family,
  unit: countOrShare,
  unitOf: ({ as }) => (as === 'count' ? count : share),
  traitsOf: (bound, input) => ({ as: Number.isInteger(bound) && !String(input).includes('%') ? 'count' : 'share' }),
  places: ['iterations'],
  wrongBound: (budget, input) => (budget.as === 'count' ? undefined : findingOfWholeBound(budget, input)),
  isForGood: ({ as, bound }) => as === 'count' || bound === 0,
} as const satisfies Partial<Metric>

const COMPARE_ERRORS = 'Compare errorRate.'

export const shares = {
  errorRate: {
    ...family,
    measure: (figures, budget) => {
      if (budget.of === 'iterations') {
        const { passed, failed } = figures.measuredArrivals
        return ifAny(passed + failed, figures.errorRate)
      }
      const { errors, requests } = requestsFor(figures, budget) ?? { errors: 0, requests: 0 }
      return ifAny(requests, errors / requests)
    },
    noData: (_, budget) => noneEnded(budget),
    reach: sizeOfStuck,
    reachOfLoss: (lost, report, budget, { value, count }) => {
      const samples = lostSamples(lost, report, budget)
      if (samples === undefined) return UNKNOWN
      const [errors, all] = [value * count, count + samples.missing]
      const most = Math.min(all, errors + samples.lighter + samples.missing)
      return { less: value - errors / all, more: most / all - value }
    },
    unsaid: endedByStop,
    context: (figures, budget) => {
      if (budget.of === 'iterations') {
        const { passed, failed } = figures.measuredArrivals
        return countOfErrors(failed, passed + failed, 'iterations', budget)
      }
      const { errors, requests } = requestsFor(figures, budget) ?? { errors: 0, requests: 0 }
      // An attempt whose request could not be built is an error, and no request.
      if (errors > requests)
        return `${counted(errors, 'attempt')} failed, and ${formatCount(requests)} requests were sent`
      return countOfErrors(errors, requests, 'requests', budget)
    },
    beside: (figures, budget, measured) =>
      [...chanceOf(measured, budget), ...uncheckedIn(requestsFor(figures, budget))].join('; ') || undefined,
    compared: {
      figure: (side, of) => {
        const { failed, of: all } = countedIn(side, of)
        return all > 0 ? failed / all : undefined
      },
      words: { worse: 'head fails more often', none: 'no growth' },
      usual: 'base + 0.1%',
      isAmount: true,
      isOfStarted: true,
    },
  },
  contract: {
    ...family,
    needs: 'contract',
    late: 'contract is judged over the whole measured window',
    isEstimate: true,
    measure: (figures, budget) => contractIn(requestsFor(figures, budget)),
    noData: (_, budget) =>
      `no response${ofStep(budget)} was checked against an OpenAPI description in the measured window.`,
    open: openContract,
    context: (figures, budget) => {
      const contract = requestsFor(figures, budget)?.contract
      return contract && `${formatCount(contract.broken)} of ${formatCount(contract.checked)} responses`
    },
    compared: 'Write an absolute bound: contract: 0.',
  },
  dropped: {
    ...counts,
    measure: ({ measuredArrivals: { due, dropped } }, { as }) => ifAny(due, as === 'count' ? dropped : dropped / due),
    noData: () => 'no arrival was due in the measured window.',
    context: ({ measuredArrivals: { due, dropped } }) =>
      `${formatCount(dropped)} of ${formatCount(due)} arrivals were never started`,
    causes: (report, budget) => [...slowest(report, budget), ...errorsBehind(report, budget)],
    compared: COMPARE_ERRORS,
  },
  resent: {
    ...counts,
    late: 'requests that were sent again are counted when the run is over',
    measure: (figures, { as }) => {
      const resent = figures.transport?.requestsResent ?? 0
      const sent = sentIn(figures)
      return ifAny(sent, as === 'count' ? resent : resent / sent)
    },
    noData: () => 'no request got a response in the measured window.',
    context: figures => `of ${formatCount(sentIn(figures))} requests, warm-up included`,
    causes: () => [WHY_RESENT],
    compared: COMPARE_ERRORS,
  },
} satisfies Partial<Record<Budget['metric'], Metric>>

const WHY_RESENT =
  'Each had gone out on a kept connection that had been idle, and that ended before a byte of the response had come. ' +
  'Look for a crash, a restart or a limit in the log of the application; if it closes idle connections on purpose, ' +
  'let it say after how long (Keep-Alive: timeout=5).'

/** Requests of the whole run; results of versions before count those of the window alone. */
const sentIn = ({ transport, requests }: Figures): number => transport?.requestsSent ?? requests

/** Shares that are the whole, or more: a number of 1 is meant as a percentage. */
export function findingOfWholeBound({ operator, bound }: Bound, input: unknown): Finding | undefined {
  if (bound < 1 || operator === '<') return undefined
  if (operator === '>') return { found: 'nothing is more than 100 %', advice: "Write a share such as '1%'." }
  const advice = Number(input) === 1 ? "Did you mean '1%'?" : "Write a share such as '1%'."
  return operator === '<='
    ? { found: 'the bound is 100 %, which no run can miss', advice }
    : { found: 'the bound is 100 %, which a run keeps in which nothing passes', advice }
}

/** Share of broken responses; those that were not checked may be as bad as the sample allows. */
function contractIn({ contract }: Pick<StepStatistics, 'contract'> = {}): Measured {
  const { responses = 0, checked = 0, broken = 0 } = contract ?? {}
  const found = ifAny(checked, broken / checked)
  if (checked === 0 || checked >= responses) return found
  const ofAll = (share: Share) => (broken + share * (responses - checked)) / responses
  const { lower, upper } = limitsOfShare(broken, checked)
  return { ...found, limits: { lower: ofAll(lower), upper: ofAll(upper) } }
}

function openContract(budget: Budget, { count, limits, value = 0 }: Measured): (string | Reason)[] {
  if (limits === undefined || standing({ value, count, limits }, budget) !== 'open') return []
  const [from, to] = [limits.lower, limits.upper].map(share => formatShare(share, 2))
  return [
    `Only ${counted(count, 'response')} ${count === 1 ? 'was' : 'were'} checked against the OpenAPI description: ` +
      `of all, ${from} to ${to} may not be as it says (95 % confidence). ` +
      "Check each: checks: 'all', and describe redirects that are followed.",
  ]
}

/** Errors are counted, not estimated: the share of this run is judged. The limit for another run is shown. */
function countOfErrors(errors: number, of: number, what: string, { bound }: Budget): string {
  const found = `${formatCount(errors)} of ${formatCount(of)} ${what} failed`
  const { lower, upper } = limitsOfShare(Math.min(errors, of), of)
  if (errors >= of || lower > bound) return found
  return (
    `${found}: of so few, another run may have from ${formatShare(lower, 2)} to ${formatShare(upper, 2)}, with 95 % ` +
    'confidence'
  )
}

/** Share that another run like it may have, if that would miss the bound that this one keeps. */
function chanceOf({ value = 0, count, windows }: Measured, budget: Budget): string[] {
  if (!isAtMost(budget) || windows !== undefined) return []
  const { upper } = limitsOfShare(Math.min(count, Math.round(value * count)), count)
  if (upper <= budget.bound) return []
  return [`another run of ${formatCount(count)} may have up to ${formatShare(upper, 2)}`]
}

/** `OpenAPI: 18 of 800 bodies checked`; none if all were, or there is nothing to check. */
export function uncheckedIn({ contract }: Pick<StepStatistics, 'contract'> = {}): string[] {
  if (contract === undefined || contract.checked >= contract.responses) return []
  return [`OpenAPI: ${formatCount(contract.checked)} of ${formatCount(contract.responses)} bodies checked`]
}

/**
 * Arrivals that were dropped because users waited for responses that never came might have failed as these did: the
 * error rate is then at most (failed + dropped) / due. Undefined if every response came, however slowly.
 */
function sizeOfStuck(doubt: Doubt, report: LoadReport, budget: Budget, { value }: { value: number }): Size | undefined {
  if (doubt.kind !== 'dropped arrivals' || !isStuck(report)) return undefined
  const { dropped } = doubt
  const { failed, started, due } = report.measuredArrivals
  if (budget.of === 'iterations') return { less: 0, more: Math.max(0, (failed + dropped) / due - value) }
  const step = requestsFor(report, budget)
  if (step === undefined || started === 0) return undefined
  // Each would have had as many requests as those that were started.
  const { requests, errors } = step
  const missing = (dropped * requests) / started
  return { less: 0, more: Math.max(0, (errors + missing) / (requests + missing) - value) }
}

/** Users that are stuck may have been so from the warm-up on. */
function isStuck({ responseTime, answers }: LoadReport): boolean {
  const isCut = ({ errors }: LoadReport['answers'][number]) => 'no response' in errors || 'timeout' in errors
  return cutIn(responseTime) > 0 || answers.some(isCut)
}

/**
 * Iterations and requests that a short graceful stop ended, though they had not waited longer than others: each may
 * have failed. The requests count as errors.
 */
function endedByStop(report: LoadReport, budget: Budget, { value = 0, windows }: Measured): Sized[] {
  const { passed, failed, aborted } = report.measuredArrivals
  if (aborted === 0) return []
  const doubt = (count: number, what: string, size: Size): Sized[] => {
    const text =
      `${counted(count, what)} had no response yet when the graceful stop was over, and had waited no longer than ` +
      'others had: whether they would have failed is not known. Raise requestTimeout, or the timeout of the step.'
    return size.less > 0 || size.more > 0 ? [{ kind: 'cut short', reasons: [text], ...size, isTold: true }] : []
  }
  if (budget.of === 'iterations') {
    // Aborted iterations of a run cut short, and of users that think, have no latency.
    const count = Math.max(0, Math.min(aborted, report.responseTime.count - passed - failed))
    return doubt(count, 'iteration', { less: 0, more: (errorRateOf({ passed, failed: failed + count }) ?? 0) - value })
  }
  const { requests = 0 } = requestsFor(report, budget) ?? {}
  const isMeant = ({ kind, step }: ErrorGroup) => kind === 'aborted' && (budget.of !== 'step' || step === budget.step)
  const count = report.errors.filter(isMeant).reduce((sum, group) => sum + group.count, 0)
  return doubt(count, 'request', { less: windows && count > 0 ? Number.POSITIVE_INFINITY : count / requests, more: 0 })
}

/** Failures that a comparison is about: of requests, or of iterations, which count in the warm-up, too. */
export function countedIn(
  side: Pick<SideFigures, 'iterations' | 'steps' | 'warmUp'>,
  of: Pick<Budget, 'of' | 'step'>,
): { failed: number; of: number } {
  const { passed, failed } = side.iterations
  const { warmUp = { failed: 0, of: 0 } } = side
  if (!isOfRequests(of)) return { failed: failed + warmUp.failed, of: passed + failed + warmUp.of }
  const { errors = 0, requests = 0 } = requestsFor(side, of) ?? {}
  return { failed: errors, of: requests }
}
