import type { Sample } from './sample.ts'

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
  // Neither varies: the formula has nothing to divide.
  const count = 1 + Math.max(1, Math.floor(square === 0 ? of.count + to.count - 2 : freedom))
  return { count, mean: to.mean - of.mean, deviation: Math.sqrt(square * count) }
}
