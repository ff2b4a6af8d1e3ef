import type { Milliseconds } from '../../../ground/units.ts'
import type { LoadPlan } from '../../plan/load-plan.ts'

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
