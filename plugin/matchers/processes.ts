import { findingOfProcesses } from '../../src/budget/judge.ts'
import { bounded } from './bounded.ts'
import type { Call, MatcherResult } from './matcher.ts'
import { isLoadReport, isResourceUsage, notFor } from './received.ts'

/** A matcher on what processes used: `report.target` or `report.generator`. */
export function boundedProcesses(
  call: Call,
  received: unknown,
  metric: 'memory' | 'cpu',
  bound: unknown,
): MatcherResult {
  if (isResourceUsage(received))
    return bounded(call, { path: [metric], metric, of: 'target' }, bound, received.cores, budget =>
      findingOfProcesses(received, budget),
    )
  return notFor(call, 'what processes used: report.target or report.generator', received, reason(received))
}

function reason(received: unknown): string | undefined {
  if (received === undefined)
    return (
      'report.target is undefined: no target process is known. Let the plugin start the application (server), or ' +
      'give runLoad target: { pid }.'
    )
  return isLoadReport(received)
    ? 'Say whose: report.target is the application, report.generator the load generator.'
    : undefined
}
