import { medianOf } from '../../ground/group.ts'

/**
 * How likely values that lie as high above `bound`, or higher, are where they lie symmetrically around it: Wilcoxon's
 * signed-rank test, one-sided, exact also with ties (every choice of signs is equally likely). Source: F. Wilcoxon,
 * Individual Comparisons by Ranking Methods, 1945; zeros are left out, as he does. 1 for nothing.
 */
export function signedRankAbove(values: readonly number[], bound: number): number {
  const distances = values.map(value => value - bound).filter(distance => distance !== 0)
  const sorted = distances.map(Math.abs).sort((a, b) => a - b)
  // Twice the mean rank, which is a whole number.
  const rankOf = (size: number) => sorted.indexOf(size) + sorted.lastIndexOf(size) + 2
  let ways = new Map([[0, 1]])
  let seen = 0
  for (const distance of distances) {
    const rank = rankOf(Math.abs(distance))
    if (distance > 0) seen += rank
    const next = new Map(ways)
    for (const [sum, count] of ways) next.set(sum + rank, (next.get(sum + rank) ?? 0) + count)
    ways = next
  }
  let atLeast = 0
  for (const [sum, count] of ways) if (sum >= seen) atLeast += count
  return atLeast / 2 ** distances.length
}

/**
 * Location of values of which some are far off, to either side: the median of the means of all pairs of them, each with
 * itself, too. It is as sharp as the mean where they are normal (95 %), and does not mind as many as 29 % that are not.
 * NaN for nothing. Source: J. Hodges and E. Lehmann, Estimates of Location Based on Rank Tests, 1963.
 */
export function hodgesLehmann(values: readonly number[]): number {
  const means = new Float64Array((values.length * (values.length + 1)) / 2)
  let at = 0
  for (const [index, value] of values.entries())
    for (let other = 0; other <= index; other++) means[at++] = (value + values[other]!) / 2
  means.sort()
  return medianOf(means)
}
