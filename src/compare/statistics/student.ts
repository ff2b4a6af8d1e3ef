import type { Sample } from './sample.ts'

/**
 * P(T <= t) of Student's distribution with a whole number of degrees of freedom, by its finite series. Source:
 * Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
 */
export function studentAtMost(t: number, freedom: number): number {
  const angle = Math.atan(t / Math.sqrt(freedom))
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)]
  const isOdd = freedom % 2 === 1
  let term = isOdd ? cosine : 1
  let sum = freedom === 1 ? 0 : term
  for (let j = isOdd ? 3 : 2; j < freedom; j += 2) {
    term *= ((j - 1) / j) * cosine * cosine
    sum += term
  }
  const within = isOdd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum
  return (1 + within) / 2
}

/** Quantile of Student's distribution for the probability `p`, which is above 0 and below 1. */
export function studentQuantile(p: number, freedom: number): number {
  if (p < 0.5) return -studentQuantile(1 - p, freedom)
  let [low, high] = [0, 1]
  while (studentAtMost(high, freedom) < p) [low, high] = [high, high * 2]
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2
    if (studentAtMost(middle, freedom) < p) low = middle
    else high = middle
  }
  return high
}

/**
 * The difference of the means of two independent samples, `to` less `of`, as the sample of which mean and standard
 * error are those of the difference (B. L. Welch, The Generalization of Student's Problem when Several Different
 * Population Variances Are Involved, 1947). Degrees of freedom are whole ones, rounded down, which makes intervals a
 * little wider.
 */
export function differenceOf(of: Sample, to: Sample): Sample {
  const [left, right] = [of, to].map(({ count, deviation }) => deviation ** 2 / count) as [number, number]
  const square = left + right
  const freedom = square ** 2 / (left ** 2 / (of.count - 1) + right ** 2 / (to.count - 1))
  // Without any variance, the formula would divide by zero.
  const count = 1 + Math.max(1, Math.floor(square === 0 ? of.count + to.count - 2 : freedom))
  return { count, mean: to.mean - of.mean, deviation: Math.sqrt(square * count) }
}
