import { isOfRequests } from '../budget/budget-kinds.ts'
import type { RelativeBudget } from '../budget/relative.ts'
import type { Finding } from '../ground/fault.ts'
import { formatCount, formatMs, formatNumber, type Milliseconds, type PerSecond } from '../ground/units.ts'
import type { LoadPlan } from '../load/plan/load-plan.ts'
import { gapOf } from '../load/thread/duet/blocks.ts'
import { FEWEST_PAIRS, LOOKS, look } from './decision.ts'
import { allowedDegradation } from './degradation.ts'
import { LEAST_ABOVE } from './judge.ts'
import { requestsFor } from './statistics/growth.ts'
import { shortSubject } from './words.ts'

/** Why a budget cannot be decided, and the changes that would decide it. */
type Unattainable = Required<Finding> & { budget: RelativeBudget }

interface Given {
  budgets: readonly RelativeBudget[]
  load: LoadPlan
  /** Requests of an iteration. */
  requestsPerRun: number
  maxDuration: Milliseconds
}

/** Part of the time of a pair in which load is on a side and counts, at most: half, without what is discarded. */
const SHARE = 0.45
/** Time of a pair of small applications that start fast, before its load counts: the start and the warm-up. */
const START: Milliseconds = 2_500
/** Time for that up to the first decision, at most half; the first pair does not count. */
const STARTS: Milliseconds = (1 + FEWEST_PAIRS) * START
/** Recommended load as a factor of the minimum, for machines that are slower to start. */
const ROOM = 1.25

/** Budgets that cannot be decided in the time, as far as the load says how many values it gives. */
export function unattainable({ budgets, load, requestsPerRun, maxDuration }: Given): Unattainable[] {
  const tooExact = budgets.flatMap(budget => growthOf(budget, maxDuration))
  const gap = gapOf(load, requestsPerRun)
  // Users that do not pause come round as often as responses let them.
  if (gap === 0) return tooExact
  const iterations: PerSecond = (load.model === 'open' ? 1 : load.maxVus) * (1000 / gap)
  const loaded = (maxDuration - Math.min(STARTS, maxDuration / 2)) * SHARE
  const tooRare = budgets.flatMap(budget => {
    const each = budget.of === 'requests' ? requestsPerRun : 1
    const values = Math.max(1, Math.floor((iterations * each * loaded) / 1000))
    const needed = valuesNeeded(budget)
    if (needed <= values) return []
    const times = (needed / values) * ROOM
    const longer = Math.ceil((STARTS + (loaded / SHARE) * times) / 10_000) * 10_000
    const kind = isOfRequests(budget) ? 'requests' : 'iterations'
    const found =
      `${shortSubject(budget)} takes ${formatCount(needed)} ${kind} of each side, and the load gives ` +
      `${formatCount(values)} in ${formatMs(maxDuration)} at most`
    const advice =
      `Give ${formatNumber(times, 2)} times the load, compare: { maxDuration: '${longer / 1000}s' }, or ` +
      `${budget.quantile === undefined ? 'a wider bound' : 'a lower percentile'}.`
    return [{ budget, found, advice }]
  })
  return [...tooExact, ...tooRare]
}

/** No load thread makes more requests to a side, which has load for less than half of the time. */
const MOST_REQUESTS: PerSecond = 10_000

/** A bound of growth that is too small for the memory of any application. */
function growthOf(budget: RelativeBudget, maxDuration: Milliseconds): Unattainable[] {
  if (budget.metric !== 'memoryGrowth') return []
  const [needed, most] = [requestsFor(allowedDegradation(budget)), Math.floor((MOST_REQUESTS * maxDuration) / 1000)]
  if (needed <= most) return []
  const found =
    `${shortSubject(budget)} takes ${formatCount(needed)} requests of each side, and no load gives more than ` +
    `${formatCount(most)} in ${formatMs(maxDuration)}`
  return [{ budget, found, advice: "Give a wider bound, such as 'base + 20KB/1000 requests'." }]
}

/** Values of each side without which a budget stays open at the first look; 0 if it may be decided by any. */
function valuesNeeded(budget: RelativeBudget): number {
  return FEWEST_PAIRS * (budget.quantile === undefined ? countsNeeded(budget) : leastOf(budget.quantile))
}

/** Values of a launch by which the first look knows that nothing fails; 0 of budgets of other figures. */
export function countsNeeded(budget: RelativeBudget): number {
  const allowed = allowedDegradation(budget)
  if (budget.metric !== 'errorRate' || allowed <= 0) return 0
  const passes = (of: number) => {
    const launches = Array.from({ length: FEWEST_PAIRS }, () => ({ failed: 0, of }))
    const sample = { count: FEWEST_PAIRS, mean: 0, deviation: 0, rates: { base: launches, head: launches } }
    return look([{ sample, allowed }], LOOKS[0]!)[0] !== 'open'
  }
  let count = 1
  while (!passes(count)) count = Math.ceil(count * 1.05)
  return count
}

const leastOf = (quantile: number) => Math.ceil(Number((LEAST_ABOVE / (1 - quantile)).toPrecision(12)))

/** Values of a launch that a percentile needs, with room for a launch that happens to have fewer. */
export function launchNeeds(quantile: number): number {
  const least = leastOf(quantile)
  return Math.ceil(least + 3 * Math.sqrt(least))
}
