import { isExplainedByWaits } from '../measure/cpu-wait.ts'
import type { Doubt, LoadReport } from '../measure/report.ts'
import { formatMs, type Milliseconds, type Share } from '../units.ts'
import type { Budget } from './budget.ts'
import { doubtsAboutCapacity } from './capacity.ts'
import { endedFor } from './ended-by.ts'
import { holds } from './holds.ts'
import { type Measured, usageOf } from './measured.ts'
import { openBetween } from './open-between.ts'

/**
 * Why a figure of a run decides nothing, in sentences. A doubt taints only what it can have changed:
 *
 * | doubt | taints |
 * | --- | --- |
 * | cut short | every budget but the one for which the run was ended, and what is missed for good: a count, a peak, `errorRate: 0`, a window |
 * | generator saturated, dropped arrivals | rates and latencies: what the API did under the load that was asked for is not known |
 * | warm-up never steady | latencies and rates that are no further from their bound than twice what still changed; all of them when that is not known |
 * | generator starved | latencies that are no further from their bound than three times what was waited in the worst second, and rates that were missed |
 * | late starts, late answers | latencies that they come near (over a tenth of bound and value), and rates that were missed |
 * | GC pauses, stolen or throttled CPU, stood still, clock jump | latencies that were missed, if the longest comes near the value and all together touch enough requests to move that figure; rates that were missed by no more than twice their share of the window |
 * | target changed | memory and CPU of the application that were kept |
 * | generator limit, machine limit | a capacity that was missed or left open; no other doubt but a run cut short taints it, since each rate was judged by itself |
 * | too few samples, or a bound between a percentile's confidence limits | the percentile |
 *
 * None of them taints error rates: what failed has failed. Pauses make latencies longer and rates lower, so what was kept in spite
 * of them is kept.
 *
 * One exception: where iterations were dropped at *our* limit, but those that were started took longer than allowed even
 * without their wait, the latency budget has failed. The dropped ones would not have made the API faster.
 */
export function doubtsAbout(report: LoadReport, budget: Budget, measured: Measured): string[] {
  if (budget.metric === 'capacity') return doubtsAboutCapacity(report, budget, measured)
  const ended = endedFor(report, budget) !== undefined
  const cut = ended || report.doubts.some(({ kind }) => kind === 'cut short')
  const unsaid =
    report.state === 'cut short' && !cut && !isMissedForGood(budget, measured)
      ? [`The run was cut short after ${formatMs(report.measured)}.`]
      : []
  const told = report.doubts
    .filter(doubt => !(ended && doubt.kind === 'cut short') && taints(doubt, budget, measured))
    .map(doubt => doubt.text)
  return [...told, ...unsaid, ...lost(report, budget, measured), ...openBetween(budget, measured, report)]
}

/** Why a target was not seen to the end, where no doubt of the run says it. */
function lost(report: LoadReport, budget: Budget, measured: Measured): string[] {
  const usage = budget.of === 'target' ? usageOf(report, budget) : undefined
  if (usage?.lost === undefined || isMissedForGood(budget, measured)) return []
  const isTold = report.doubts.some(
    doubt => doubt.kind === 'target changed' && doubt.target === budget.target,
  )
  return isTold ? [] : [`Its readings ended before the measured window did: ${usage.lost}`]
}

function taints(doubt: Doubt, budget: Budget, measured: Measured): boolean {
  switch (doubt.kind) {
    case 'cut short':
      return !isMissedForGood(budget, measured)
    case 'generator saturated':
      return isRate(budget) || isLatency(budget)
    case 'generator starved':
      return isLatency(budget)
        ? isExplainedByWaits(Math.abs((measured.value ?? budget.bound) - budget.bound), doubt.longest)
        : isRate(budget) && fails(budget, measured)
    case 'late starts':
    case 'late answers':
      return isLatency(budget)
        ? comesNear(doubt.p99, budget, measured)
        : isRate(budget) && fails(budget, measured)
    case 'dropped arrivals':
      return isRate(budget) || (isLatency(budget) && !failsAnyway(budget, measured))
    case 'GC pauses':
    case 'stolen CPU':
    case 'throttled CPU':
    case 'stood still':
    case 'clock jump':
      return fails(budget, measured) && mayExplain(doubt, budget, measured)
    case 'warm-up never steady':
      return (isRate(budget) || isLatency(budget)) && mayCross(doubt.change, budget, measured)
    case 'target changed':
      return budget.of === 'target' && budget.target === doubt.target && !fails(budget, measured)
    case 'generator limit':
    case 'machine limit':
    case 'too few samples':
      return false
  }
}

/** Whether a figure that goes on changing, up or down by so much twice over, may come to the other side of its bound. */
function mayCross(change: Share | undefined, { bound }: Budget, { value = bound }: Measured): boolean {
  if (change === undefined || value === 0 || bound === 0) return true
  return Math.max(value / bound, bound / value) <= (1 + change) ** 2
}

/** What is smaller than this share of a figure does not decide whether that meets its bound. */
const NEAR: Share = 0.1

function comesNear(delay: Milliseconds, { bound }: Budget, { value = 0 }: Measured): boolean {
  return delay > NEAR * Math.max(bound, value)
}

/** Whether stretches in which nothing could be done may be why a latency or a rate was missed. */
function mayExplain(
  { longest, share }: { longest: Milliseconds; share: Share },
  budget: Budget,
  { value = 0 }: Measured,
): boolean {
  if (isRate(budget)) return share * 2 >= 1 - value / budget.bound
  if (!isLatency(budget) || longest <= NEAR * value) return false
  // Requests that began or were to end within one are touched: about twice their share of the window.
  const touched = Math.min(1, share * 2)
  if (budget.metric === 'mean') return touched * (longest / 2) > NEAR * value
  return budget.quantile === undefined || touched > NEAR * (1 - budget.quantile)
}

/** Going on could not have mended it: one error is one too many, a peak stays a peak. */
function isMissedForGood(budget: Budget, measured: Measured): boolean {
  if (measured.windows?.all.some(({ standing }) => standing === 'missed')) return true
  if (!isAtMost(budget) || !fails(budget, measured)) return false
  const { metric, bound, as } = budget
  return (
    metric === 'max' ||
    metric === 'memory' ||
    metric === 'heap' ||
    metric === 'gcPause' ||
    metric === 'series' ||
    (metric === 'errorRate' && bound === 0) ||
    (metric === 'dropped' && (as === 'count' || bound === 0))
  )
}

function fails(budget: Budget, { value }: Measured): boolean {
  return value !== undefined && !holds(value, budget)
}

function failsAnyway(budget: Budget, { value, serviceTime = value }: Measured): boolean {
  return isAtMost(budget) && serviceTime !== undefined && !holds(serviceTime, budget)
}

function isAtMost({ operator }: Budget): boolean {
  return operator === '<' || operator === '<='
}

function isRate({ metric }: Budget): boolean {
  return metric === 'rps' || metric === 'iterationRate'
}

export function isLatency({ metric }: Pick<Budget, 'metric'>): boolean {
  return metric === 'mean' || metric === 'max' || metric === 'percentile'
}
