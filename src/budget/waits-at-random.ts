import type { Milliseconds, Share } from '../ground/units.ts'
import { ranksOf } from '../measure/histogram.ts'
import type { LatencySummary } from '../measure/report.ts'

/** Waits that come at random, regardless of the requests in flight. */
export interface Waits {
  /** Average wait of a request: of one that takes no time itself, and in addition for each millisecond of its own. */
  first: Milliseconds
  slope: number
  /** Their mean length, each counted by its length, and the longest. */
  usual: Milliseconds
  longest: Milliseconds
  /** Requests that a wait holds up together. */
  together: number
  /** Share of the time that has nearly all of them. */
  within: Share
}

const RANKS = 64
const MOST_WAITS = 60

/**
 * Whether waits at random can have made of a figure, which a share of `quantile` of all requests keep to, what was
 * measured: at each latency, no more requests may be longer than were longer by themselves or were made
 * so by waits. A request was no longer by itself than it was measured.
 * @param confidence standard deviations.
 * @param otherDelay other delays that a request may have.
 */
export function canBe(
  figure: Milliseconds,
  quantile: Share,
  samples: LatencySummary,
  waits: Waits,
  confidence: number,
  otherDelay: Milliseconds = 0,
): boolean {
  const { count } = samples
  const { valueAt } = ranksOf(samples)
  const ranks = Array.from({ length: RANKS }, (_, i) => (i + 0.5) / RANKS)
  const values = ranks.map(rank => valueAt(Math.max(1, Math.ceil(rank * count))))
  const own = values.map(value => Math.min(value, figure))
  const looks = [...values, ...[0.995, 0.998].map(rank => valueAt(Math.ceil(rank * count)))]
  return looks.every((value, i) => {
    const least = value - otherDelay
    if (least <= figure) return true
    const above = i < RANKS ? 1 - ranks[i]! : i === RANKS ? 0.005 : 0.002
    const lengthened = own.reduce((sum, length) => sum + chanceOf(least - length, length, waits), 0) / RANKS
    const variance = quantile * (1 - quantile) + lengthened * waits.together
    return above <= 1 - quantile + lengthened + confidence * Math.sqrt(variance / count)
  })
}

/** How likely a request of so much time of its own waits for longer. */
function chanceOf(wait: Milliseconds, length: Milliseconds, waits: Waits): Share {
  const { first, slope, usual, longest, within } = waits
  const mean = first + slope * length
  // Exponential lengths, and a few long waits among many short ones, have the same mean and spread.
  const part = Math.min(1, usual / longest)
  const long = (part * mean) / longest
  const rest = wait - (1 - part) * mean
  const byLong = rest <= 0 ? 1 : 1 - poissonUpTo(Math.ceil(rest / longest) - 1, long)
  return within * Math.max(byLong, chanceOfSum(wait, mean, usual / 2))
}

function poissonUpTo(most: number, mean: number): Share {
  let [term, sum] = [Math.exp(-mean), 0]
  for (let n = 0; n <= most; n++) {
    sum += term
    term *= mean / (n + 1)
  }
  return Math.min(1, sum)
}

/** Chance that a sum of exponential lengths, whose number follows Poisson's law, is more than `wait`. */
function chanceOfSum(wait: Milliseconds, mean: Milliseconds, length: Milliseconds): Share {
  const [expected, x] = [mean / length, wait / length]
  let [some, gamma, upTo, chance] = [Math.exp(-expected), Math.exp(-x), 0, 0]
  for (let n = 0; n <= MOST_WAITS; n++) {
    chance += some * upTo
    // The sum of n + 1 lengths is more than x where no more than n of them have ended by then.
    upTo = Math.min(1, upTo + gamma)
    gamma *= x / (n + 1)
    some *= expected / (n + 1)
  }
  return Math.min(1, chance)
}
