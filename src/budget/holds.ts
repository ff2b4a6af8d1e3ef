import type { WindowFigure } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import type { Measured } from './measured.ts'

/** Whether a value keeps to a bound. */
export function holds(value: number, { operator, bound }: Pick<Budget, 'operator' | 'bound'>): boolean {
  switch (operator) {
    case '<':
      return value < bound
    case '<=':
      return value <= bound
    case '>':
      return value > bound
    case '>=':
      return value >= bound
  }
}

/**
 * Whether what was measured keeps to a bound. A percentile is an estimate: it keeps to the bound when both of its confidence limits
 * do, misses it when neither does, and is `open` when the bound lies between them. Of many windows some will be near the bound: it is
 * kept when every value is, and missed when one window misses it for certain. A capacity lies from the highest rate that held up to,
 * but not at, the lowest that did not.
 */
export function standing(
  { value, limits, windows, between }: Measured,
  budget: Budget,
): WindowFigure['standing'] {
  if (value === undefined) return 'missed'
  if (windows !== undefined) {
    if (windows.all.some(window => window.standing === 'missed')) return 'missed'
    return holds(value, budget) ? 'kept' : 'open'
  }
  if (between !== undefined) {
    if (holds(between.held, budget)) return 'kept'
    return between.missed !== undefined && budget.bound >= between.missed ? 'missed' : 'open'
  }
  if (limits === undefined) return holds(value, budget) ? 'kept' : 'missed'
  const kept = [limits.lower, limits.upper].filter(limit => holds(limit, budget)).length
  return kept === 2 ? 'kept' : kept === 0 ? 'missed' : 'open'
}
