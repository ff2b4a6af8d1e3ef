import type { Share } from '../ground/units.ts'

/**
 * The one error rate: the share of iterations, or of requests, that failed. Iterations that have no
 * response after the graceful stop are among the failed; those that the package itself ended are in neither count.
 * Undefined without any.
 */
export function errorRateOf({ passed, failed }: { passed: number; failed: number }): Share | undefined {
  return passed + failed > 0 ? failed / (passed + failed) : undefined
}
