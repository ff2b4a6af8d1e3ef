import type { RelativeBudget } from '../budget/relative.ts'
import { formatShare } from '../ground/units.ts'
import { type LaunchFigures, type Pair, SIDES } from './pair.ts'

/** Shares of errors that differ by less do not make a step another one. */
const DIFFERENT = 0.01
/** With more of its iterations failed, a side does not do what the workflow is about. */
const HOPELESS = 0.5

/**
 * Why figures of a budget do not compare: a step that fails on one side and passes on the other has done something else
 * there, and what fails is often fast. A budget of another step is touched by it only where that step is; one of the
 * error rate is about just that.
 */
export function otherwiseIn(pairs: readonly Pair[], budget: RelativeBudget): string[] {
  const hopeless = SIDES.filter(side => failedShare(pairs, side) > HOPELESS)
  if (hopeless.length > 0) {
    const where = hopeless.length === 2 ? 'both sides' : hopeless[0]
    return [`most iterations failed on ${where}: ${firstError(pairs, hopeless[0]!)}.`]
  }
  if (budget.metric === 'errorRate') return []
  const keys = budget.step === undefined ? Object.keys(pairs[0]?.head.steps ?? {}) : [budget.step]
  return keys.flatMap(key => {
    const [base, head] = SIDES.map(side => errorShare(pairs, side, key)) as [number, number]
    if (Math.abs(base - head) <= DIFFERENT) return []
    const worse = head > base ? 'head' : 'base'
    const shares = `${formatShare(base, 2)} of its requests fail on base and ${formatShare(head, 2)} on head`
    return [`step "${key}" is not the same on both sides: ${shares} (${firstError(pairs, worse, key)}).`]
  })
}

function failedShare(pairs: readonly Pair[], side: 'base' | 'head'): number {
  const sum = (of: (figures: LaunchFigures) => number) => pairs.reduce((total, pair) => total + of(pair[side]), 0)
  const failed = sum(({ iterations }) => iterations.failed + iterations.aborted)
  const all = failed + sum(({ iterations }) => iterations.passed)
  return all === 0 ? 1 : failed / all
}

function errorShare(pairs: readonly Pair[], side: 'base' | 'head', key: string): number {
  const steps = pairs.map(pair => pair[side].steps[key])
  const requests = steps.reduce((sum, step) => sum + (step?.requests ?? 0), 0)
  const errors = steps.reduce((sum, step) => sum + (step?.errors ?? 0), 0)
  return requests === 0 ? (errors > 0 ? 1 : 0) : errors / requests
}

function firstError(pairs: readonly Pair[], side: 'base' | 'head', key?: string): string {
  for (const pair of pairs) {
    const error = pair[side].errors.find(({ step }) => key === undefined || step === key)
    if (error !== undefined) return error.message
  }
  return pairs.find(pair => pair[side].cause)?.[side].cause ?? 'no response says why'
}
