import type { OptionFault } from '../../ground/fields.ts'
import type { Milliseconds } from '../../ground/units.ts'
import { hold, type LoadPlan } from '../../load/plan/load-plan.ts'

/** Longer than any comparison: the turns say when it ends. */
const ENDLESS: Milliseconds = 1e9

/**
 * Load of a comparison: the highest level of the plan, for all turns. Ramps, the plan's own warm-up and threads do not
 * apply. Think time of an open model is dropped, because it does not change the rate.
 */
export function comparable(
  plan: LoadPlan,
): { plan: LoadPlan; fault?: undefined } | { plan?: undefined; fault: OptionFault } {
  const { seed, maxVus } = plan
  const times = { rampUp: 0, warmUp: 0, duration: ENDLESS, rampDown: 0, gracefulStop: 0, threads: 1, seed, maxVus }
  switch (plan.kind) {
    case 'rps':
    case 'rate': {
      const { kind, rate, arrivals } = plan
      return { plan: { ...times, model: 'open', kind, rate, curve: [hold(rate, ENDLESS)], arrivals } }
    }
    case 'vus':
    case 'iterations': {
      const { vus, pacing, thinkTime } = plan
      if (thinkTime)
        return { fault: fault('/load/thinkTime', THINKING, 'Remove thinkTime, or compare at a rate (rps).') }
      return {
        plan: { ...times, model: 'closed', kind: 'vus', vus, curve: [hold(vus, ENDLESS)], ...(pacing && { pacing }) },
      }
    }
    case 'adaptive':
      return { fault: fault('/load/adaptive', 'its number of users depends on the compared figures', STEADY) }
    case 'capacity':
      return { fault: fault('/load/capacity', 'its rate depends on the compared figures', STEADY) }
  }
}

const THINKING = 'users that think are idle for longer than the blocks in which base and head take turns'
const STEADY = "Compare under a steady load: { rps: 300, duration: '5s' } or { vus: 20, duration: '5s' }."

function fault(path: string, found: string, advice: string): OptionFault {
  return { path, verb: 'compare', thing: 'base and head', found, advice }
}
