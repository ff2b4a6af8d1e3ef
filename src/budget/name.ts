import type { Budget } from './budget.ts'
import { metricOf } from './metrics/index.ts'
import type { RelativeBudget } from './relative.ts'

type Whose = Pick<Budget, 'key' | 'path' | 'of' | 'step' | 'target' | 'latency'>

/** What a budget bounds, in words: `p99`, `requests p99`, `login p99`, `watch firstEvent p99`, `generator cpu`. */
export function subjectOf({ key, path, of, step, target, latency }: Whose): string {
  if (latency !== undefined) return path.slice(step === undefined ? 0 : 1).join(' ')
  const isOne = of === 'generator' || of === 'requests'
  const whose = step ?? target ?? (isOne ? of : undefined)
  return whose === undefined ? key : `${whose} ${path.slice(isOne ? 1 : 2).join('.')}`
}

/**
 * Name of a budget's test. It stays the same whatever the bound is, so that what CI servers keep of a test goes on when
 * a bound is tightened; and no other budget of the load test has it. `p99`, `login p99`; `p99 (base)` where the bound
 * speaks of the base, `p99 (at least)` and `rps (at most)` where it bounds from the other side than usual.
 */
export function testNameOf(budget: Budget | RelativeBudget): string {
  const { key, step, target, operator } = budget as Budget
  // A target may have the name that stands for the load generator, and a step the one that stands for all requests.
  const subject = target === 'generator' || step === 'requests' ? key : subjectOf(budget)
  if ('allowed' in budget) return `${subject} (base)`
  if (operator[0] === metricOf(budget).natural[0]) return subject
  return `${subject} (${operator[0] === '<' ? 'at most' : 'at least'})`
}
