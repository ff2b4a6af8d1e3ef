import { chanceOfRates, leastOfRates, mostOfRates, type Rates } from './rates.ts'
import { studentAtMost, studentQuantile } from './student.ts'

/** Sample of independent values: count, mean, and standard deviation. */
export interface Sample {
  count: number
  mean: number
  deviation: number
  /**
   * Whether all values have one launch in common, whose own deviation is not in theirs: then their mean is off by that
   * of one more value (the interval for a single new observation).
   */
  isOneAgainstMany?: boolean
  /**
   * Minimum error of the mean, for any values: events that were never seen may be this frequent. It falls with the
   * number of values.
   */
  leastReach?: number
  /** Failures that the values are differences of: then these decide, and not how much the values differ. */
  rates?: Rates
}

export function sampleOf(values: readonly number[]): Sample {
  const count = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / count
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { count, mean, deviation: count > 1 ? Math.sqrt(squares / (count - 1)) : Number.NaN }
}

/** Standard error of the mean. */
function errorOf({ count, deviation, isOneAgainstMany }: Sample): number {
  return deviation * Math.sqrt(1 / count + (isOneAgainstMany ? 1 : 0))
}

/**
 * Half the width of the t interval in which the mean lies above (and as well below) with the probability `1 - level`,
 * one-sided. Infinite for fewer than two values.
 */
export function reachOf(sample: Sample, level: number): number {
  if (sample.count < 2) return Number.POSITIVE_INFINITY
  return Math.max(studentQuantile(1 - level, sample.count - 1) * errorOf(sample), sample.leastReach ?? 0)
}

/** The least that the mean may be, seen with a one-sided level. */
export function leastOf(sample: Sample, level: number): number {
  if (sample.rates !== undefined && sample.count > 1) return leastOfRates(sample.rates, level)
  return sample.mean - reachOf(sample, level)
}

/** The most that the mean may be, seen with a one-sided level. */
export function mostOf(sample: Sample, level: number): number {
  if (sample.rates !== undefined && sample.count > 1) return mostOfRates(sample.rates, level)
  return sample.mean + reachOf(sample, level)
}

/**
 * How likely a mean as high as this one, or higher, is if the true one is `bound`: one-sided t test, or score test of
 * two rates.
 */
export function chanceAbove(sample: Sample, bound: number): number {
  const { count, mean, deviation, rates } = sample
  if (count < 2) return 1
  if (rates !== undefined) return chanceOfRates(rates, bound)
  if (deviation === 0) return mean > bound ? 0 : 1
  return 1 - studentAtMost((mean - bound) / errorOf(sample), count - 1)
}
