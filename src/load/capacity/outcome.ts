import type { Capacity, CapacityProbe } from '../../measure/report.ts'
import type { CapacityPlan } from './plan.ts'
import { bracketOf } from './search.ts'

/** What a search found. @param isCut it was ended before it had come to an end. */
export function capacityOf(
  { latency, errorRate, within, to }: Pick<CapacityPlan, 'latency' | 'errorRate' | 'within' | 'to'>,
  probes: readonly CapacityProbe[],
): Capacity {
  return { latency: latency.title, errorRate, within, to, ...intervalOf(probes), probes: [...probes] }
}

/** Between the highest rate that held and the lowest that did not, and why that did not. */
export function intervalOf(
  probes: readonly CapacityProbe[],
): Pick<Capacity, 'held' | 'missed' | 'limitedBy' | 'because'> {
  const { held, missed } = bracketOf(probes)
  const misses = probes.filter(probe => probe.rate === missed && !probe.held)
  // A server that was too slow once is too slow, whatever the generator did another time.
  const last = misses.findLast(({ limitedBy }) => limitedBy !== 'generator') ?? misses.at(-1)
  return {
    held: held?.rate ?? 0,
    ...(missed !== undefined && { missed }),
    ...(last?.limitedBy && { limitedBy: last.limitedBy }),
    ...(last && { because: last.because }),
  }
}
