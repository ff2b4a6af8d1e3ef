import { formatCount } from '../ground/units.ts'
import type { LoadReport } from '../measure/report.ts'

/**
 * Why a run that took place says nothing good of the application, whatever its budgets say; undefined when some of it
 * passed.
 */
export function whyNothingPassed({ state, measuredArrivals }: LoadReport): string | undefined {
  if (state === 'not run' || measuredArrivals.passed > 0) return undefined
  const { failed } = measuredArrivals
  if (failed === 0) return 'no iteration came to its end within the measured window'
  return failed === 1 ? 'the only iteration failed' : `all ${formatCount(failed)} iterations failed`
}
