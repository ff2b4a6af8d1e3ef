import type { StepRun, WorkflowReport } from '../../workflow/outcome.ts'

/** Statuses of a server that has no such route, or not with this method. */
const NO_ROUTE = new Set([404, 405, 501])

/** Responses to a step in runs of its workflow on one side, and whether it passed. */
export interface Tries {
  /** Says which step it is. */
  key: string
  workflowId: string
  stepId: string
  /** Statuses of all responses. */
  statuses: number[]
  /** Whether it failed in each run that came to it. */
  hasFailed: boolean
  /** Whether it passed in each of them. */
  hasPassed: boolean
  /** Its last attempt. */
  last: StepRun
}

/** Tries of each step that was reached. */
export function triesIn(reports: readonly WorkflowReport[]): Map<string, Tries> {
  const all = new Map<string, Tries>()
  for (const { steps } of reports) {
    const ofRun = new Map<string, Tries>()
    for (const run of steps) {
      const { workflowId, stepId, exchange, state } = run
      const key = `${workflowId}\n${stepId}`
      const status = exchange?.response?.status
      const tries = all.get(key) ?? { ...{ key, workflowId, stepId, last: run }, ...NOTHING_YET, statuses: [] }
      all.set(key, tries)
      ofRun.set(key, tries)
      tries.last = run
      if (status !== undefined && state !== 'skipped') tries.statuses.push(status)
    }
    // The last attempt of a run decides whether the step passed.
    for (const tries of ofRun.values()) {
      if (tries.last.state === 'passed') tries.hasFailed = false
      else tries.hasPassed = false
    }
  }
  return all
}

const NOTHING_YET = { hasFailed: true, hasPassed: true }

/** Whether all that it got are statuses of routes that are not there. */
export const hasNoRoute = ({ statuses }: Tries): boolean =>
  statuses.length > 0 && statuses.every(status => NO_ROUTE.has(status))

/** Whether it passed whenever it was reached, and its route was there. */
export const isThere = ({ hasPassed, statuses }: Tries): boolean =>
  hasPassed && statuses.length > 0 && statuses.every(status => status < 400)
