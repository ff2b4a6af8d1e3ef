import { isOnDefaultBranch } from '../../src/compare/base/choose.ts'
import { Git } from '../../src/compare/base/git.ts'
import type { LoadTest } from '../../src/load/plan/load-test.ts'
import { providedComparison } from './inconclusive.ts'
import { type Settings, settings } from './settings.ts'

/** Runs that are kept on the default branch, where each comparison is with the commit before. */
const KEPT = 20

/** Options of files: on the default branch the last comparisons are kept with their runs, unless `keep` is given. */
export async function keptReports({ relative }: LoadTest, signal: AbortSignal): Promise<Settings['reports']> {
  const { reports } = settings() ?? {}
  const { sides, calibration } = providedComparison()
  if (reports?.keep !== undefined || sides === undefined || calibration !== undefined || relative.length === 0)
    return reports
  const [, { root, environment }] = sides
  const isHistory = await isOnDefaultBranch(new Git(root, environment, signal), environment).catch(() => false)
  return reports && isHistory ? { ...reports, keep: KEPT } : reports
}
