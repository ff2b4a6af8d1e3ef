import type { Milliseconds } from '../ground/units.ts'
import type { Frame } from './frame.ts'
import type { Next } from './outcome.ts'
import type { ActionPlan, StepPlan } from './plan.ts'

/** Says in a report what follows a step. @param wait before a retry, or why it is not made. */
export function describeNext(
  frame: Frame,
  plan: StepPlan,
  hasPassed: boolean,
  chosen: ActionPlan | undefined,
  wait: Milliseconds | string,
): Next {
  if (frame.detour) return { go: 'step', stepId: frame.detour.back.step.stepId }
  const isLast = plan.position === frame.plan.steps.length - 1
  if (typeof wait === 'string') return { go: 'end', notRetried: wait }
  if (!chosen) return hasPassed && !isLast ? { go: 'on' } : { go: 'end' }
  const { action } = chosen
  if (action.type === 'end') return { action: action.name, go: 'end' }
  if (action.type === 'retry') {
    const left = action.retryLimit - (frame.retries?.get(chosen) ?? 0)
    return { action: action.name, go: 'retry', after: wait, left }
  }
  return action.to.kind === 'step'
    ? { action: action.name, go: 'step', stepId: action.to.stepId }
    : { action: action.name, go: 'workflow', workflowId: action.to.workflow.workflowId }
}
