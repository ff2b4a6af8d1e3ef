import { plain } from '../ground/plain.ts'
import { counted } from '../ground/words.ts'
import type { Colors } from './color.ts'
import { type History, type HistoryFigure, type MachineHistory, shortTime, sparkline, writtenOf } from './history.ts'
import type { Entry } from './section.ts'
import { padEnd, widthOf } from './text.ts'

/** Number of values that are shown as figures; further runs are drawn. */
const TOLD = 4
const DRAWN = 20

/** A line for each figure that has a budget: `p99   ▂▁▃▇  87.1 ms, 88 ms, 86 ms, 91.2 ms (89.3 ms to 93 ms)`. */
export function historyEntries(history: History | undefined, colors: Colors): Entry[] {
  if (history === undefined) return []
  const { here, elsewhere } = history
  const runs = here.figures[0]?.points.length ?? 0
  return [
    { text: `${counted(runs, 'run')} of this plan on this machine, the last one last`, paint: colors.dim },
    ...linesOf(here),
    ...elsewhere.flatMap(other => [
      { text: `on another machine, which compares with nothing here: ${plain(other.machine)}`, paint: colors.dim },
      ...linesOf(other).map(line => ({ ...line, paint: colors.dim })),
    ]),
  ]
}

function linesOf({ figures }: MachineHistory): Entry[] {
  const width = Math.max(...figures.map(({ budget }) => widthOf(plain(budget.key))))
  return figures.map(figure => ({ lead: `${padEnd(plain(figure.budget.key), width)}  `, text: valuesOf(figure) }))
}

function valuesOf({ budget, points }: HistoryFigure): string {
  const drawn = points.slice(-DRAWN).map(({ value }) => value)
  const told = points.slice(-TOLD).map(({ value }) => writtenOf(budget, value, budget.bound))
  const more = points.length > TOLD ? '… ' : ''
  return `${sparkline(drawn)}  ${more}${told.join(', ')}${rangeOf(points.at(-1)!, budget)}`
}

/** ` (86 ms to 88.2 ms)`; empty where the range is not known. */
export function rangeOf({ low, high }: HistoryFigure['points'][number], budget: HistoryFigure['budget']): string {
  if (low === undefined || high === undefined) return ''
  return ` (${writtenOf(budget, low, budget.bound)} to ${writtenOf(budget, high, budget.bound)})`
}

/** Columns of a table of runs: the last ones, the latest first. */
export function historyTable({ figures }: MachineHistory, most: number): { heads: string[]; rows: string[][] } {
  const count = figures[0]?.points.length ?? 0
  const places = Array.from({ length: Math.min(count, most) }, (_, i) => count - 1 - i)
  return {
    heads: ['Run', ...figures.map(({ budget }) => budget.title)],
    rows: places.map(place => [
      shortTime(figures[0]!.points[place]!.at),
      ...figures.map(({ budget, points }) => {
        const point = points[place]!
        return writtenOf(budget, point.value, budget.bound) + rangeOf(point, budget)
      }),
    ]),
  }
}
