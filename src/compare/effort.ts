import type { Milliseconds } from '../ground/units.ts'
import type { WarmUpBounds } from '../load/thread/duet/protocol.ts'
import { FEWEST_PAIRS, LOOKS, type Look } from './decision.ts'
import type { Pair } from './pair.ts'
import { reachOf, sampleOf } from './statistics/sample.ts'

/** Pairs of blocks of a launch, until it is known how much they differ. */
export const BLOCKS = 10
const MOST = 12
/** Fewest of them; of latencies a launch has to have values enough for its percentiles. */
const LEAST = { times: 6, work: 3 }
/** Minimum number of looks if time is short. */
const LEAST_IN_HASTE = 4
/** Pairs of launches after which that is known well enough. */
const PAIRS = 3

/** Deviations of 6 % and 2.4 %, as two Node applications on two cores had. */
const USUAL = { blocks: 0.06 ** 2, launches: 0.024 ** 2 }

/** Variances of ln(head / base): of a pair of blocks, and of a pair of launches without what blocks explain of it. */
type Noise = typeof USUAL

type Figure = keyof Pair['blocks']['deviation']

/**
 * Noise of pairs: of CPU for each request where that is known, else of requests; undefined until there are enough.
 *
 * @param changeOf a pair, as ln(head / base) of a figure.
 */
export function noiseOf(
  pairs: readonly Pair[],
  changeOf: (pair: Pair, figure: Figure) => number | undefined,
): Noise | undefined {
  if (pairs.length < PAIRS) return undefined
  const figure: Figure = pairs.every(({ blocks }) => blocks.deviation.work) ? 'work' : 'requests'
  const blocks = sampleOf(pairs.map(pair => pair.blocks.deviation[figure] ?? Number.NaN)).mean ** 2
  const changes = pairs.map(pair => changeOf(pair, figure)).filter(change => change !== undefined)
  const counts = sampleOf(pairs.map(pair => pair.blocks.pairs)).mean
  // The variance of pairs that blocks do not explain is the variance of launches.
  const launches = Math.max(sampleOf(changes).deviation ** 2 - blocks / counts, blocks / 1_000)
  return Number.isFinite(blocks) && Number.isFinite(launches) ? { blocks, launches } : undefined
}

/** Time of a pair: the maximum for its launches, and the time of each pair of blocks. */
type PairCost = ReturnType<typeof costOf>

/** Costs of the pairs so far: the longest launch time, and blocks of the current length. */
export function costOf(pairs: readonly Pick<Pair, 'took' | 'blocks'>[]) {
  const besides = pairs.map(({ took, blocks }) => Math.max(0, took - blocks.pairs * blocks.took))
  return { beside: Math.max(...besides), block: pairs.at(-1)!.blocks.took }
}

/**
 * Bounds of the warm-up of a pair, unless the user gives others. Node.js applications were hot after 5,000 to 8,000
 * small requests, and after 2 s of larger ones. Of the time it is a twelfth, as a comparison has 6 to 16 pairs.
 */
export const warmUpWithin = (maxDuration: Milliseconds): WarmUpBounds => ({ requests: 10_000, time: maxDuration / 12 })

/**
 * Pairs of blocks per launch if there is enough time, so that time is spent where the noise is: between launches, or
 * within them. `m = sqrt((cL / cB) sB^2 / sL^2)`, with the cost of a pair of launches without its blocks and of a pair
 * of blocks, and the variances of a pair of blocks and of a pair of launches (T. Kalibera and R. Jones, Rigorous
 * Benchmarking in Reasonable Time, 2013).
 */
function wantedFor({ blocks, launches }: Noise, { beside, block }: PairCost): number {
  const wanted = Math.round(Math.sqrt(((beside / block) * blocks) / launches))
  return Math.min(MOST, Math.max(LEAST.times, Number.isFinite(wanted) ? wanted : BLOCKS))
}

/**
 * Pairs of blocks of the next pair of launches. Of those with which a look still fits into the time that is left, the
 * number by which the smallest change can be seen: more pairs see more, though each be shorter, since early looks have
 * strict levels.
 *
 * @param noise undefined until it is known.
 * @param pairs that count so far.
 * @param hasTimes whether latencies or rates have a budget.
 */
export function blocksWithin(
  noise: Noise | undefined,
  pairs: number,
  left: Milliseconds,
  cost: PairCost,
  hasTimes: boolean,
): number {
  const wanted = noise ? wantedFor(noise, cost) : BLOCKS
  const least = hasTimes ? LEAST.times : LEAST.work
  const fitting = (look: Look) => Math.floor((left / (look.pairs - pairs) - cost.beside) / cost.block)
  const ahead = LOOKS.filter(look => look.pairs > pairs)
  const { blocks, launches } = noise ?? USUAL
  const plans = ahead
    .map(look => ({ look, count: Math.min(wanted, fitting(look)) }))
    .filter(({ count }) => count >= least)
    .map(({ look, count }) => ({ count, reach: reachAt(look) * Math.sqrt(launches + blocks / count) }))
    .sort((a, b) => a.reach - b.reach)
  if (plans.length > 0) return plans[0]!.count
  if (pairs >= FEWEST_PAIRS) return wanted
  return Math.min(wanted, Math.max(Math.min(least, LEAST_IN_HASTE), fitting(ahead[0]!)))
}

/**
 * Pairs of blocks of the next pair of launches in which each of them has so many values.
 *
 * @param seen values of both sides in all blocks of some pairs.
 */
export function blocksForValues(needed: number, seen: { values: number; blocks: number }): number {
  // Few values may be more than there usually are.
  const each = Math.max(0, seen.values - 2 * Math.sqrt(seen.values)) / seen.blocks
  return Math.ceil(needed / each)
}

/** The most pairs of blocks of the next pair of launches with which the pairs of a decision fit into the time. */
export function mostBlocks(pairs: number, left: Milliseconds, { beside, block }: PairCost): number {
  return Math.max(0, Math.floor((left / Math.max(1, FEWEST_PAIRS - pairs) - beside) / block))
}

/**
 * Pairs of blocks of the next pair of launches if all that is needed are more requests: as many as decide at the next
 * look, or at a later one where that takes longer than there is time. Undefined where no look would.
 *
 * @param timesNeeded so many times the blocks so far are needed at a look.
 */
export function blocksForCounts(
  pairs: readonly Pick<Pair, 'blocks'>[],
  timesNeeded: (look: Look) => number | undefined,
  left: Milliseconds,
  { beside, block }: PairCost,
): number | undefined {
  const soFar = pairs.reduce((sum, { blocks }) => sum + blocks.pairs, 0)
  for (const look of LOOKS.filter(one => one.pairs > pairs.length)) {
    const ahead = look.pairs - pairs.length
    const blocks = Math.ceil((((timesNeeded(look) ?? Number.NaN) - 1) * soFar) / ahead)
    if (ahead * (beside + blocks * block) <= left) return Math.max(LEAST.work, blocks)
  }
  return undefined
}

/** The smallest change above a bound that a look can see, in deviations of a pair. */
const reachAt = ({ pairs, fail }: Look) => reachOf({ count: pairs, mean: 0, deviation: 1 }, fail)
