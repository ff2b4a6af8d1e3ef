import { isAtMost } from '../../budget/budget-kinds.ts'
import { unitOf } from '../../budget/metrics/index.ts'
import type { Budget } from '../../measure/report.ts'
import type { Bound, TimeChart } from '../client/chart-data.ts'

/** Bounds of budgets for a chart: in its unit, next to their column. */
export function boundsOf(
  budgets: readonly Budget[],
  isOf: (budget: Budget) => boolean,
  columnOf: (budget: Budget) => number,
): Pick<TimeChart, 'bounds'> {
  const bounds = budgets.filter(isOf).map((budget): Bound => boundOf(budget, columnOf(budget)))
  return bounds.length > 0 ? { bounds } : {}
}

export function boundOf(budget: Budget, column = -1): Bound {
  const [, factor] = unitOf(budget).drawn
  return {
    label: budget.title,
    value: Number((budget.bound * factor).toPrecision(6)),
    isAtMost: isAtMost(budget),
    ...(column >= 0 && { column }),
  }
}
