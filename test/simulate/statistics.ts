/**
 * The Kolmogorov-Smirnov distance of a sample from a distribution: the most by which their cumulative curves differ.
 */
export function distance(sample: readonly number[], distribution: (x: number) => number): number {
  const sorted = sample.toSorted((a, b) => a - b)
  return sorted.reduce((most, x, index) => {
    const expected = distribution(x)
    const [below, above] = [expected - index / sorted.length, (index + 1) / sorted.length - expected]
    return Math.max(most, below, above)
  }, 0)
}

/** Of each value with the one after it. */
export function correlation(sample: readonly number[]): number {
  const mean = sample.reduce((sum, x) => sum + x, 0) / sample.length
  let [together, variance] = [0, 0]
  for (const [index, x] of sample.entries()) {
    variance += (x - mean) ** 2
    if (index > 0) together += (x - mean) * (sample[index - 1]! - mean)
  }
  return together / variance
}
