import { describeLoad } from '../load/plan/load-plan.ts'
import { readShape } from '../load/plan/shape.ts'
import type { LoadShape } from '../measure/shape.ts'

/** A shape in words: `2,000 requests/s for 30 s`, `50 users for 20 s`, `4 users, 25 iterations each`. */
export function describeShape(shape: LoadShape): string {
  // Cores decide on threads, which no word is about: those of this machine need not be read.
  const { plan } = readShape(shape, { cores: 1 })
  return plan === undefined ? 'load' : describeLoad(plan, 'user')
}
