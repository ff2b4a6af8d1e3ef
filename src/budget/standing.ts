import type { WindowFigure } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import type { Measured } from './figures.ts'

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

/** Values between which something lies. */
export interface Range {
  lower: number
  upper: number
}

/**
 * Between which values the true one lies as far as the samples tell, also without what the generator itself added to
 * them: the lower confidence limit of the latencies without that, and the upper one of the latencies with it.
 */
export function rangeOf({
  value = Number.NaN,
  limits,
  undelayed,
  windows,
}: Partial<Pick<Measured, 'value' | 'limits' | 'undelayed' | 'windows'>>): Range {
  if (windows !== undefined) return { lower: value, upper: value }
  const least = undelayed ?? { value, limits }
  return { lower: least.limits?.lower ?? least.value, upper: limits?.upper ?? value }
}

/** `kept` when both ends keep to the bound, `missed` when neither does. */
export function standingOf({ lower, upper }: Range, budget: Budget): WindowFigure['standing'] {
  const kept = [lower, upper].filter(end => holds(end, budget)).length
  return kept === 2 ? 'kept' : kept === 0 ? 'missed' : 'open'
}

/**
 * Whether what was measured keeps to a bound. A percentile is an estimate: it keeps to the bound when both of its
 * confidence limits do, misses it when neither does, and is `open` when the bound lies between them. Of many windows
 * some will be near the bound: it is kept when every value is, none has too few samples to say so, and none lies among
 * requests that were cut; and missed when one window misses it for certain. A capacity lies from the highest rate that
 * held up to, but not at, the lowest that did not.
 */
export function standing(measured: Measured, budget: Budget): WindowFigure['standing'] {
  const { value, windows, between } = measured
  if (value === undefined) return 'missed'
  if (windows !== undefined) {
    if (windows.all.some(window => window.standing === 'missed')) return 'missed'
    const isKnown = windows.tooFew.length === 0 && !windows.all.some(({ isLeast }) => isLeast)
    return holds(value, budget) && isKnown ? 'kept' : 'open'
  }
  if (between !== undefined) {
    if (holds(between.held, budget)) return 'kept'
    return between.missed !== undefined && budget.bound >= between.missed ? 'missed' : 'open'
  }
  return standingOf(rangeOf(measured), budget)
}
