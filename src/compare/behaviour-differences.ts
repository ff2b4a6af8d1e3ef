import { comparedOf } from '../budget/metrics/index.ts'
import { latenciesOf } from '../budget/metrics/latency.ts'
import type { RelativeBudget } from '../budget/relative.ts'
import { formatNumber, formatShare } from '../ground/units.ts'
import { errorRateOf } from '../measure/error-rate.ts'
import { mostAt } from '../measure/histogram.ts'
import { type LaunchFigures, type Pair, SIDES, type SideName } from './pair.ts'

/** Shares of errors, of requests to a step, and of arrivals without a user that differ by less say nothing. */
const DIFFERENT = 0.01

/** For a tail even a small share matters: fast failures are no longer in it. */
const differenceOf = ({ quantile }: RelativeBudget) =>
  quantile === undefined ? DIFFERENT : Math.min(DIFFERENT, (1 - quantile) / 5)

/** With more of its iterations failed, a side does not do what the workflow is about. */
const HOPELESS = 0.5

/**
 * Why figures of a budget do not compare: a step that fails on one side and passes on the other has done something else
 * there, and what fails is often fast. A budget of another step is touched by it only where that step is; one of the
 * error rate is about just that.
 */
export function behaviourDifferences(pairs: readonly Pair[], budget: RelativeBudget): string[] {
  const sides = { base: pairs.map(({ base }) => base), head: pairs.map(({ head }) => head) }
  return behaviourDifferencesBetween(sides, budget, pairs[0]?.routes)
}

/** Results of a launch: passed and failed requests. */
type LaunchOutcomes = Pick<
  LaunchFigures,
  'iterations' | 'started' | 'answers' | 'steps' | 'errors' | 'cause' | 'responseTime'
>
type Sides = Record<SideName, readonly LaunchOutcomes[]>

/** Differences between launches that are not pairs. */
export function behaviourDifferencesBetween(
  sides: Sides,
  budget: RelativeBudget,
  routes: Pair['routes'] = {},
): string[] {
  const hopeless = SIDES.filter(side => failedShare(sides[side]) > HOPELESS)
  if (hopeless.length > 0) {
    const where = hopeless.length === 2 ? 'both sides' : hopeless[0]
    return [`most iterations failed on ${where}: ${firstError(sides[hopeless[0]!])}.`]
  }
  const dropped = droppedIn(sides, budget)
  if (budget.metric === 'errorRate') return dropped
  const keys = budget.step === undefined ? Object.keys(sides.head[0]?.steps ?? {}) : [budget.step]
  return [
    ...dropped,
    ...amongCut(sides, budget),
    ...keys.flatMap(key => stepOtherwise(sides, key, budget, routes[key])),
  ]
}

/** A percentile that lies among cut requests is not known. */
function amongCut(sides: Sides, budget: RelativeBudget): string[] {
  const { quantile } = budget
  if (quantile === undefined) return []
  const isCut = (launch: LaunchOutcomes) => {
    const summary = latenciesOf(launch, budget)
    return summary?.cut !== undefined && mostAt(summary, quantile) === Number.POSITIVE_INFINITY
  }
  const cut = SIDES.filter(side => sides[side].some(isCut))
  if (cut.length === 0) return []
  return [`the percentile lies among requests on ${cut.join(' and ')} that were cut without a response.`]
}

/** Advice for a step that fails on one side. */
const ADVICE = {
  base: 'Repair base, or compare with a commit in which the step passes.',
  head: 'Repair it on head, or give errorRate a budget.',
}

function stepOtherwise(sides: Sides, key: string, budget: RelativeBudget, route?: string): string[] {
  const different = differenceOf(budget)
  const step = `step "${key}"${route === undefined ? '' : ` (${route})`} is not the same on both sides`
  const [base, head] = SIDES.map(side => errorShare(sides[side], key)) as [number, number]
  if (Math.abs(base - head) > different) {
    const worse = head > base ? 'head' : 'base'
    const shares = `${formatShare(base, 2)} of its requests fail on base and ${formatShare(head, 2)} on head`
    return [`${step}: ${shares} (${firstError(sides[worse], key)}). ${ADVICE[worse]}`]
  }
  const statuses = statusesOtherwise(sides, key, different)
  if (statuses !== undefined) return [`${step}: ${statuses}.`]
  if (budget.step !== undefined) return []
  const [ofBase, ofHead] = SIDES.map(side => requestsEach(sides[side], key)) as [number, number]
  if (Math.abs(ofBase - ofHead) <= Math.max(DIFFERENT, 0.02 * Math.max(ofBase, ofHead))) return []
  const times = `it has ${formatNumber(ofBase, 2)} requests an iteration on base and ${formatNumber(ofHead, 2)} on head`
  return [`${step}: ${times}.`]
}

/** Five standard deviations of the difference of two shares, at most, for `1 / n` of both sides together. */
const BY_CHANCE = 2.5

/**
 * Names a status that is more frequent on one side. Criteria may accept statuses of different work, such as 304 or 500.
 */
function statusesOtherwise(sides: Sides, key: string, different: number): string | undefined {
  const [base, head] = SIDES.map(side => statusesOf(sides[side], key)) as [Statuses, Statuses]
  if (base.total === 0 || head.total === 0) return undefined
  const shareOf = ({ counts, total }: Statuses, status: string) => (counts.get(status) ?? 0) / total
  const differenceIn = (status: string) => Math.abs(shareOf(base, status) - shareOf(head, status))
  const chance = BY_CHANCE * Math.sqrt(1 / base.total + 1 / head.total)
  const all = [...new Set([...base.counts.keys(), ...head.counts.keys()])]
  const [status] = all.sort((a, b) => differenceIn(b) - differenceIn(a))
  if (status === undefined || differenceIn(status) <= Math.max(different, chance)) return undefined
  const shares = [base, head].map(side => formatShare(shareOf(side, status), 2))
  return `${shares[0]} of its responses have status ${status} on base and ${shares[1]} on head`
}

type Statuses = ReturnType<typeof statusesOf>

function statusesOf(launches: readonly LaunchOutcomes[], key: string) {
  const counts = new Map<string, number>()
  for (const { step, status, requests } of launches.flatMap(({ answers }) => answers))
    if (step === key) counts.set(status, (counts.get(status) ?? 0) + requests)
  return { counts, total: [...counts.values()].reduce((sum, count) => sum + count, 0) }
}

/**
 * Requests of a step for each iteration: another path through the workflow is other work. Of all of them, since what
 * is measured ends between the steps of an iteration, the more often the slower they are.
 */
function requestsEach(launches: readonly LaunchOutcomes[], key: string): number {
  const answers = launches.flatMap(launch => launch.answers.filter(({ step }) => step === key))
  const requests = answers.reduce((sum, group) => sum + group.requests, 0)
  const iterations = launches.reduce((sum, { started }) => sum + started, 0)
  return iterations === 0 ? 0 : requests / iterations
}

function droppedIn(sides: Sides, budget: RelativeBudget): string[] {
  // Rates and costs say nothing of arrivals that found no user.
  if (!comparedOf(budget)?.isOfStarted) return []
  return SIDES.flatMap(side => {
    const dropped = sides[side].reduce((sum, { iterations }) => sum + iterations.dropped, 0)
    const due = sides[side].reduce((sum, { iterations }) => sum + iterations.due, 0)
    if (due === 0 || dropped / due <= differenceOf(budget)) return []
    const share = formatShare(dropped / due, 2)
    return [
      `${share} of arrivals on ${side} found no free user, and are in no figure. Raise maxVus, or lower the rate.`,
    ]
  })
}

function failedShare(launches: readonly LaunchOutcomes[]): number {
  const sum = (of: (launch: LaunchOutcomes) => number) => launches.reduce((total, launch) => total + of(launch), 0)
  const failed = sum(({ iterations }) => iterations.failed + iterations.aborted)
  return errorRateOf({ passed: sum(({ iterations }) => iterations.passed), failed }) ?? 1
}

function errorShare(launches: readonly LaunchOutcomes[], key: string): number {
  const steps = launches.map(launch => launch.steps[key])
  const requests = steps.reduce((sum, step) => sum + (step?.requests ?? 0), 0)
  const errors = steps.reduce((sum, step) => sum + (step?.errors ?? 0), 0)
  return errorRateOf({ passed: Math.max(0, requests - errors), failed: errors }) ?? 0
}

/** The first message of failures in launches, of a step if it is named. */
export function firstError(launches: readonly LaunchOutcomes[], key?: string): string {
  for (const { errors } of launches) {
    const error = errors.find(({ step }) => key === undefined || step === key)
    if (error !== undefined) return error.message
  }
  return launches.find(({ cause }) => cause)?.cause ?? 'no response says why'
}
