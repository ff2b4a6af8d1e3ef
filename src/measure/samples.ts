/**
 * The fewest values from which a percentile is worth judging: ten must be expected beyond it, n >= 10 / (1 -
 * q); 200 for p95, 1,000 for p99, 10,000 for p99.9. Below the median, ten on the near side: n >= 10 / q.
 *
 * The number of values beyond the q-quantile is binomial with mean n(1 - q). At a mean of ten its 95 % range
 * is 4 to 17, so that the figure still tells p99 from p98 and from p99.7; at a mean of one the figure is
 * whatever the slowest value happened to be. Ten is also where the normal approximation to the binomial, by
 * which such intervals are drawn, is taken to begin (Moore, McCabe and Craig, Introduction to the Practice of
 * Statistics, section 5.2: np >= 10 and n(1 - p) >= 10; for quantiles Le Boudec, Performance Evaluation of
 * Computer and Communication Systems, 2010, section 2.2).
 *
 * The smallest and the largest value (q 0 and 1) are facts about the sample, not estimates: one is enough.
 */
export function samplesNeeded(quantile: number): number {
  if (!(quantile >= 0 && quantile <= 1)) {
    throw new RangeError(
      `Failed to count samples: ${quantile} is not a share of one. Write 0.99 for the 99th percentile.`,
    )
  }
  if (quantile === 0 || quantile === 1) return 1
  // Rounded: 1 - 0.9 is 0.09999999999999998, which would ask for one more.
  return Math.ceil(Number((10 / Math.min(quantile, 1 - quantile)).toPrecision(12)))
}
