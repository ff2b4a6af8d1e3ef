import type { Milliseconds } from '../ground/units.ts'
import type { Frame } from './frame.ts'
import type { StepRun } from './outcome.ts'
import type { StepPlan } from './plan.ts'

/** Attempts in their order; in place of steps that run at the same time, a list for each of them. */
export type RecordedRuns = (StepRun | RecordedRuns)[]

/** Recording of a run in all its lanes. */
export class RunRecord {
  start: Milliseconds = 0
  runs: RecordedRuns = []
  /** Attempts at each step of a workflow in the middle of its run. */
  readonly attempts = new Map<Frame, Map<StepPlan, number>>()
  /** Why outputs of steps that have passed have no value, by step and name. */
  readonly absent = new Map<Frame, Map<string, string>>()

  begin(now: Milliseconds): void {
    this.start = now
    this.runs = []
    this.attempts.clear()
    this.absent.clear()
  }
}

/** Attempts one behind the other. */
export function inOrder(runs: RecordedRuns): StepRun[] {
  const flat: StepRun[] = []
  // Workflows that call one another may be nested deeper than calls may.
  const open = [runs.values()]
  for (let last = open.at(-1); last; last = open.at(-1)) {
    const { value, done } = last.next()
    if (done) open.pop()
    else if (Array.isArray(value)) open.push(value.values())
    else flat.push(value)
  }
  return flat
}
