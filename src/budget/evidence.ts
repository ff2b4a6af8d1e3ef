import type { LoadReport, ResourceUsage, StepStatistics } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { causesOf, contextOf, contextOfStep, noDataIn } from './cause.ts'
import { doubtsAbout } from './doubts.ts'
import { type Measured, measured, measuredOfProcesses, measuredOfStep } from './measured.ts'
import { openBetween } from './open-between.ts'
import { contextOfProcesses, noDataOfProcesses } from './processes.ts'

/** All that a verdict on one budget rests on. */
export interface Evidence {
  measured: Measured
  /** Why there is no value. */
  noData: string
  /** Any one of them makes the verdict inconclusive. */
  doubts: string[]
  /** The figures behind a value that misses its bound. */
  context?: string
  /** Where to look then. */
  causes: string[]
}

export function evidenceOfRun(report: LoadReport, budget: Budget): Evidence {
  const value = measured(report, budget)
  return {
    measured: value,
    noData: noDataIn(report, budget),
    doubts: doubtsAbout(report, budget, value),
    context: contextOf(report, budget, value),
    causes: causesOf(report, budget),
  }
}

/** Of one step's figures alone: without the run around them there is no doubt but how sure a percentile is. */
export function evidenceOfStep(step: StepStatistics, budget: Budget): Evidence {
  const value = measuredOfStep(step, budget)
  const noData = 'the step sent no request in the measured window.'
  return {
    measured: value,
    noData,
    doubts: openBetween(budget, value),
    context: contextOfStep(step, budget),
    causes: [],
  }
}

/** Of a set of processes alone. */
export function evidenceOfProcesses(usage: ResourceUsage, budget: Budget): Evidence {
  const value = measuredOfProcesses(usage, budget)
  return {
    measured: value,
    noData: noDataOfProcesses(usage, budget),
    doubts: openBetween(budget, value),
    context: contextOfProcesses(usage, budget),
    causes: [],
  }
}
