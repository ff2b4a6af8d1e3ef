import { readBudget } from './bound.ts'
import type { Budget } from './budget.ts'

/**
 * Budgets with the ones that they imply: a load test that allows no error allows no request to be sent again, unless it
 * has a budget for that.
 */
export function withImplied(budgets: readonly Budget[]): Budget[] {
  const allowsNone = ({ metric, of, bound, operator }: Budget) =>
    metric === 'errorRate' && of !== 'step' && bound === 0 && operator === '<='
  if (!budgets.some(allowsNone) || budgets.some(({ metric }) => metric === 'resent')) return [...budgets]
  return [...budgets, readBudget({ path: ['resent'], metric: 'resent', of: 'iterations' }, 0, 1) as Budget]
}
