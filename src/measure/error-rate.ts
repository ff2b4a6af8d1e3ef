import type { Share } from '../ground/units.ts'

/**
 * The one error rate: of iterations, or of what else passes or fails, the share that failed. Iterations that have no
 * response after the graceful stop are among the failed; those that the package itself ended are in neither count.
 * Undefined if there are none.
 */
export function errorRateOf({ passed, failed }: { passed: number; failed: number }): Share | undefined {
  return passed + failed > 0 ? failed / (passed + failed) : undefined
}
