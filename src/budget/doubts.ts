import type { Doubt, LoadReport } from '../measure/report.ts'
import { formatMs } from '../units.ts'
import type { Budget } from './budget.ts'
import { holds } from './holds.ts'
import type { Measured } from './measured.ts'
import { openBetween } from './open-between.ts'

/**
 * Why a figure of a run decides nothing, in sentences.
 *
 * | doubt | taints |
 * | --- | --- |
 * | cut short | every budget |
 * | generator saturated, dropped arrivals | rates and latencies: what the API did under the load that was asked for is not known |
 * | late starts | latencies whose bound they come near (over a tenth of it), and rates that were missed |
 * | too few samples, or a bound between a percentile's confidence limits | the percentile |
 *
 * One exception: where iterations were dropped at *our* limit, but those that were started took longer than allowed even
 * without their wait, the latency budget has failed. The dropped ones would not have made the API faster.
 */
export function doubtsAbout(report: LoadReport, budget: Budget, measured: Measured): string[] {
  const cut = report.doubts.some(({ kind }) => kind === 'cut short')
  const unsaid =
    report.state === 'cut short' && !cut ? [`The run was cut short after ${formatMs(report.measured)}.`] : []
  const told = report.doubts.filter(doubt => taints(doubt, budget, measured)).map(doubt => doubt.text)
  return [...told, ...unsaid, ...openBetween(budget, measured, report)]
}

/** Starts that are late by less than this share of a bound do not decide whether it is met. */
const LATE_SHARE = 0.1

function taints(doubt: Doubt, budget: Budget, measured: Measured): boolean {
  switch (doubt.kind) {
    case 'cut short':
      return true
    case 'generator saturated':
      return isRate(budget) || isLatency(budget)
    case 'late starts':
      return isLatency(budget)
        ? doubt.p99 > LATE_SHARE * budget.bound
        : isRate(budget) && fails(budget, measured)
    case 'dropped arrivals':
      return isRate(budget) || (isLatency(budget) && !failsAnyway(budget, measured))
    case 'too few samples':
      return false
  }
}

function fails(budget: Budget, { value }: Measured): boolean {
  return value !== undefined && !holds(value, budget)
}

function failsAnyway(budget: Budget, { value, serviceTime = value }: Measured): boolean {
  const atMost = budget.operator === '<' || budget.operator === '<='
  return atMost && serviceTime !== undefined && !holds(serviceTime, budget)
}

function isRate({ metric }: Budget): boolean {
  return metric === 'rps' || metric === 'iterationRate'
}

export function isLatency({ metric }: Pick<Budget, 'metric'>): boolean {
  return metric === 'mean' || metric === 'max' || metric === 'percentile'
}
