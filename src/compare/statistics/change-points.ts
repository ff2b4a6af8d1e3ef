import { Random } from '../../ground/random.ts'
import type { Share } from '../../ground/units.ts'

/** Greatest chance at which a change is believed: of a hundred series without one, one has a mark. */
const LEVEL = 0.01
/** Fewest values of a level. */
const SHORTEST = 3
/** Number of random orders that a series is compared with. */
const ORDERS = 999
const SEED = 1

/**
 * Finds changes of level, each by the index of the first value of the new level and the share of random orders of the
 * same values that look as much like a change, by E-divisive: the split at which the energy distance of the two sides
 * is greatest, believed where few random orders of the same values have one as great, then the same on either side. It
 * asks for no distribution, and needs no threshold. Source: D. S. Matteson and N. A. James, A Nonparametric Approach
 * for Multiple Change Point Analysis of Multivariate Data, 2014; split by halves as in D. Daly et al., The Use of
 * Change Point Detection to Identify Software Performance Regressions in a Continuous Integration System, 2020.
 *
 * The same values give the same changes: orders are drawn from a seed.
 */
export function changePoints(values: readonly number[], level = LEVEL) {
  const found: { at: number; chance: number }[] = []
  const parts: [from: number, to: number][] = [[0, values.length]]
  for (let bounds = parts.pop(); bounds !== undefined; bounds = parts.pop()) {
    const [from, to] = bounds
    if (to - from < 2 * SHORTEST) continue
    const part = new Part(values.slice(from, to))
    const split = part.bestSplit(part.ranks)
    if (!(split.distance > 0)) continue
    const random = new Random(SEED, 'permutations', from * values.length + to)
    const chance = chanceOf(part, split.distance, random, ordersFor(to - from), level)
    if (chance > level) continue
    const at = from + split.at
    found.push({ at, chance })
    parts.push([from, at], [at, to])
  }
  return found.sort((a, b) => a.at - b.at)
}

/** Values of a part in an order of their own: random orders are orders of their ranks. */
class Part {
  /** Values less the smallest, ascending: equal values then have distances of exactly 0. */
  readonly #sorted: Float64Array
  /** Rank of each value, in the order of time. */
  readonly ranks: Int32Array
  /** Sum of the distances of a value to all others, by its rank. */
  readonly #toAll: Float64Array
  /** Sum of the distances of all pairs. */
  readonly #within: number
  /** Fenwick trees of the values on the left, by rank: how many, and their sum. */
  readonly #counts: Int32Array
  readonly #sums: Float64Array

  constructor(values: readonly number[]) {
    const places = [...values.keys()].sort((a, b) => values[a]! - values[b]! || a - b)
    const count = values.length
    this.#sorted = Float64Array.from(places, place => values[place]! - values[places[0]!]!)
    this.ranks = new Int32Array(count)
    this.#toAll = new Float64Array(count)
    this.#counts = new Int32Array(count + 1)
    this.#sums = new Float64Array(count + 1)
    const total = this.#sorted.reduce((sum, value) => sum + value, 0)
    let below = 0
    for (const [rank, place] of places.entries()) {
      const value = this.#sorted[rank]!
      this.ranks[place] = rank
      this.#toAll[rank] = value * rank - below + (total - below) - value * (count - rank)
      below += value
    }
    this.#within = this.#toAll.reduce((sum, distance) => sum + distance, 0) / 2
  }

  /**
   * Energy distance of the two sides of the best split: twice the mean distance between them, less the means within
   * each. Takes time by `n log n`.
   */
  bestSplit(order: Int32Array): { at: number; distance: number } {
    const count = order.length
    this.#counts.fill(0)
    this.#sums.fill(0)
    let [left, between, right, sumOfLeft] = [0, 0, this.#within, 0]
    let best = { at: SHORTEST, distance: Number.NEGATIVE_INFINITY }
    for (let at = 1; at <= count - SHORTEST; at++) {
      // One value goes over from the right to the left.
      const rank = order[at - 1]!
      const value = this.#sorted[rank]!
      const [below, sumBelow] = this.#below(rank)
      const toLeft = value * below - sumBelow + (sumOfLeft - sumBelow) - value * (at - 1 - below)
      const toRight = this.#toAll[rank]! - toLeft
      this.#add(rank, value)
      sumOfLeft += value
      left += toLeft
      right -= toRight
      between += toRight - toLeft
      if (at < SHORTEST) continue
      const [m, n] = [at, count - at]
      const apart = (2 * between) / (m * n) - left / pairsOf(m) - right / pairsOf(n)
      const distance = ((m * n) / (m + n)) * apart
      if (distance > best.distance) best = { at, distance }
    }
    return best
  }

  #below(rank: number): [count: number, sum: number] {
    let [count, sum] = [0, 0]
    for (let i = rank; i > 0; i -= i & -i) {
      count += this.#counts[i]!
      sum += this.#sums[i]!
    }
    return [count, sum]
  }

  #add(rank: number, value: number): void {
    for (let i = rank + 1; i < this.#counts.length; i += i & -i) {
      this.#counts[i]!++
      this.#sums[i]! += value
    }
  }
}

const pairsOf = (count: number) => (count < 2 ? 1 : (count * (count - 1)) / 2)

/** Long series are compared with fewer orders, and with enough for a chance of half a percent. */
const ordersFor = (count: number) => Math.min(ORDERS, Math.max(199, Math.round(1e6 / count)))

/** Sums of the same values in another order differ by less. */
const ROUNDING = 1e-9

/** Given up as soon as it is above the level. */
function chanceOf(part: Part, seen: number, random: Random, orders: number, level: Share): number {
  const order = part.ranks.slice()
  const least = seen * (1 - ROUNDING)
  const most = level * (orders + 1)
  let asGreat = 1
  for (let i = 0; i < orders && asGreat <= most; i++) {
    shuffle(order, random)
    if (part.bestSplit(order).distance >= least) asGreat++
  }
  return asGreat / (orders + 1)
}

/** Every order alike (R. A. Fisher and F. Yates; R. Durstenfeld, Algorithm 235, 1964). */
function shuffle(order: Int32Array, random: Random): void {
  for (let i = order.length - 1; i > 0; i--) {
    const j = random.below(i + 1)
    const kept = order[i]!
    order[i] = order[j]!
    order[j] = kept
  }
}
