import type { Milliseconds } from '../ground/units.ts'
import { LOOKS, type Look } from './decision.ts'
import type { Pair } from './pair.ts'
import { sampleOf } from './statistics/sample.ts'

/** Pairs of blocks of a launch, until it is known how much they differ. */
export const BLOCKS = 10
const LEAST = 6
/** What is still better than no look at all. */
const LEAST_IN_HASTE = 4
const MOST = 12
/** Pairs of launches after which that is known well enough. */
const PAIRS = 3

/**
 * Pairs of blocks that a launch should have, so that the time is spent where the noise is: between launches, or within
 * them. `m = sqrt((cL / cB) sB^2 / (2 sL^2))`, with the cost of a pair of launches beside its blocks and of a pair of
 * blocks, and the deviations of a pair of blocks and of a launch (T. Kalibera and R. Jones, Rigorous Benchmarking in
 * Reasonable Time, 2013). Of CPU for each request where that is known, else of requests.
 *
 * @param changeOf a pair, as ln(head / base) of a figure.
 */
export function blocksFor(
  pairs: readonly Pair[],
  changeOf: (pair: Pair, figure: Figure) => number | undefined,
): number {
  if (pairs.length < PAIRS) return BLOCKS
  const figure: Figure = pairs.every(({ blocks }) => blocks.deviation.cpuPerRequest) ? 'cpuPerRequest' : 'requests'
  const ofBlocks = sampleOf(pairs.map(({ blocks }) => blocks.deviation[figure] ?? Number.NaN)).mean ** 2
  const changes = pairs.map(pair => changeOf(pair, figure)).filter(change => change !== undefined)
  const counts = sampleOf(pairs.map(({ blocks }) => blocks.pairs)).mean
  // What blocks do not explain of the deviation of pairs is that of two launches.
  const ofLaunches = Math.max(sampleOf(changes).deviation ** 2 - ofBlocks / counts, ofBlocks / 1_000)
  const costs = pairs.map(costOf)
  const block = sampleOf(costs.map(({ block }) => block)).mean
  const beside = sampleOf(costs.map(({ beside }) => beside)).mean
  const wanted = Math.sqrt(((beside / block) * ofBlocks) / ofLaunches)
  return Number.isFinite(wanted) ? Math.min(MOST, Math.max(LEAST, Math.round(wanted))) : BLOCKS
}

/** What a pair costs: beside its blocks at most, and for each pair of blocks. */
export interface PairCost {
  beside: Milliseconds
  block: Milliseconds
}

export function costOf({ took, blocks }: Pair): PairCost {
  return { beside: Math.max(0, took - blocks.pairs * blocks.took), block: blocks.took }
}

/** What the warm-up of a pair may take: a thirtieth of the whole, since there are some fifteen, and 1.5 s at most. */
export const warmUpWithin = (maxDuration: Milliseconds): Milliseconds => Math.min(1_500, maxDuration / 30)

/**
 * Pairs of blocks with which looks come within the time that is left: fewer than wanted where those would not fit. Two
 * more pairs of launches than the first look needs see half the change, so that blocks are given up for them first.
 *
 * @param pairs that count so far.
 */
export function blocksWithin(wanted: number, pairs: number, left: Milliseconds, { beside, block }: PairCost): number {
  const fitting = (look: Look) => Math.floor((left / (look.pairs - pairs) - beside) / block)
  const [first, second] = [LOOKS[0]!, LOOKS[1]!]
  if (pairs >= second.pairs) return wanted
  if (fitting(second) >= LEAST) return Math.min(wanted, fitting(second))
  return pairs >= first.pairs ? wanted : Math.min(wanted, Math.max(LEAST_IN_HASTE, fitting(first)))
}

export type Figure = keyof Pair['blocks']['deviation']
