import type { AttemptView } from './attempt-view.ts'
import type { StepPlan } from './plan.ts'

const SERVER_ERROR = 500

/**
 * Whether an attempt that is to be retried is one that polls: a response came that could be read, its status is one
 * that the description lists for the operation (`202`, `2XX`; `default` lists none), and it is not a server's error.
 */
export function isPolling(plan: StepPlan, { judge, scope }: AttemptView): boolean {
  const { operation } = plan
  const { cause, unmet } = judge
  const { status = SERVER_ERROR } = scope.received
  if (operation === undefined || cause !== undefined || status >= SERVER_ERROR) return false
  const { responses } = operation
  if (!(status in responses || `${Math.floor(status / 100)}XX` in responses)) return false
  // A response that meets all criteria, and is not as described, is no wait.
  if (unmet === undefined) return judge.isRejectedByStatus(plan)
  scope.received.takeMisread()
  return unmet.explain(scope).error === undefined && scope.received.takeMisread() === undefined
}
