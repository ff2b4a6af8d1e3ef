import type { Milliseconds } from '../ground/units.ts'
import { LOOKS } from './decision.ts'
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
  const block = sampleOf(pairs.map(({ blocks }) => 2 * blocks.length)).mean
  const beside = Math.max(0, sampleOf(pairs.map(({ took, blocks }) => took - blocks.pairs * 2 * blocks.length)).mean)
  const wanted = Math.sqrt(((beside / block) * ofBlocks) / ofLaunches)
  return Number.isFinite(wanted) ? Math.min(MOST, Math.max(LEAST, Math.round(wanted))) : BLOCKS
}

/** What a pair costs: beside its blocks at most, and for each pair of blocks. */
export interface PairCost {
  beside: Milliseconds
  block: Milliseconds
}

export function costOf({ took, blocks }: Pair): PairCost {
  const block = 2 * blocks.length
  return { beside: Math.max(0, took - blocks.pairs * block), block }
}

/**
 * Pairs of blocks with which the first look comes within the time that is left: fewer than wanted where those would
 * not fit.
 *
 * @param pairs that count so far.
 */
export function blocksWithin(wanted: number, pairs: number, left: Milliseconds, { beside, block }: PairCost): number {
  const missing = LOOKS[0]!.pairs - pairs
  if (missing <= 0) return wanted
  return Math.min(wanted, Math.max(LEAST_IN_HASTE, Math.floor((left / missing - beside) / block)))
}

export type Figure = keyof Pair['blocks']['deviation']
