import type { Bound } from '../../src/budget/budget.ts'
import type { SustainOptions } from './to-sustain.ts'
import 'vitest'

/** The matchers, with what they return: `void` as assertions, `unknown` as asymmetric matchers. */
export interface ArazzoMatchers<R> {
  /**
   * The rate holds within what was searched for: `5_000`, `'5000 rps'`. On a `LoadReport` of a `capacity` load. With
   * `.not`, it was missed for certain.
   */
  toSustain(rate: Bound): R
  /**
   * Searches up to the rate whether it holds `{ latency: 'p99 < 100ms' }`, now; to be awaited. On a reference to a
   * workflow: `'./shop.arazzo.yaml#checkout'`.
   */
  toSustain(rate: Bound, options: SustainOptions): R extends void ? Promise<void> : R
  /** Asserts at least so many requests a second within the measured window: `1_000`, `'1000/s'`. On a `LoadReport`. */
  toSustainRps(rate: Bound): R
  /**
   * A latency percentile of at most `bound`: `(99, '80ms')`. On a `LoadReport`, on `report.allRequests` or on
   * `report.steps.<stepId>`.
   */
  toHoldPercentile(percentile: number, bound: Bound): R
  /** A memory peak of at most `bound`: `'200MB'`. On `report.target` or `report.generator`. */
  toStayUnderMemory(bound: Bound): R
  /**
   * A mean CPU of at most `bound`: `'70%'` of one core, `'1.5 cores'`, `'70% of machine'`. On `report.target` or
   * `report.generator`.
   */
  toStayUnderCpu(bound: Bound): R
  /**
   * Asserts at most this share of failures: `0.001`, `'0.1%'`. On a `LoadReport`, on `report.allRequests` or on
   * `report.steps.<stepId>`.
   */
  toKeepErrorRateUnder(share: Bound): R
  /** Asserts that every budget given to the run passed. On a `LoadReport`. */
  toMeetItsBudgets(): R
  /** The workflow passed. On a `WorkflowReport`. */
  toPassWorkflow(): R
}

// Vitest's own `Matchers` has other type parameters in 4 than in 5, so no declaration can extend both. `Chai.Assertion`
// and `AsymmetricMatchersContaining` have no type parameters.
declare global {
  namespace Chai {
    interface Assertion extends ArazzoMatchers<void> {}
  }
}

declare module 'vitest' {
  interface AsymmetricMatchersContaining extends ArazzoMatchers<unknown> {}
}
