import { own } from '../ground/object.ts'
import type { Milliseconds } from '../ground/units.ts'
import { percentileOf } from '../measure/histogram.ts'
import type { LoadReport, WindowFigure } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { isAtMost } from './budget-kinds.ts'
import { type Measured, NONE, summaryOf } from './figures.ts'
import { samplesNeeded } from './limits.ts'
import { metricOf } from './metrics/index.ts'
import { usualDelay } from './own-delay.ts'
import { holds } from './standing.ts'

/** Lengths of windows are sums of seconds that a clock measured. */
const GRAIN: Milliseconds = 1

export function measured(report: LoadReport, budget: Budget): Measured {
  if (budget.everyWindow !== undefined) return worstOf(own(report.windows ?? {}, budget.key) ?? [], budget)
  const endedBy = endedFor(report, budget)
  const found = metricOf(budget).measure(report, budget)
  // Value at the time when the run was ended for it. Later values do not change it.
  if (endedBy !== undefined)
    return { ...found, value: endedBy.value ?? found.value, limits: undefined, undelayed: undefined }
  return raised(found, report, budget)
}

/** No sample tells how much of its delay there was; together they tell that most had no more than is usual. */
function raised(found: Measured, report: LoadReport, budget: Budget): Measured {
  const { undelayed } = found
  const [summary, usual] = [summaryOf(report, budget), usualDelay(report, budget)]
  const rank = (budget.quantile ?? 0) - (usual?.rest ?? 1)
  if (undelayed === undefined || summary === undefined || usual === undefined || rank <= 0) return found
  const least = Math.min(summary.min, percentileOf(summary, rank) - usual.most)
  const value = Math.max(undelayed.value, least)
  const limits = undelayed.limits && { ...undelayed.limits, lower: Math.max(undelayed.limits.lower, least) }
  return { ...found, undelayed: { value, limits } }
}

/** The first that has no value, or the one that is farthest on the wrong side. */
function worstOf(windows: readonly WindowFigure[], budget: Budget): Measured {
  const sign = isAtMost(budget) ? 1 : -1
  const badness = ({ value }: WindowFigure) => (value === undefined ? Number.POSITIVE_INFINITY : sign * value)
  const [first, ...others] = windows
  if (first === undefined) return NONE
  const worst = others.reduce((a, b) => (badness(b) > badness(a) ? b : a), first)
  return { value: worst.value, count: worst.count, windows: { worst, all: windows, tooFew: tooFewIn(windows, budget) } }
}

/**
 * Windows that would pass a percentile with too few samples. A part after the last whole window may have fewer, if
 * other windows exist.
 */
function tooFewIn(windows: readonly WindowFigure[], { quantile, everyWindow = 0 }: Budget): readonly WindowFigure[] {
  if (quantile === undefined) return []
  const tooFew = windows.filter(({ count }) => count < samplesNeeded(quantile))
  const isRest = ({ length }: WindowFigure) => length < everyWindow - GRAIN
  return tooFew.length === windows.length ? tooFew : tooFew.filter(window => !isRest(window))
}

/** Continuing could not save it: one error is one too many, and a peak stays a peak. */
export function isPermanentlyMissed(budget: Budget, { value, windows }: Measured): boolean {
  if (windows?.all.some(({ standing }) => standing === 'missed')) return true
  if (!isAtMost(budget) || value === undefined || holds(value, budget)) return false
  return metricOf(budget).isForGood?.(budget) ?? false
}

/** Reason why the run, or a part of a merged run, was ended for a budget. */
export function endedFor(
  report: Pick<LoadReport, 'endedBy' | 'alsoEndedBy'>,
  { key }: Pick<Budget, 'key'>,
): LoadReport['endedBy'] {
  return [report.endedBy, ...(report.alsoEndedBy ?? [])].find(end => end?.budget === key)
}
