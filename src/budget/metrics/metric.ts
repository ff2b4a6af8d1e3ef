import type { Finding } from '../../ground/fault.ts'
import type { Bytes, Milliseconds, PerSecond } from '../../ground/units.ts'
import type { Budget, Doubt, LatencySummary, LoadReport, Reason, RoundTrips } from '../../measure/report.ts'
import type { Figures, Measure, Measured } from '../figures.ts'
import type { Size, Sized } from '../size.ts'
import type { Unit } from './units.ts'

/** A group of `budgets` in which a metric may stand. */
export type Place = Budget['of'] | 'firstEvent'

type Known = Measured & { value: number }

/** All that is known of one figure that may have a budget. */
export interface Metric {
  family: 'latency' | 'rate' | 'share' | 'capacity' | 'resources'
  unit: Unit
  /** Its unit, if budgets choose between several. */
  unitOf?(budget: Pick<Budget, 'as' | 'per'>): Unit
  /** Parts of a bound in addition to its number. */
  traitsOf?(bound: number, input: unknown): Pick<Budget, 'as' | 'per' | 'ofMachine'>
  /** The operator of a bound without one. */
  natural: '<=' | '>='
  places: readonly Place[]
  /** Requirement for the load. Without it, any load will do. */
  needs?: 'capacity' | 'contract' | 'probe' | 'stream'
  /** Why it is known at the end of a run only. */
  late?: string
  /** Why no run, or every run, can meet a bound. */
  wrongBound?(budget: Omit<Budget, 'title'>, input: unknown): Finding | undefined
  /** Whether it may be below zero. */
  isSigned?: true
  /** Whether its value is an estimate, which has a range without any doubt. */
  isEstimate?: true
  /** Whether later values cannot change a missed budget. */
  isForGood?(budget: Budget): boolean

  /** Value and samples. */
  measure(figures: Figures, budget: Measure): Measured
  /** Why there is no value, as a sentence. */
  noData(figures: Figures, budget: Budget): string
  /** How far a doubt of the run reaches; undefined if it does not touch the value. */
  reach?(doubt: Doubt, report: LoadReport, budget: Budget, measured: Known): Size | undefined
  /** How far the loss of hosts reaches. Default: it is not known. */
  reachOfLoss?(lost: Lost, report: LoadReport, budget: Budget, measured: Known): Size
  /** How far failures reach, which are such a share of all iterations. */
  reachOfFailures?(report: LoadReport, budget: Budget, value: number, share: number): Size | undefined
  /** Reasons without a doubt. */
  unsaid?(report: LoadReport, budget: Budget, measured: Measured): Sized[]
  /** Figures that failures improve: an error page is fast. */
  flattered?: 'latency' | 'rate' | 'CPU time'
  /** Why the samples alone do not decide. */
  open?(budget: Budget, measured: Measured, run?: LoadReport): (string | Reason)[]

  /** Figures shown next to a value that misses its bound. */
  context?(figures: Figures, budget: Budget, measured: Measured): string | undefined
  /** Figures shown next to a value that keeps its bound. */
  beside?(figures: Figures, budget: Budget, measured: Measured): string | undefined
  /** Advice for a missed budget. Default: the most common error. */
  causes?(report: LoadReport, budget: Budget): (string | Reason)[]

  /** Kind of cause that is looked for if a budget is missed. Default: none is. */
  cause?: 'CPU time' | 'time' | 'memory'
  /** How head compares with base; or what to compare instead. */
  compared: Compared | string
}

/** Samples that a load has lost with its hosts, and those that would not be what they are had it been whole. */
export interface Lost {
  /** Samples that are missing, at the most. */
  missing: number
  /** Samples from then on: they were taken under less load. */
  lighter: number
}

/** How the figure of head compares with that of base. */
export interface Compared {
  /** Figure of a launch; undefined if it is missing. */
  figure(side: SideFigures, of: ComparedOf): number | undefined
  /** Text for a degradation above the bound, and for none of it. */
  words: { worse: string; none: string }
  /** Bound for a first comparison. Metrics with such a bound are shown in every comparison. */
  usual?: string
  /** Whether it takes a load that goes on for a while. */
  takesTime?: true
  /** Whether it is another one in a launch that is cold. */
  takesWarmth?: true
  /** Whether a busy load generator decides it. */
  isOfGenerator?: true
  /** Whether it says nothing of arrivals that found no user. */
  isOfStarted?: true
  /** Whether differences are amounts, since the figure may be nothing. */
  isAmount?: true
  /** Whether it is a count that hardly varies: differences are amounts, none may be allowed, and few pairs decide. */
  isCount?: true
  /** Why a count of nothing on head is no figure. */
  whyNone?(side: SideFigures, of: ComparedOf): string
  /** Parts of the figure that explain a change: sentences without a full stop. */
  parts?(base: SideFigures, head: SideFigures): string[]
  /** Whether it is the work of the application for a request, which slices of a launch and steps alone tell, too. */
  isWork?: true
  /** Subject that is counted, if budgets have a choice. */
  per?: Budget['per']
  /** Why the load cannot tell. */
  wrongLoad?(model: LoadReport['model'] | undefined): Finding | undefined
  /** Whether figures of two launches are of the same measure. Default: they are. */
  areAlike?(base: SideFigures, head: SideFigures): boolean
}

/** Use of the metric in a comparison. */
type ComparedOf = Pick<Budget, 'of' | 'step' | 'quantile' | 'destination'>

/** Figures of one launch that comparisons use. */
export interface SideFigures {
  /** Time in which load was on it and counted. */
  measured: Milliseconds
  /** Responses within that time. */
  requests: number
  /** Iterations within that time. */
  iterations: LoadReport['measuredArrivals']
  /**
   * Responses and iterations a second, by the time that iterations take: users that loop without a pause begin together
   * in each block, and few of them fit into one, so that a count within that time is a matter of whole iterations.
   * Absent for other loads: there the counts say it.
   */
  requestRate?: PerSecond
  iterationRate?: PerSecond
  /** Iterations of its warm-up that ended, and those of them that failed; absent if that is not known. */
  warmUp?: { failed: number; of: number }
  /** Latency of iterations. */
  responseTime: LatencySummary
  steps: LoadReport['steps']
  /** CPU time that its process tree used from the end of the warm-up to the end of the last block. */
  cpuTime?: Milliseconds
  /** CPU time of a request, by step, of a user alone; absent if it is not known of each. */
  prices?: Record<string, Milliseconds>
  /** All requests that were sent to it in that time, also those that were not counted: what the CPU time was for. */
  asked: number
  /** Resident memory of its process tree after as many requests as the other side had by then. */
  memory?: Bytes
  /** Measure of it, as in reports; absent if both sides have the same. */
  memoryMeasure?: string
  /** Bytes for each 1,000 requests, of stored results. */
  memoryGrowth?: Bytes
  /** Round trips of its processes to other services; absent without the probe. */
  roundTrips?: RoundTrips
}

/** Finds fault with a bound of 0. */
export function notZero(found: string, advice: string): Metric['wrongBound'] {
  return ({ bound }) => (bound === 0 ? { found, advice } : undefined)
}
