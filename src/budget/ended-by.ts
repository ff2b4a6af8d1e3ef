import type { LoadReport } from '../measure/report.ts'
import type { Budget } from './budget.ts'

/** How the run, or one of those that it is made of, was ended for a budget. */
export function endedFor(report: LoadReport, { key }: Pick<Budget, 'key'>): LoadReport['endedBy'] {
  return [report.endedBy, ...(report.alsoEndedBy ?? [])].find(end => end?.budget === key)
}
