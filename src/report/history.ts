import { measured } from '../budget/measured.ts'
import { unitOf } from '../budget/metrics/index.ts'
import { describePlace, fingerprintOf } from '../measure/environment.ts'
import type { Budget, LoadReport } from '../measure/report.ts'
import { isWhole } from '../measure/report.ts'
import { inTime } from './merge.ts'

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
export interface HistoryFigure {
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
  return {
    at: report.startedAt,
    value,
    low: isKnown ? limits.lower : undefined,
    high: isKnown ? limits.upper : undefined,
  }
}

/** `87.2 ms`; nothing where the run has no such figure. */
export function writtenOf(budget: Pick<Budget, 'metric' | 'as' | 'per'>, value: number | undefined, bound = value) {
  return value === undefined ? 'no data' : unitOf(budget).write(value, 3, bound!)
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
