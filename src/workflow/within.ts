import type { StepRun } from './outcome.ts'

/** Whether an attempt failed and nothing handles it. */
export const hasFailed = ({ state, next }: StepRun): boolean => state !== 'passed' && next.go === 'end'

/**
 * The failed attempts that made a calling step fail, innermost first: those before it and deeper that nothing has
 * handled. What ran beside one may stand between them.
 */
export function withinOf(records: readonly StepRun[], run: StepRun): StepRun[] {
  const within: StepRun[] = []
  let { depth } = run
  let lowest = Number.POSITIVE_INFINITY
  for (const before of records.slice(0, records.indexOf(run)).reverse()) {
    if (before.depth <= depth) break
    lowest = Math.min(lowest, before.depth)
    if (!hasFailed(before) || before.depth > lowest) continue
    within.unshift(before)
    depth = before.depth
    lowest = Number.POSITIVE_INFINITY
  }
  return within
}
