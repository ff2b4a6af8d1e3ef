import type { Milliseconds, PerSecond } from '../../ground/units.ts'
import { curveOf, hold, type LoadPlan, partOf, windowOf } from './load-plan.ts'

/**
 * The measured part of a plan in another time, after a warm-up at the level with which it begins. Its ramps are made as
 * steep as that needs.
 *
 * @param rate requests a second, for a search of the capacity.
 */
export function excerptOf(
  plan: LoadPlan,
  { warmUp, duration, rate }: { warmUp: Milliseconds; duration: Milliseconds; rate: PerSecond },
): LoadPlan {
  const { steady: _, ...rest } = plan
  const times = { rampUp: 0, warmUp, duration, rampDown: 0, gracefulStop: DRAIN }
  const level = (value: number) => [hold(value, warmUp + duration)]
  if (plan.kind === 'capacity') return { ...rest, ...times, model: 'open', kind: 'rps', rate, curve: level(rate) }
  if (plan.kind === 'iterations')
    return { ...rest, ...times, model: 'closed', kind: 'vus', vus: plan.vus, curve: level(plan.vus) }
  if (!('curve' in plan)) return { ...plan, ...times }
  const { from, to } = windowOf(plan)
  const part = partOf(plan.curve, from, to).map(ramp => ({ ...ramp, length: (ramp.length * duration) / (to - from) }))
  return {
    ...plan,
    steady: undefined,
    ...times,
    curve: curveOf([hold(part[0]?.from ?? 0, warmUp), ...part]),
  } as LoadPlan
}

const DRAIN: Milliseconds = 1_000
