import { isAtMost } from '../budget/budget-kinds.ts'
import { comparedOf } from '../budget/metrics/index.ts'
import type { SideFigures } from '../budget/metrics/metric.ts'
import type { RelativeBudget } from '../budget/relative.ts'
import type { SideName } from './pair.ts'

/** Figure of a budget on one side of a pair; undefined if it is missing. */
export function figureOf(budget: RelativeBudget, side: SideFigures): number | undefined {
  return comparedOf(budget)?.figure(side, budget)
}

/** Whether budgets are about latencies or rates, which take a load that goes on for a while; those of nothing are. */
export function hasTimes(budgets: readonly RelativeBudget[]): boolean {
  return budgets.length === 0 || budgets.some(budget => comparedOf(budget)?.takesTime)
}

/**
 * How far head is worse than base in a pair: `ln(head / base)` where the allowance is a factor, the difference where it
 * is an amount, with the sign turned where more is better. Undefined where a side has no figure.
 */
export function degradationOf(
  budget: RelativeBudget,
  { base, head }: Record<SideName, SideFigures>,
): number | undefined {
  if (comparedOf(budget)?.areAlike?.(base, head) === false) return undefined
  const [of, to] = [levelOf(budget, base), levelOf(budget, head)]
  return of === undefined || to === undefined ? undefined : to - of
}

/** The most degradation that a budget allows, in the same measure; below zero where head has to be better. */
export function allowedDegradation(budget: RelativeBudget): number {
  const { allowed } = budget
  const change = 'factor' in allowed ? Math.log(allowed.factor) : allowed.amount
  return isAtMost(budget) ? change : -change
}

/** Figure on the scale of the bound, on which differences are degradations. Undefined if it is missing. */
export function levelOf(budget: RelativeBudget, side: SideFigures): number | undefined {
  const figure = figureOf(budget, side)
  if (figure === undefined) return undefined
  const level = 'factor' in budget.allowed ? Math.log(figure) : figure
  return isAtMost(budget) ? level : -level
}

/** The change from base to head that a degradation is: a share of base's figure, or an amount. */
export function changeOf(budget: RelativeBudget, degradation: number): number {
  const change = isAtMost(budget) ? degradation : -degradation
  return 'factor' in budget.allowed ? Math.expm1(change) : change
}

/** Deviation of degradations as a deviation of changes; undefined if there is no scale. */
export function noiseShare({ allowed }: RelativeBudget, deviation: number): number | undefined {
  if (!Number.isFinite(deviation)) return undefined
  return 'factor' in allowed ? Math.expm1(deviation) : deviation
}
