import { own } from '../ground/object.ts'
import { requestsOf } from '../measure/all-requests.ts'
import { cutIn } from '../measure/histogram.ts'
import type { LoadReport } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import type { Size } from './size.ts'

/**
 * Arrivals that were dropped because users waited for responses that never came might have failed as these did: the
 * error rate is then at most (failed + dropped) / due. Undefined if every response came, however slowly.
 */
export function sizeOfStuck(
  { dropped }: { dropped: number },
  report: LoadReport,
  budget: Budget,
  value: number,
): Size | undefined {
  if (!isStuck(report)) return undefined
  const { failed, started, due } = report.measuredArrivals
  if (budget.of === 'iterations') return { less: 0, more: Math.max(0, (failed + dropped) / due - value) }
  const step = budget.of === 'step' ? own(report.steps, budget.step ?? '') : requestsOf(report)
  if (step === undefined || started === 0) return undefined
  // Each would have had as many requests as those that were started.
  const { requests, errors } = step
  const missing = (dropped * requests) / started
  return { less: 0, more: Math.max(0, (errors + missing) / (requests + missing) - value) }
}

/** Users that are stuck may have been so from the warm-up on. */
function isStuck({ responseTime, answers }: LoadReport): boolean {
  const isCut = ({ errors }: LoadReport['answers'][number]) => 'no response' in errors || 'timeout' in errors
  return cutIn(responseTime) > 0 || answers.some(isCut)
}
