import type { ComparedBudget, Comparison } from '../../src/compare/comparison.ts'
import { beyondLines, describeComparison, otherChangeLines, repairOf, sentenceOf } from '../../src/compare/words.ts'
import { failed } from '../../src/ground/fault.ts'
import { type Frame, positionedError } from './positioned-error.ts'

/** A comparison that is required, and cannot be made. */
export function notComparedError(name: string, found: string, advice: string, site: readonly Frame[]): Error {
  return positionedError('CompareError', failed('compare', `"${name}" with its base`, found, advice), site)
}

/** A budget that head exceeds: with both figures, and what else changed. */
export function comparedError(found: ComparedBudget, comparison: Comparison, site: readonly Frame[]): Error {
  const lines = [
    sentenceOf(found, comparison.pairTook),
    ...beyondLines(comparison),
    ...otherChangeLines(comparison),
    describeComparison(comparison),
  ]
  return positionedError('BudgetError', lines.join('\n  '), site)
}

/** A comparison that came to no end: the same for each of its budgets, so that Vitest shows it once. */
export function lostError(name: string, cause: string, site: readonly Frame[]): Error {
  const words = `Failed to compare "${name}" with its base: ${cause}`
  return positionedError('CompareError', [words, ...repairOf(cause)].join('\n\n'), site)
}

/** A budget of a comparison that has no figures, or not all of them. */
export const unmeasuredError = (words: string, site: readonly Frame[]): Error =>
  positionedError('CompareError', words, site)
