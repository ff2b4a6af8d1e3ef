import type { LoadReport } from '../measure/report.ts'
import { verdictOf } from './html/verdict.ts'

/** Verdict on a whole run. `none`: there are no budgets, and some of the load passed. */
export type Overall = 'pass' | 'fail' | 'inconclusive' | 'none'

/** The worst of what is to be said of a run. One that was cut short and failed nothing has not shown what it should. */
export function overallOf(report: LoadReport): Overall {
  const { tone } = verdictOf(report)
  if (tone === 'fail') return 'fail'
  return tone === 'unsure' || report.state !== 'completed' ? 'inconclusive' : tone
}
