import type { Bytes, Milliseconds } from '../../../ground/units.ts'
import type { LoadPlan } from '../../plan/load-plan.ts'
import type { WarmUpBounds } from './protocol.ts'

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
export function isWarm(rounds: readonly Round[], { requests, time, isWhole, isUsed }: WarmUpBounds): boolean {
  const sum = (of: 'requests' | 'took') => rounds.reduce((total, round) => total + round[of], 0)
  if (sum('requests') >= requests) return true
  if (isWhole || rounds.length === 0) return false
  if (sum('took') >= time) return true
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

/** Users of an open model in the warm-up, where none arrives by himself. */
const WARMING = 8

/** A round of the warm-up: iterations one after another, by the users of the load. */
export function roundOf(
  plan: LoadPlan,
  iterations: number,
  limit: Milliseconds,
  grace: Milliseconds,
  users = plan.model === 'open' ? WARMING : plan.maxVus,
): LoadPlan {
  const vus = Math.min(plan.maxVus, users, iterations)
  const { seed } = plan
  const times = {
    rampUp: 0,
    warmUp: 0,
    duration: limit,
    rampDown: 0,
    gracefulStop: grace,
    threads: 1,
    maxVus: vus,
    seed,
  }
  return { ...times, model: 'closed', kind: 'iterations', vus, iterations, shared: true }
}

/** Whether a load is as fast as its users are, like a round: a limiter may refuse a round of one with a rate. */
export const isUnlimited = (plan: LoadPlan): boolean =>
  plan.model === 'closed' && !('pacing' in plan && plan.pacing !== undefined)
