import { own } from '../ground/object.ts'
import type { Milliseconds } from '../ground/units.ts'
import { requestsOf } from '../measure/all-requests.ts'
import { emptySummary } from '../measure/histogram.ts'
import type { LatencySummary, LoadReport, ResourceUsage, StepStatistics, WindowFigure } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import type { Limits } from './limits.ts'

/** Value and count of a run for one budget. */
export interface Measured {
  /** Undefined when there is nothing to judge. */
  value: number | undefined
  /** Samples behind it: iterations, requests or readings of the process. */
  count: number
  /** Latency of iterations in open models: the same figure of the service time. */
  service?: Pick<Measured, 'limits' | 'undelayed'> & { value: Milliseconds }
  /** Same figure without what the load generator itself may have added to the samples. */
  undelayed?: { value: number; limits?: Limits }
  /** Values between which a latency or a growth lies. */
  limits?: Limits
  /** Samples that are lower bounds, if the value lies among them: it is at least so much. */
  cut?: number
  /** Range of the capacity: the highest rate that held, and the lowest that did not, if there was one. */
  between?: { held: number; missed?: number }
  /**
   * Windows of a budget that has to hold in each: the worst one, whose value this is, how all of them did, and those
   * that have too few samples to say that they keep to it.
   */
  windows?: { worst: WindowFigure; all: readonly WindowFigure[]; tooFew: readonly WindowFigure[] }
}

/** Figures of a run, or of a part of it, that budgets use. */
export type Figures = Pick<
  LoadReport,
  | 'model'
  | 'measured'
  | 'measuredArrivals'
  | 'requests'
  | 'rps'
  | 'iterationRate'
  | 'errorRate'
  | 'responseTime'
  | 'serviceTime'
  | 'steps'
  | 'target'
  | 'targets'
  | 'capacity'
> & { generator?: ResourceUsage } & Partial<
    Pick<LoadReport, 'state' | 'allRequests' | 'transport' | 'doubts' | 'endedBy' | 'alsoEndedBy'>
  >

/** Value of the figures. */
export type Measure = Pick<
  Budget,
  'metric' | 'of' | 'step' | 'target' | 'quantile' | 'as' | 'per' | 'series' | 'destination'
> &
  Partial<Pick<Budget, 'bound' | 'operator' | 'latency'>>

export const NONE: Measured = { value: undefined, count: 0 }

export function ifAny(count: number, value: number): Measured {
  return { value: count > 0 && Number.isFinite(value) ? value : undefined, count }
}

const nothing = (): Figures => ({
  model: 'closed',
  measured: 0,
  measuredArrivals: { due: 0, dropped: 0, started: 0, passed: 0, failed: 0, aborted: 0 },
  requests: 0,
  rps: 0,
  iterationRate: 0,
  errorRate: 0,
  responseTime: emptySummary(),
  serviceTime: emptySummary(),
  steps: {},
})

/** Figures of one step without the run around it, of which not even the length is known. */
export const figuresOfStep = (step: StepStatistics): Figures => ({ ...nothing(), steps: { '': step } })

/** Figures of a set of processes without the run around it. */
export const figuresOfProcesses = (target: ResourceUsage): Figures => ({ ...nothing(), target })

/** Requests that a budget is about: those of one step, or all. */
export function requestsFor(
  report: Pick<Figures, 'steps' | 'allRequests'>,
  { of, step = '' }: Pick<Budget, 'of' | 'step'>,
): StepStatistics | undefined {
  return of === 'step' ? own(report.steps, step) : requestsOf(report)
}

/** ` of step login`; empty for a budget of all steps. */
export const ofStep = ({ step }: Pick<Budget, 'step'>): string => (step === undefined ? '' : ` of step ${step}`)

/** Why there is no figure of iterations, or of requests. */
export const noneEnded = (budget: Pick<Budget, 'of' | 'step'>): string =>
  budget.of === 'iterations'
    ? 'no iteration ended in the measured window.'
    : `no request${ofStep(budget)} got a response in the measured window.`

/** The latencies that a budget is about. */
export function summaryOf(
  report: Pick<Figures, 'model' | 'responseTime' | 'serviceTime' | 'steps' | 'allRequests'>,
  budget: Pick<Budget, 'of' | 'step' | 'latency'>,
): LatencySummary | undefined {
  if (budget.latency === 'firstEvent') return requestsFor(report, budget)?.events?.firstEvent
  if (budget.of === 'step' || budget.of === 'requests') return requestsFor(report, budget)?.serviceTime
  return report.model === 'closed' ? report.serviceTime : report.responseTime
}

/** Usage of the application, of the target that the budget names, or of the generator. */
export function usageOf(
  { target, targets, generator }: Pick<Figures, 'target' | 'targets' | 'generator'>,
  { of, target: name }: Pick<Budget, 'of' | 'target'>,
): ResourceUsage | undefined {
  if (of === 'generator') return generator
  return name === undefined ? target : own(targets ?? {}, name)
}
