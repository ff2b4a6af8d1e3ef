import { studentAtMost, studentQuantile } from './student.ts'

/** What is known of a sample of independent values: how many, their mean, and the standard deviation of one. */
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
   * What the mean may be off by at least, whatever the values: so many events that were never seen may be that rare.
   * It falls with the number of values.
   */
  leastReach?: number
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

/** How likely a mean as high as this one, or higher, is where the true one is `bound` (one-sided t test). */
export function chanceAbove(sample: Sample, bound: number): number {
  const { count, mean, deviation } = sample
  if (count < 2) return 1
  if (deviation === 0) return mean > bound ? 0 : 1
  return 1 - studentAtMost((mean - bound) / errorOf(sample), count - 1)
}
