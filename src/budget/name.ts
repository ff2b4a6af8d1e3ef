import type { Budget } from './budget.ts'
import { metricOf } from './metrics/index.ts'
import type { RelativeBudget } from './relative.ts'

type Whose = Pick<Budget, 'key' | 'path' | 'of' | 'step' | 'target' | 'latency'>

/** Subject of a budget, in words: `p99`, `requests p99`, `login p99`, `watch firstEvent p99`, `generator cpu`. */
export function subjectOf({ key, path, of, step, target, latency }: Whose): string {
  if (latency !== undefined) return path.slice(step === undefined ? 0 : 1).join(' ')
  const isOne = of === 'generator' || of === 'requests'
  const whose = step ?? target ?? (isOne ? of : undefined)
  return whose === undefined ? key : `${whose} ${path.slice(isOne ? 1 : 2).join('.')}`
}

/**
 * Name of a budget's test. It does not contain the bound, so that the history on CI servers continues when a bound
 * changes, and it is unique in the load test. `p99`, `login p99`; `p99 (base)` for a relative bound, `p99 (at least)`
 * and `rps (at most)` for a bound on the unusual side.
 */
export function testNameOf(budget: Budget | RelativeBudget): string {
  const { key, step, target, operator } = budget as Budget
  // A target may have the name that stands for the load generator, and a step the one that stands for all requests.
  const subject = target === 'generator' || step === 'requests' ? key : subjectOf(budget)
  if ('allowed' in budget) return `${subject} (base)`
  if (operator[0] === metricOf(budget).natural[0]) return subject
  return `${subject} (${operator[0] === '<' ? 'at most' : 'at least'})`
}
