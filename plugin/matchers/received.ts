import type { LoadOptions } from '../../src/load/plan/options.ts'
import type { LoadReport, ResourceUsage, StepStatistics } from '../../src/measure/report.ts'
import type { WorkflowReport } from '../../src/workflow/outcome.ts'
import { type Call, type MatcherResult, misused } from './matcher.ts'

export function isLoadReport(value: unknown): value is LoadReport {
  return has(value, 'measuredArrivals', 'responseTime', 'steps', 'verdicts')
}

export function isStepStatistics(value: unknown): value is StepStatistics {
  return has(value, 'requests', 'errors', 'serviceTime') && !isLoadReport(value)
}

export function isResourceUsage(value: unknown): value is ResourceUsage {
  return has(value, 'memoryPeak', 'cpu', 'cores', 'samples')
}

export function isWorkflowReport(value: unknown): value is WorkflowReport {
  return has(value, 'state', 'outputs', 'steps') && Array.isArray((value as WorkflowReport).steps)
}

export function isWorkflowRef(value: unknown): value is LoadOptions['workflow'] {
  if (typeof value === 'string') return true
  if (!has(value, 'document')) return false
  const { document } = value as { document: unknown }
  return typeof document === 'string' || document instanceof URL
}

/** Description of a wrong value: `undefined`, `a LoadReport`, `a promise (await it)`. */
function kindOf(value: unknown): string {
  if (isLoadReport(value)) return 'a LoadReport'
  if (isStepStatistics(value)) return 'the statistics of a step'
  if (isResourceUsage(value)) return 'the resource usage of processes'
  if (isWorkflowReport(value)) return 'a WorkflowReport'
  if (value instanceof Promise) return 'a promise (await it first)'
  if (value === null || value === undefined) return String(value)
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' ? 'another object' : `the ${typeof value} ${String(value)}`
}

/** Fails a matcher that was asked of something else than what it is for. */
export function notFor(call: Call, expected: string, received: unknown, why?: string): MatcherResult {
  return misused(call, () => ({ expected, received: kindOf(received), ...(why !== undefined && { why }) }))
}

function has(value: unknown, ...keys: string[]): boolean {
  return typeof value === 'object' && value !== null && keys.every(key => key in value)
}
