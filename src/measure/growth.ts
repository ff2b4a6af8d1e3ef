import type { Growth } from './report.ts'

export interface Point {
  x: number
  y: number
}

/** Readings near to one another say much the same: so many means of neighbours are compared. */
const BLOCKS = 30
/** The standard normal deviate of 95 %. */
const DEVIATE = 1.6449
/** Residuals that differ by a smaller share of the figure are equal: floating point is no finer. */
const GRAIN = 1e-9
/** Means of neighbours that are more alike than this are taken for a walk, whose steps alone are independent. */
const WALK = 0.9

/**
 * The slope of a line through points that are in the order of `x`, and how sure it is; undefined for fewer than three,
 * or where `x` stands still.
 *
 * The slope is the median of the slopes between all pairs (Theil, A Rank-invariant Method of Linear Regression
 * Analysis, 1950), which a few peaks do not move. Its limits are the pairs' slopes at the ranks that Kendall's S gives
 * (Sen, Estimates of the Regression Coefficient Based on Kendall's Tau, 1968). Memory is like what it was a moment ago,
 * so that readings are worth less than their number: the variance of S is taken n / n* times, as Hamed and Rao do (A
 * Modified Mann-Kendall Trend Test for Autocorrelated Data, 1998), with n* = n (1 - r) / (1 + r) (Bayley and
 * Hammersley, The "Effective" Number of Independent Observations, 1946), where r is the correlation of the residuals'
 * ranks with their neighbours', corrected for its bias (Marriott and Pope, Bias in the Estimation of Autocorrelations,
 * 1954).
 *
 * Memory that stays where it is until it jumps leaves no residuals to reckon with: r is near 1. Then it is taken for a
 * random walk with drift, whose slope is the mean of its steps, give or take their standard error (Box and Jenkins,
 * Time Series Analysis, 1970, 4.1).
 */
export function growthOf(points: readonly Point[]): Growth | undefined {
  const blocks = blocksOf(points)
  const slopes: number[] = []
  for (const [i, { x, y }] of blocks.entries()) {
    for (const later of blocks.slice(i + 1)) if (later.x > x) slopes.push((later.y - y) / (later.x - x))
  }
  if (blocks.length < 3 || slopes.length === 0) return undefined
  slopes.sort((a, b) => a - b)
  const value = (slopes[(slopes.length - 1) >> 1]! + slopes[slopes.length >> 1]!) / 2
  const grain = GRAIN * Math.max(...blocks.map(({ y }) => Math.abs(y)))
  const residuals = ranksOf(blocks.map(({ x, y }) => (grain > 0 ? Math.round((y - value * x) / grain) : 0)))
  const n = blocks.length
  const r = likeness(residuals)
  if (r > WALK) return { value, ...limitsOfWalk(blocks, value) }
  const deviation = DEVIATE * Math.sqrt(((n * (n - 1) * (2 * n + 5)) / 18) * Math.max(1, (1 + r) / (1 - r)))
  const lower = slopes[Math.floor((slopes.length - deviation) / 2) - 1]
  const upper = slopes[Math.ceil((slopes.length + deviation) / 2)]
  return { value, ...(lower !== undefined && upper !== undefined && { lower, upper }) }
}

function blocksOf(points: readonly Point[]): readonly Point[] {
  if (points.length <= BLOCKS) return points
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
  const from = (block: number) => Math.floor((block * points.length) / BLOCKS)
  return Array.from({ length: BLOCKS }, (_, block) => {
    const own = points.slice(from(block), from(block + 1))
    return { x: mean(own.map(({ x }) => x)), y: mean(own.map(({ y }) => y)) }
  })
}

/** How much each one is like the one before: their correlation, corrected for its bias. */
function likeness(ranks: readonly number[]): number {
  const n = ranks.length
  const middle = (n + 1) / 2
  let [variance, alike] = [0, 0]
  for (const [i, rank] of ranks.entries()) {
    variance += (rank - middle) ** 2
    alike += (rank - middle) * ((ranks[i + 1] ?? middle) - middle)
  }
  if (variance === 0) return 0
  const found = alike / variance
  return found + (1 + 3 * found) / n
}

/** Limits of the slope between the first point and the last; the value found is always within. */
function limitsOfWalk(points: readonly Point[], value: number): Pick<Growth, 'lower' | 'upper'> {
  const first = points[0]!
  const last = points.at(-1)!
  const count = points.length - 1
  const mean = (last.y - first.y) / count
  const steps = points.slice(1).map(({ y }, i) => y - points[i]!.y)
  const deviation = Math.sqrt(steps.reduce((sum, step) => sum + (step - mean) ** 2, 0) / (count - 1))
  const slope = (last.y - first.y) / (last.x - first.x)
  const reach = (DEVIATE * deviation * Math.sqrt(count)) / (last.x - first.x)
  return { lower: Math.min(value, slope - reach), upper: Math.max(value, slope + reach) }
}

/** Ranks from 1; those that are equal share their ranks' mean. */
function ranksOf(values: readonly number[]): number[] {
  const order = values.map((_, i) => i).sort((a, b) => values[a]! - values[b]!)
  const ranks = new Array<number>(values.length)
  for (let from = 0; from < order.length; ) {
    let to = from
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++
    for (const i of order.slice(from, to)) ranks[i] = (from + to + 1) / 2
    from = to
  }
  return ranks
}

/** Points to find the growth of later: in a long run every second one is let go, again and again. */
export class Trail<T> {
  readonly #most: number
  #kept: T[] = []
  #step = 1
  #seen = 0

  constructor(most = 2_048) {
    this.#most = most
  }

  add(point: T): void {
    if (this.#seen++ % this.#step !== 0) return
    this.#kept.push(point)
    if (this.#kept.length < this.#most) return
    this.#kept = this.#kept.filter((_, i) => i % 2 === 0)
    this.#step *= 2
  }

  get points(): readonly T[] {
    return this.#kept
  }
}
