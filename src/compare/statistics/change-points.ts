import { Random } from '../../ground/random.ts'

/** Where a series goes over to another level. */
export interface ChangePoint {
  /** Index of the first value of the new level. */
  at: number
  /** Share of random orders of the same values that look as much like a change, this order counted. */
  chance: number
}

export interface ChangePointOptions {
  /** Greatest chance at which a change is believed. Default 1 %: of a hundred series without one, one has a mark. */
  level?: number
  /** Fewest values of a level. Default 3. */
  shortest?: number
  /** Random orders that a series is held against. Default 999. */
  orders?: number
  seed?: number
}

/**
 * Finds changes of level by E-divisive: the split at which the energy distance of the two sides is greatest, believed
 * where few random orders of the same values have one as great, then the same on either side. It asks for no
 * distribution, and needs no threshold. Source: D. S. Matteson and N. A. James, A Nonparametric Approach for Multiple
 * Change Point Analysis of Multivariate Data, 2014; split by halves as in D. Daly et al., The Use of Change Point
 * Detection to Identify Software Performance Regressions in a Continuous Integration System, 2020.
 *
 * The same values give the same changes: orders are drawn from a seed.
 */
export function changePoints(values: readonly number[], options: ChangePointOptions = {}): ChangePoint[] {
  const { level = 0.01, shortest = 3, orders = 999, seed = 1 } = options
  const found: ChangePoint[] = []
  const parts: [from: number, to: number][] = [[0, values.length]]
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    const [from, to] = part
    if (to - from < 2 * shortest) continue
    const distances = distancesOf(values.slice(from, to))
    const split = bestSplit(distances, inOrder(to - from), shortest)
    if (!(split.distance > 0)) continue
    const random = new Random(seed, 'permutations', from * values.length + to)
    const chance = chanceOf(distances, split.distance, { random, shortest, orders, level })
    if (chance > level) continue
    const at = from + split.at
    found.push({ at, chance })
    parts.push([from, at], [at, to])
  }
  return found.sort((a, b) => a.at - b.at)
}

type Distances = readonly Float64Array[]

function distancesOf(values: readonly number[]): Distances {
  return values.map(value => Float64Array.from(values, other => Math.abs(value - other)))
}

function inOrder(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i)
}

/** Energy distance of the two sides of a split: twice the mean distance between them, less the means within each. */
function bestSplit(distances: Distances, order: Int32Array, shortest: number): { at: number; distance: number } {
  const count = order.length
  let [left, between, right] = [0, 0, 0]
  for (let i = 0; i < count; i++) for (let j = 0; j < i; j++) right += distances[order[i]!]![order[j]!]!
  let best = { at: shortest, distance: Number.NEGATIVE_INFINITY }
  for (let at = 1; at <= count - shortest; at++) {
    // One value goes over from the right to the left.
    const row = distances[order[at - 1]!]!
    let [toLeft, toRight] = [0, 0]
    for (let i = 0; i < at - 1; i++) toLeft += row[order[i]!]!
    for (let i = at; i < count; i++) toRight += row[order[i]!]!
    left += toLeft
    right -= toRight
    between += toRight - toLeft
    if (at < shortest) continue
    const [m, n] = [at, count - at]
    const apart = (2 * between) / (m * n) - left / pairsOf(m) - right / pairsOf(n)
    const distance = ((m * n) / (m + n)) * apart
    if (distance > best.distance) best = { at, distance }
  }
  return best
}

const pairsOf = (count: number) => (count < 2 ? 1 : (count * (count - 1)) / 2)

interface Held {
  random: Random
  shortest: number
  orders: number
  level: number
}

/** Given up as soon as it is above the level. */
function chanceOf(distances: Distances, seen: number, { random, shortest, orders, level }: Held): number {
  const order = inOrder(distances.length)
  const most = level * (orders + 1)
  let asGreat = 1
  for (let i = 0; i < orders && asGreat <= most; i++) {
    shuffle(order, random)
    if (bestSplit(distances, order, shortest).distance >= seen) asGreat++
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
