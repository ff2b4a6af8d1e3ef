import { Random } from '../../../ground/random.ts'
import type { Bytes, Milliseconds } from '../../../ground/units.ts'
import type { LoadPlan, Pause } from '../../plan/load-plan.ts'
import type { PairTask, Place, WarmUpBounds } from './protocol.ts'

/** A slice, unless fewer beginnings of iterations, or iterations one after another, would find room in it. */
const SLICE: Milliseconds = 12
const IN_A_SLICE = 2
/** Unmeasured time at the beginning of a slice. */
export const DISCARD_OF_SLICE: Milliseconds = 2

/** A block should have room for so many slow iterations one after another, or beginnings of iterations. */
const ITERATIONS = 4
/** No block is made longer for iterations that take long, or for those that begin seldom. */
const LONGEST: Milliseconds = 2_000
const LONGEST_SELDOM: Milliseconds = 4_000

/**
 * Length of blocks for what is slow for an iteration, and the time between beginnings. Of the latter a whole number is
 * counted in every block: where they come once a block, they would all fall into what is discarded, or none.
 */
export function blockLength(
  { length, discard }: Pick<PairTask, 'length' | 'discard'>,
  slow: Milliseconds,
  gap: Milliseconds,
): Milliseconds {
  const gaps = Math.max(1, Math.min(ITERATIONS, Math.floor(LONGEST_SELDOM / gap)))
  const forSlow = Math.min(discard + ITERATIONS * slow, LONGEST)
  const forSeldom = discard + Math.min(gaps * gap, LONGEST_SELDOM)
  return Math.max(length, Math.ceil(forSlow), Math.ceil(forSeldom))
}

/**
 * Length of the slices of a block; undefined where fewer than two of each side would find room. The machine is slower
 * and faster by a fifth from one tenth of a second to the next where others share it: over two seconds of load, CPU
 * time of one build against itself differed by 7 % in turns of 100 ms, by 2 % in those of 20 (docs/decisions.md).
 */
export function sliceLength(length: Milliseconds, usual: Milliseconds, gap: Milliseconds): Milliseconds | undefined {
  const slice = Math.ceil(Math.max(SLICE, DISCARD_OF_SLICE + IN_A_SLICE * Math.max(usual, gap)))
  return 2 * slice <= length ? slice : undefined
}

/** Mean time between beginnings of iterations, or those of one user; 0 where each begins as the one before it ends. */
export function gapOf(plan: LoadPlan, requestsPerRun: number): Milliseconds {
  if (plan.model === 'open' && 'rate' in plan) return ((plan.kind === 'rps' ? requestsPerRun : 1) * 1000) / plan.rate
  return 'pacing' in plan && plan.pacing ? meanOf(plan.pacing) : 0
}

function meanOf(pause: Pause): Milliseconds {
  if (pause.kind === 'uniform') return (pause.from + pause.to) / 2
  return pause.kind === 'fixed' ? pause.length : pause.mean
}

/** A time in which one side has the load. */
export interface Turn {
  side: Place
  /** Whether it is a slice of a block, or a whole one. */
  isSlice: boolean
  /** Whether a block of this side ends with it. */
  endsBlock: boolean
}

const AB: readonly Place[] = [0, 1]
const BA: readonly Place[] = [1, 0]

/**
 * Turns of so many pairs of blocks. Two pairs after one another are ABBA or BAAB, at random: a drift and what spills
 * over from one block to the next hit both alike. Of an odd number of pairs the last one is at random. So are the
 * slices of a pair of blocks among themselves.
 *
 * @param slices of each side in a pair of blocks that is sliced; 0 where none is.
 * @param areBetween whether the pairs are whole, and a sliced one comes after each second of them, or the only one.
 */
export function turnsOf(pairs: number, seed: number, slices = 0, areBetween = false): Turn[] {
  const random = new Random(seed, 'blocks')
  const sliced = () => {
    const places = alternating(slices, random)
    return places.map((side, at) => ({ side, isSlice: true, endsBlock: places.lastIndexOf(side) === at }))
  }
  if (slices > 0 && !areBetween) return Array.from({ length: pairs }, sliced).flat()
  const whole = alternating(pairs, random).map(side => ({ side, isSlice: false, endsBlock: true }))
  if (slices === 0) return whole
  return Array.from({ length: pairs }, (_, pair) => {
    const isFollowed = pair % 2 === 1 || pairs === 1
    return [...whole.slice(2 * pair, 2 * pair + 2), ...(isFollowed ? sliced() : [])]
  }).flat()
}

function alternating(pairs: number, random: Random): Place[] {
  const places: Place[] = []
  for (let pair = 0; pair < pairs; pair += 2) {
    const [one, other] = random.below(2) === 0 ? [AB, BA] : [BA, AB]
    places.push(...one, ...(pair + 1 < pairs ? other : []))
  }
  return places
}

/** So many rounds in a row have to gain nothing. */
const STEADY = 3
/** A round has gained nothing if it is not cheaper than the best one by more than this. */
const GAIN = 0.02
/** A steady cost does not fall by more than this from the first of these rounds to the last one. */
const FALL = 0.1
/** Part of a bound that it has to reach at least: costs of few rounds seem steady by chance. */
const LEAST = { fresh: 0.5, used: 0.2 }

/** A round of one side. */
export interface WarmingRound {
  iterations: number
  requests: number
  cost: Milliseconds
  slow: Milliseconds
  usual: Milliseconds
  /** All requests to it by then. */
  asked: number
  /** Memory of its processes by then; undefined if that is not known. */
  memory: Bytes | undefined
}

/** A round on both sides. */
export interface Round {
  /** Requests to each side. */
  requests: number
  /** Geometric mean of the cost of an iteration on both sides. */
  cost: Milliseconds
  took: Milliseconds
}

/**
 * Whether a warm-up has had rounds enough: a bound is reached, or a part of one, and three rounds in a row gained no
 * more than 2 % on the best before them. Only gains count: other programs raise the cost of rounds by a fifth, and a
 * rule that looks for rounds of the same cost would not end before the bounds.
 */
export function isWarm(rounds: readonly Round[], { requests, time, isWhole, isFull, isUsed }: WarmUpBounds): boolean {
  const sum = (of: 'requests' | 'took') => rounds.reduce((total, round) => total + round[of], 0)
  if (sum('requests') >= requests) return true
  if (isWhole || rounds.length === 0) return false
  if (sum('took') >= time) return true
  if (isFull) return false
  const part = LEAST[isUsed ? 'used' : 'fresh']
  const isFar = sum('requests') >= part * requests || sum('took') >= part * time
  return isFar && isSteady(rounds.map(({ cost }) => cost))
}

function isSteady(costs: readonly Milliseconds[]): boolean {
  if (costs.length <= STEADY) return false
  const last = costs.slice(-STEADY)
  const best = Math.min(...costs.slice(0, -STEADY))
  return Math.min(...last) >= (1 - GAIN) * best && last.at(-1)! >= (1 - FALL) * last[0]!
}

/** Whether a load is as fast as its users are, like a round: a limiter may refuse a round of one with a rate. */
export const isUnlimited = (plan: LoadPlan): boolean =>
  plan.model === 'closed' && !('pacing' in plan && plan.pacing !== undefined)
