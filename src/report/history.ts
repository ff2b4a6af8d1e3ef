import { measured } from '../budget/measured.ts'
import { unitOf } from '../budget/metrics/index.ts'
import { plain } from '../ground/plain.ts'
import { counted } from '../ground/words.ts'
import { describePlace, fingerprintOf } from '../measure/environment.ts'
import { type Budget, isWhole, type LoadReport } from '../measure/report.ts'
import type { Colors } from './color.ts'
import { inTime } from './merge.ts'
import { type Entry, padEnd, widthOf } from './text.ts'

/** A figure of one run. */
interface HistoryPoint {
  /** When the run began: ISO 8601. */
  at: string
  /** In the unit of the budget; absent where the run has no such figure. */
  value?: number
  /** Ends of the range in which it lies as far as its samples tell, where that is known. */
  low?: number
  high?: number
}

/** A figure that has a budget, over the last runs: the earliest first. */
interface HistoryFigure {
  budget: Budget
  points: HistoryPoint[]
}

/** The last runs of one plan on one machine. */
export interface MachineHistory {
  /** In words. */
  machine: string
  figures: HistoryFigure[]
}

/** History of the figures that have a budget. Plain data. */
export interface History {
  /** On the machine of the last run, which is the last point. */
  here: MachineHistory
  /** Runs on other machines: shown but not compared. */
  elsewhere: MachineHistory[]
}

/** The last runs of the plan of a report, by machine. Undefined without earlier ones, and without budgets. */
export function historyOf(report: LoadReport, earlier: readonly LoadReport[]): History | undefined {
  const { budgets } = report
  const runs = earlier.filter(run => isOfPlan(run, report) && isWhole(run)).sort(inTime)
  if (budgets.length === 0 || runs.length === 0) return undefined
  const groups = new Map<string, LoadReport[]>([[fingerprintOf(report), []]])
  for (const run of runs) {
    const key = fingerprintOf(run)
    groups.set(key, [...(groups.get(key) ?? []), run])
  }
  const [here, ...elsewhere] = [...groups.values()]
  return {
    here: machineHistory([...here!, report], budgets),
    elsewhere: elsewhere.map(runs => machineHistory(runs, budgets)),
  }
}

/** Whether two runs were to do the same. */
function isOfPlan(a: LoadReport, b: LoadReport): boolean {
  const planOf = ({ workflow, model, shape }: LoadReport) => JSON.stringify([workflow.workflowId, model, shape])
  return planOf(a) === planOf(b)
}

function machineHistory(runs: readonly LoadReport[], budgets: readonly Budget[]): MachineHistory {
  return {
    machine: describePlace(runs[0]!),
    figures: budgets.map(budget => ({ budget, points: runs.map(run => pointOf(run, budget)) })),
  }
}

function pointOf(report: LoadReport, budget: Budget): HistoryPoint {
  const { value, limits } = measured(report, budget)
  // With too few samples, an end is 0 or infinite.
  const isKnown = limits !== undefined && limits.lower > 0 && Number.isFinite(limits.upper)
  return { at: report.startedAt, value, ...(isKnown && { low: limits.lower, high: limits.upper }) }
}

/** `87.2 ms`; nothing where the run has no such figure. */
const writtenOf = (budget: Budget, value: number | undefined) =>
  value === undefined ? 'no data' : unitOf(budget).write(value, 3, budget.bound)

/** `87.2 ms (86 ms to 88.2 ms)`: the range only where it is known. */
function rangedOf(budget: Budget, { value, low, high }: HistoryPoint): string {
  const range =
    low === undefined || high === undefined ? '' : ` (${writtenOf(budget, low)} to ${writtenOf(budget, high)})`
  return writtenOf(budget, value) + range
}

/** `2026-03-01 12:00`. */
export const shortTime = (at: string): string => at.slice(0, 16).replace('T', ' ')

const BARS = '▁▂▃▄▅▆▇█'

/** Values as bars, from the lowest to the highest; a blank for a missing one. */
export function sparkline(values: readonly (number | undefined)[]): string {
  const known = values.filter(value => value !== undefined)
  const [least, most] = [Math.min(...known), Math.max(...known)]
  return values
    .map(value => {
      if (value === undefined) return ' '
      // Values that are all alike stand in the middle.
      const place = most > least ? (value - least) / (most - least) : 0.5
      return BARS[Math.round(place * (BARS.length - 1))]
    })
    .join('')
}

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
  const told = points.slice(-TOLD, -1).map(({ value }) => writtenOf(budget, value))
  const more = points.length > TOLD ? '… ' : ''
  return `${sparkline(drawn)}  ${more}${[...told, rangedOf(budget, points.at(-1)!)].join(', ')}`
}

/** Columns of a table of runs: the last ones, the latest first. */
export function historyTable({ figures }: MachineHistory, most: number): { heads: string[]; rows: string[][] } {
  const count = figures[0]?.points.length ?? 0
  const places = Array.from({ length: Math.min(count, most) }, (_, i) => count - 1 - i)
  return {
    heads: ['Run', ...figures.map(({ budget }) => budget.title)],
    rows: places.map(place => [
      shortTime(figures[0]!.points[place]!.at),
      ...figures.map(({ budget, points }) => rangedOf(budget, points[place]!)),
    ]),
  }
}

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
  const [before, after] = points.slice(-2) as [HistoryPoint, HistoryPoint]
  return {
    budget,
    size: sizeOf(before.value, after.value),
    before: rangedOf(budget, before),
    after: rangedOf(budget, after),
    kind: kindOf(budget, before, after),
  }
}

function kindOf({ operator }: Budget, before: HistoryPoint, after: HistoryPoint): Change['kind'] {
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
