import type { LoadReport } from '../../measure/report.ts'

export interface OverallVerdict {
  word: string
  tone: 'pass' | 'fail' | 'unsure' | 'none'
}

/** The verdict on a run: the worst of its budgets'. */
export function verdictOf({ state, verdicts }: LoadReport): OverallVerdict {
  if (state === 'not run') return { word: 'did not run', tone: 'fail' }
  if (verdicts.some(({ verdict }) => verdict === 'fail')) return { word: 'fail', tone: 'fail' }
  if (verdicts.some(({ verdict }) => verdict === 'inconclusive'))
    return { word: 'inconclusive', tone: 'unsure' }
  if (verdicts.length > 0) return { word: 'pass', tone: 'pass' }
  return { word: 'no budgets', tone: 'none' }
}
