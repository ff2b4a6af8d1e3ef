import { isOfRequests } from '../budget/budget-kinds.ts'
import type { RelativeBudget } from '../budget/relative.ts'
import { own } from '../ground/object.ts'
import { requestsOf } from '../measure/all-requests.ts'
import { percentileOf } from '../measure/histogram.ts'
import type { StepStatistics } from '../measure/report.ts'
import type { LaunchFigures, Pair, SideName } from './pair.ts'
import type { Counted } from './statistics/rates.ts'

/** What budgets are about, of a launch. */
export type Figures = Pick<
  LaunchFigures,
  | 'measured'
  | 'requests'
  | 'requestRate'
  | 'iterationRate'
  | 'iterations'
  | 'warmUp'
  | 'responseTime'
  | 'steps'
  | 'cpuTime'
  | 'prices'
  | 'asked'
  | 'memory'
  | 'memoryMeasure'
> & {
  /** Bytes for each 1,000 requests, of stored results. */
  memoryGrowth?: number
}

/** The figure of a budget on one side of a pair; undefined where there is none. */
export function figureOf(budget: RelativeBudget, side: Figures): number | undefined {
  const { metric, quantile } = budget
  const per = (count: number) => (side.measured > 0 ? (count * 1000) / side.measured : undefined)
  const { passed, failed } = side.iterations
  switch (metric) {
    case 'rps':
      return side.requests > 0 ? (side.requestRate ?? per(side.requests)) : undefined
    case 'iterationRate':
      return passed + failed > 0 ? (side.iterationRate ?? per(passed + failed)) : undefined
    case 'cpuPerRequest':
      if (budget.step !== undefined) return own(side.prices ?? {}, budget.step)
      return side.cpuTime !== undefined && side.cpuTime > 0 && side.asked > 0 ? side.cpuTime / side.asked : undefined
    case 'memory':
      return side.memory !== undefined && side.memory > 0 ? side.memory : undefined
    case 'memoryGrowth':
      return side.memoryGrowth
    case 'errorRate': {
      const counted = countedIn(budget, side)
      return counted.of > 0 ? counted.failed / counted.of : undefined
    }
    default: {
      const summary = summaryFor(budget, side)
      if (summary === undefined || summary.count === 0) return undefined
      const value = metric === 'mean' ? summary.mean : percentileOf(summary, quantile!)
      return value > 0 ? value : undefined
    }
  }
}

/** Failures that an error rate is about: of requests, or of iterations, which count in the warm-up, too. */
export function countedIn(budget: RelativeBudget, side: Pick<Figures, 'iterations' | 'steps' | 'warmUp'>): Counted {
  const { passed, failed } = side.iterations
  const { warmUp = { failed: 0, of: 0 } } = side
  if (!isOfRequests(budget)) return { failed: failed + warmUp.failed, of: passed + failed + warmUp.of }
  const { errors = 0, requests = 0 } = requestsFor(budget, side) ?? {}
  return { failed: errors, of: requests }
}

/** Requests that a budget is about: of one step, or all. */
function requestsFor({ of, step = '' }: RelativeBudget, side: Pick<Figures, 'steps'>): StepStatistics | undefined {
  return of === 'requests' ? requestsOf(side) : own(side.steps, step)
}

/** Latencies that a budget is about: of its requests, or of iterations. */
export function summaryFor(budget: RelativeBudget, side: Pick<Figures, 'steps' | 'responseTime'>) {
  return isOfRequests(budget) ? requestsFor(budget, side)?.serviceTime : side.responseTime
}

/**
 * How far head is worse than base in a pair: `ln(head / base)` where the allowance is a factor, the difference where it
 * is an amount, with the sign turned where more is better. Undefined where a side has no figure.
 */
export function harmOf(budget: RelativeBudget, { base, head }: Record<SideName, Figures>): number | undefined {
  if (budget.metric === 'memory' && !areAlike(base.memoryMeasure, head.memoryMeasure)) return undefined
  const [of, to] = [levelOf(budget, base), levelOf(budget, head)]
  return of === undefined || to === undefined ? undefined : to - of
}

/** Without PSS, resident sets are added up: less memory by PSS is not less. That of a single process is the same. */
function areAlike(...measures: (string | undefined)[]): boolean {
  return !measures.includes('PSS') || measures.every(one => one === 'PSS' || one === 'RSS')
}

/** The same as it typically is, of a factor of CPU time a request; undefined where that is not known. */
export function typicalHarmOf(
  { metric, step, allowed, operator }: RelativeBudget,
  { typicalChange }: Pick<Pair, 'typicalChange'>,
): number | undefined {
  if (metric !== 'cpuPerRequest' || step !== undefined || !('factor' in allowed) || typicalChange === undefined)
    return undefined
  return isAtMost({ operator }) ? typicalChange : -typicalChange
}

/** The most harm that a budget allows, in the same measure; below zero where head has to be better. */
export function allowedHarm(budget: RelativeBudget): number {
  const { allowed } = budget
  const change = 'factor' in allowed ? Math.log(allowed.factor) : allowed.amount
  return isAtMost(budget) ? change : -change
}

/** A figure in the measure of what is allowed: differences of it are harms. Undefined where there is none. */
export function levelOf(budget: RelativeBudget, side: Figures): number | undefined {
  const figure = figureOf(budget, side)
  if (figure === undefined) return undefined
  const level = 'factor' in budget.allowed ? Math.log(figure) : figure
  return isAtMost(budget) ? level : -level
}

/** The change from base to head that a harm is: a share of base's figure, or an amount. */
export function changeOf(budget: RelativeBudget, harm: number): number {
  const change = isAtMost(budget) ? harm : -harm
  return 'factor' in budget.allowed ? Math.expm1(change) : change
}

export function isAtMost({ operator }: Pick<RelativeBudget, 'operator'>): boolean {
  return operator === '<=' || operator === '<'
}

/** The deviation of harms as one of changes; undefined where there is none. */
export function noiseShare({ allowed }: RelativeBudget, deviation: number): number | undefined {
  if (!Number.isFinite(deviation)) return undefined
  return 'factor' in allowed ? Math.expm1(deviation) : deviation
}
