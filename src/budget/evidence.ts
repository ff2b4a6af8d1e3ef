import { own } from '../ground/object.ts'
import { requestsOf } from '../measure/all-requests.ts'
import type { LoadReport, ResourceUsage, StepStatistics } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { causesOf, chanceOf, contextOf, contextOfStep, noDataIn, uncheckedIn } from './cause.ts'
import { type Decision, decide, decideAlone } from './decide.ts'
import { type Measured, measured, measuredOfProcesses, measuredOfStep } from './measured.ts'
import { contextOfProcesses, noDataOfProcesses } from './processes.ts'

/** All that a verdict on one budget rests on. */
export interface Evidence {
  measured: Measured
  /** Why there is no value. */
  noData: string
  /** What it comes to, with all that there is to doubt. */
  decision: Decision
  /** The figures behind a value that misses its bound. */
  context?: string
  /** Limits of an error rate that is kept: what so few samples, and bodies that were not checked, may hide. */
  beside?: string
  /** Where to look then. */
  causes: string[]
}

function besideOf(value: Measured, budget: Budget, step: Pick<StepStatistics, 'contract'> = {}): string | undefined {
  if (budget.metric !== 'errorRate') return undefined
  return [chanceOf(value, budget), uncheckedIn(step)].filter(text => text !== undefined).join('; ') || undefined
}

export function evidenceOfRun(report: LoadReport, budget: Budget): Evidence {
  const value = measured(report, budget)
  return {
    measured: value,
    noData: noDataIn(report, budget),
    decision: decide(report, budget, value),
    context: contextOf(report, budget, value),
    beside: besideOf(value, budget, budget.of === 'step' ? own(report.steps, budget.step ?? '') : requestsOf(report)),
    causes: causesOf(report, budget),
  }
}

/** Evidence of one step's figures alone: without the run around them there is no doubt but how sure a percentile is. */
export function evidenceOfStep(step: StepStatistics, budget: Budget): Evidence {
  const value = measuredOfStep(step, budget)
  const noData = 'the step sent no request in the measured window.'
  return {
    measured: value,
    noData,
    decision: decideAlone(budget, value, step),
    context: contextOfStep(step, budget),
    beside: besideOf(value, budget, step),
    causes: [],
  }
}

/** Evidence of a set of processes alone. */
export function evidenceOfProcesses(usage: ResourceUsage, budget: Budget): Evidence {
  const value = measuredOfProcesses(usage, budget)
  return {
    measured: value,
    noData: noDataOfProcesses(usage, budget),
    decision: decideAlone(budget, value),
    context: contextOfProcesses(usage, budget),
    causes: [],
  }
}
