import type { WorkflowReport } from '../../src/index.ts'

/** What happened, in a form that a test can read aloud; the reason too when it failed unforeseen. */
export function trail(report: WorkflowReport) {
  return { state: report.state, steps: report.steps.map(step => `${step.stepId} ${step.state}`) }
}
