import type { StepRun } from './outcome.ts'

/** The failed attempts that made a calling step fail: those right before it and deeper, innermost first. */
export function withinOf(records: readonly StepRun[], run: StepRun): StepRun[] {
  const within: StepRun[] = []
  let { depth } = run
  for (const before of records.slice(0, records.indexOf(run)).reverse()) {
    if (before.depth <= depth || before.state === 'passed') break
    within.unshift(before)
    depth = before.depth
  }
  return within
}
