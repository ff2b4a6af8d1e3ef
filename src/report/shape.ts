import { describeLoad } from '../load/plan/load-plan.ts'
import { readShape } from '../load/plan/shape.ts'
import type { LoadShape } from '../measure/shape.ts'

/** A shape in words: `2,000 requests/s for 30 s`, `50 users for 20 s`, `4 users, 25 iterations each`. */
export function describeShape(shape: LoadShape): string {
  const { plan } = readShape(shape)
  return plan === undefined ? 'load' : describeLoad(plan, 'user')
}
