import { describeLoad } from '../load/plan/load-plan.ts'
import { readShape } from '../load/plan/shape.ts'
import type { Budget } from '../measure/report.ts'
import type { LoadShape } from '../measure/shape.ts'

/** A shape in words: `2,000 requests/s for 30 s`, `50 users for 20 s`, `4 users, 25 iterations each`. */
export function describeShape(shape: LoadShape): string {
  // Cores decide on threads, which no word is about: those of this machine need not be read.
  const { plan } = readShape(shape, { cores: 1 })
  return plan === undefined ? 'load' : describeLoad(plan, 'user')
}

/** Latency that iterations must keep in a search for the capacity; undefined for other loads. */
export function wantedLatencyOf(shape: LoadShape): Budget | undefined {
  const { plan } = readShape(shape, { cores: 1 })
  return plan?.kind === 'capacity' ? plan.latency : undefined
}
