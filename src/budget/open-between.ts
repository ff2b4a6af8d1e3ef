import { formatCount, formatMs } from '../ground/units.ts'
import { lowered } from '../ground/words.ts'
import type { LoadReport } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { isOfRequests } from './budget-kinds.ts'
import type { Measured } from './figures.ts'
import { samplesNeeded, samplesToDecide } from './limits.ts'
import { holds, standing } from './standing.ts'

/** A run so many times as long is no advice any more. */
const LONGEST_FACTOR = 100

/** Why windows leave a budget open, if they do. */
export function openWindows(budget: Budget, measured: Measured): string[] {
  if (measured.windows === undefined || standing(measured, budget) !== 'open') return []
  const { all, tooFew } = measured.windows
  const over = all.filter(({ value }) => value === undefined || !holds(value, budget)).length
  const atLeast = all.filter(({ isLeast }) => isLeast).length
  if (over === 0 && atLeast > 0)
    return [`In ${atLeast} of ${all.length} windows it lies among requests that were cut without a response. ${ADVICE}`]
  if (over === 0) return [tooFewInWindows(budget, all.length, tooFew)]
  return [
    `${over} of ${all.length} windows seem to miss it, but so few samples cannot tell that from chance. Make the ` +
      'windows longer, or leave some room.',
  ]
}

/**
 * Why a percentile near its bound is not judged, if it is not: value, interval, number of samples, and how many more
 * would decide.
 *
 * @param run when it is known, the advice says how long to go on.
 */
export function openLatency(budget: Budget, measured: Measured, run?: LoadReport): string[] {
  const { quantile } = budget
  const { count, limits, cut } = measured
  if (standing({ ...measured, undelayed: undefined }, budget) !== 'open') return []
  if (cut !== undefined) return [openByCut(budget, cut, count)]
  if (quantile === undefined || limits?.within === undefined) return []
  const key = percentileIn(budget)
  const needed = samplesNeeded(quantile)
  if (count < needed) {
    const found =
      `${formatCount(count)} ${count === 1 ? 'sample is' : 'samples are'} too few for ${key}, ` +
      `${formatCount(needed)} are needed.`
    return [run === undefined ? found : `${found} ${advice(run, needed / count)}`]
  }
  const found =
    `${key} is only known to be between ${formatMs(limits.lower)} and ${formatMs(limits.upper)} (95 % confidence, ` +
    `${formatCount(count)} samples), and the bound lies between.`
  const more = samplesToDecide(quantile, limits.within / count) - count
  if (more > count * LONGEST_FACTOR)
    return [`${found} More samples will hardly decide: leave some room between the two.`]
  const wanted = Math.max(more, Math.ceil(count * LEAST_MORE))
  const about = `About ${formatCount(Number(wanted.toPrecision(2)))} more would decide if they are like these`
  return [run === undefined ? `${found} ${about}.` : `${found} ${about}: ${lowered(advice(run, 1 + wanted / count))}`]
}

const ADVICE = 'Fix what does not respond, or wait longer for it (timeout).'

function openByCut(budget: Budget, cut: number, count: number): string {
  const what = isOfRequests(budget) ? (budget.latency !== undefined ? 'streams' : 'requests') : 'iterations'
  const name = budget.metric === 'percentile' ? percentileIn(budget) : budget.metric
  return (
    `${formatCount(cut)} of ${formatCount(count)} ${what} were cut without a response: they would have taken longer ` +
    `than they waited, and ${name} lies among them. ${ADVICE}`
  )
}

const percentileIn = ({ key }: Budget): string => key.slice(key.search(/p[\d.]+$/))

function tooFewInWindows(budget: Budget, windows: number, tooFew: NonNullable<Measured['windows']>['tooFew']): string {
  const { quantile = 0.5, everyWindow = 0 } = budget
  const needed = samplesNeeded(quantile)
  const least = Math.min(...tooFew.map(({ count }) => count))
  const longer = Math.ceil((everyWindow * needed) / Math.max(1, least) / 1000) * 1000
  const of = `${tooFew.length} of ${windows} ${windows === 1 ? 'window has' : 'windows have'}`
  return (
    `${of} too few samples for ${percentileIn(budget)}: ${formatCount(least)}, and ${formatCount(needed)} are ` +
    `needed. Make the windows ${formatMs(longer)} or longer at this rate, or judge a lower percentile.`
  )
}

/** The estimate is rough, and one that says "two more" is of no use. */
const LEAST_MORE = 0.1

function advice({ shape, measured }: LoadReport, factor: number): string {
  if ('iterations' in shape)
    return `Run ${formatCount(Math.ceil(shape.iterations * factor))} iterations a user or more.`
  if (measured === 0) return 'Measure longer at this rate.'
  return `Measure for ${formatMs(Math.ceil((measured * factor) / 1000) * 1000)} or longer at this rate.`
}
