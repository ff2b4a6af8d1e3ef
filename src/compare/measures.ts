import type { RelativeBudget } from '../budget/relative.ts'

/** Figures that blocks of any length tell. */
const WITHOUT_TIMES = new Set<RelativeBudget['metric']>(['cpuPerRequest', 'memory', 'memoryGrowth', 'errorRate'])

/** Whether budgets are about latencies or rates, which take a load that goes on for a while; those of nothing are. */
export function hasTimes(budgets: readonly RelativeBudget[]): boolean {
  return budgets.length === 0 || budgets.some(({ metric }) => !WITHOUT_TIMES.has(metric))
}
