import type { Milliseconds } from '../ground/units.ts'
import { binomialAtMost } from '../measure/binomial.ts'
import { firstWhere, mostOf, ranksOf } from '../measure/histogram.ts'
import type { LatencySummary } from '../measure/report.ts'

/** How sure a limit is: of a hundred runs the true value lies beyond a given limit in at most five. */
const CONFIDENCE = 0.95
/** The standard normal deviate that goes with it. */
const DEVIATE = 1.6449

/** Confidence limits of a percentile for this number of samples. */
export interface Limits {
  /** 0, or infinitely low, when there are too few samples for one. */
  lower: number
  /** Infinite if there are too few samples for one, or if it lies among those that were cut. */
  upper: number
  /** Samples of a percentile that are not above the bound. */
  within?: number
}

/**
 * Ranks (from 1) of the samples that are one-sided 95 % confidence limits of the q-quantile, for any distribution: of n
 * samples the number below the true quantile is binomial (n, q), so the u-th smallest is not below it with probability
 * P(X <= u - 1), and the l-th smallest not above it with P(X >= l). (Hahn and Meeker, Statistical Intervals, 5.2;
 * Conover, Practical Nonparametric Statistics, 3.2.) Undefined if no sample is a limit: the upper one of p99 exists
 * from 299 samples on, which is Wilks' number (`samplesNeeded`).
 */
export function limitRanks(n: number, q: number): { lower: number | undefined; upper: number | undefined } {
  const upper = 1 + firstWhere(n, k => binomialAtMost(k, n, q) >= CONFIDENCE)
  const lower = firstWhere(n, k => binomialAtMost(k, n, q) > 1 - CONFIDENCE)
  return { lower: lower >= 1 ? lower : undefined, upper: upper <= n ? upper : undefined }
}

export function limitsOf(summary: LatencySummary, q: number, bound: Milliseconds): Limits {
  const { lower, upper } = limitRanks(summary.count, q)
  const { valueAt, countUpTo } = ranksOf(summary)
  return {
    lower: lower === undefined ? 0 : valueAt(lower),
    upper: upper === undefined ? Number.POSITIVE_INFINITY : mostOf(summary)(upper),
    within: countUpTo(bound),
  }
}

/**
 * About how many samples it takes until the bound lies outside the limits, if the share of samples within it stays what
 * it is: the limits of a share f lie z sqrt(q (1 - q) / n) from q (normal approximation). Infinite where the share is
 * the quantile's own.
 */
export function samplesToDecide(q: number, share: number): number {
  const distance = Math.abs(share - q)
  return Math.ceil((DEVIATE ** 2 * q * (1 - q)) / distance ** 2)
}

/**
 * One-sided 95 % confidence limits of a share of which `hits` of `n` were seen (Clopper and Pearson, The Use of
 * Confidence or Fiducial Limits Illustrated in the Case of the Binomial, 1934).
 */
export function limitsOfShare(hits: number, n: number): { lower: number; upper: number } {
  const solve = (beyond: (p: number) => boolean) => {
    let [low, high] = [0, 1]
    for (let i = 0; i < 50; i++) {
      const middle = (low + high) / 2
      if (beyond(middle)) high = middle
      else low = middle
    }
    return (low + high) / 2
  }
  return {
    lower: hits === 0 ? 0 : solve(p => 1 - binomialAtMost(hits - 1, n, p) > 1 - CONFIDENCE),
    upper: hits === n ? 1 : solve(p => binomialAtMost(hits, n, p) < 1 - CONFIDENCE),
  }
}

/**
 * How many samples a percentile needs before its estimate says anything about the population. With n samples, none lies
 * above the true q-quantile with probability q^n; the highest sample bounds it from above with 95 % confidence once q^n
 * <= 0.05, so n = ln 0.05 / ln q: 5 for p50, 59 for p95, 299 for p99, 2,995 for p99.9. (Wilks, Determination of Sample
 * Sizes for Setting Tolerance Limits, 1941.)
 */
export function samplesNeeded(quantile: number): number {
  return Math.ceil(Number((Math.log(0.05) / Math.log(quantile)).toPrecision(12)))
}
