import { given } from '../../ground/given.ts'
import type { Milliseconds } from '../../ground/units.ts'
import type { Capacity, CapacityProbe } from '../../measure/report.ts'
import type { CapacityPlan } from '../plan/capacity.ts'
import { Evidence } from './evidence.ts'

/** What a search found. */
export function capacityOf(
  { latency, errorRate, within, to, hold }: Pick<CapacityPlan, 'latency' | 'errorRate' | 'within' | 'to' | 'hold'>,
  probes: readonly CapacityProbe[],
): Capacity {
  return { latency: latency.title, errorRate, within, to, hold, ...intervalOf(probes, hold), probes: [...probes] }
}

/** Between the highest rate that held and the lowest that did not, why that did not, and how much of it is certain. */
export function intervalOf(
  probes: readonly CapacityProbe[],
  hold: Milliseconds,
): Pick<Capacity, 'held' | 'missed' | 'certain' | 'limitedBy' | 'because'> {
  const evidence = new Evidence(probes, hold)
  const { held, missed } = evidence.bracket
  const misses = probes.filter(probe => probe.rate === missed && !probe.held)
  // A server that was too slow once is too slow, whatever the generator or somebody else did another time.
  const last = misses.findLast(({ limitedBy }) => !isOthers(limitedBy)) ?? misses.at(-1)
  return given({
    held: held?.rate ?? 0,
    missed,
    certain: evidence.certain,
    limitedBy: last?.limitedBy,
    because: last?.because,
  })
}

function isOthers(limitedBy: CapacityProbe['limitedBy']): boolean {
  return limitedBy === 'generator' || limitedBy === 'machine'
}
