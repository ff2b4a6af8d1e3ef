import type { Budget } from '../measure/report.ts'
import { type History, type HistoryFigure, writtenOf } from './history.ts'
import { rangeOf } from './history-lines.ts'

/** How a figure that has a budget differs from that of the run before. */
interface Change {
  budget: Budget
  /** `+12 %`, `-3.1 %`, `unchanged`; empty where a share says nothing, or one of the two is not known. */
  size: string
  /** `43.7 ms (42 ms to 45.1 ms)`, with the range where it is known; `no data`. */
  before: string
  /** `49 ms (47.2 ms to 50.9 ms)`; `no data`. */
  after: string
  /**
   * `better` and `worse`: the ranges in which the two figures lie do not touch. `within`: they do. `unknown`: there are
   * no ranges.
   */
  kind: 'better' | 'worse' | 'within' | 'unknown'
}

/** Changes since the last kept run, and its time; undefined without an earlier run. */
export function changesOf({ here }: History): { since: string; changes: Change[] } | undefined {
  const [before] = here.figures[0]?.points.slice(-2, -1) ?? []
  return before === undefined ? undefined : { since: before.at, changes: here.figures.map(changeOf) }
}

function changeOf({ budget, points }: HistoryFigure): Change {
  const [before, after] = points.slice(-2) as [HistoryFigure['points'][number], HistoryFigure['points'][number]]
  return {
    budget,
    size: sizeOf(before.value, after.value),
    before: writtenOf(budget, before.value, budget.bound) + rangeOf(before, budget),
    after: writtenOf(budget, after.value, budget.bound) + rangeOf(after, budget),
    kind: kindOf(budget, before, after),
  }
}

function kindOf(
  { operator }: Budget,
  before: HistoryFigure['points'][number],
  after: HistoryFigure['points'][number],
): Change['kind'] {
  const ends = [before.low, before.high, after.low, after.high]
  if (ends.some(end => end === undefined)) return 'unknown'
  const [low, high, lowAfter, highAfter] = ends as [number, number, number, number]
  if (lowAfter <= high && low <= highAfter) return 'within'
  return lowAfter > high === operator.startsWith('<') ? 'worse' : 'better'
}

function sizeOf(before: number | undefined, after: number | undefined): string {
  if (before === undefined || after === undefined) return ''
  if (before === after) return 'unchanged'
  if (before === 0) return ''
  const percent = (after / before - 1) * 100
  const digits = Math.abs(percent) < 10 ? 1 : 0
  const text = Math.abs(percent).toFixed(digits).replace(/\.0$/, '')
  return text === '0' ? 'unchanged' : `${percent < 0 ? '-' : '+'}${text} %`
}
