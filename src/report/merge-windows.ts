import type { Budget } from '../budget/budget.ts'
import { holds } from '../budget/holds.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { Interval, LoadReport, WindowFigure } from '../measure/report.ts'

type Ends = Pick<LoadReport, 'endedBy' | 'alsoEndedBy'>
type Windows = LoadReport['windows']

/** For which budgets runs were ended: each was missed, whatever the others found. */
export function mergeEnds(a: LoadReport, b: LoadReport, isParallel: boolean): Ends {
  const later = isParallel ? 0 : a.measured
  const ends = [...endsOf(a), ...endsOf(b).map(end => ({ ...end, at: end.at + later }))].sort(
    (x, y) => x.at - y.at,
  )
  const [endedBy, ...others] = ends.filter(
    ({ budget }, i) => ends.findIndex(other => other.budget === budget) === i,
  )
  return { endedBy, ...(others.length > 0 && { alsoEndedBy: others }) }
}

function endsOf({ endedBy, alsoEndedBy = [] }: Ends) {
  return endedBy === undefined ? [] : [endedBy, ...alsoEndedBy]
}

/**
 * Windows of runs one after the other follow one another. Of runs side by side a budget has to hold in those of each; only rates add
 * up, for each run made a part of the load.
 */
export function mergeWindows(
  a: LoadReport,
  b: LoadReport,
  isParallel: boolean,
  budgets: readonly Budget[],
): Windows {
  const [before = {}, after = {}] = [a.windows, b.windows]
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  if (keys.length === 0) return undefined
  return Object.fromEntries(
    keys.map(key => {
      const [left, right] = [before[key] ?? [], after[key] ?? []]
      if (!isParallel)
        return [key, [...left, ...right.map(window => ({ ...window, start: window.start + a.measured }))]]
      const budget = budgets.find(budget => budget.key === key)
      return [key, isRate(key) ? addRates(left, right, budget) : [...left, ...right].sort(byStart)]
    }),
  )
}

const isRate = (key: string): boolean => key === 'rps' || key === 'iterationRate'
const byStart = (x: WindowFigure, y: WindowFigure): number => x.start - y.start

function addRates(
  left: readonly WindowFigure[],
  right: readonly WindowFigure[],
  budget: Budget | undefined,
): WindowFigure[] {
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) => {
    const [one, other] = [left[i], right[i]]
    if (one === undefined || other === undefined) return (one ?? other)!
    if (one.value === undefined || other.value === undefined) return one.value === undefined ? one : other
    const value = one.value + other.value
    const isKept = budget ? holds(value, budget) : one.standing === 'kept' && other.standing === 'kept'
    return { ...one, value, count: one.count + other.count, standing: isKept ? 'kept' : 'missed' }
  })
}

/** Every change of the limit, in the order of time. */
export function mergeLimitChanges(
  a: LoadReport,
  b: LoadReport,
  isParallel: boolean,
): LoadReport['limitChanges'] {
  if (a.limitChanges === undefined && b.limitChanges === undefined) return undefined
  const later = isParallel ? 0 : lengthOf(a)
  const after = (b.limitChanges ?? []).map(change => ({ ...change, at: change.at + later }))
  return [...(a.limitChanges ?? []), ...after].sort((x, y) => x.at - y.at)
}

/** From the start of a run to the end of its last second. */
export function lengthOf({ series }: { series: readonly Interval[] }): Milliseconds {
  const last = series.at(-1)
  return last === undefined ? 0 : last.start + last.length
}
