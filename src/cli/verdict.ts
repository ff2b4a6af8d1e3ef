import type { LoadReport } from '../measure/report.ts'
import { verdictOf } from '../report/html/verdict.ts'
import { FAILED, INCONCLUSIVE, PASSED } from './command.ts'

/** Exit code of a run of load. One that was cut short and failed nothing has not shown what it was to show. */
export function exitCodeOf(report: LoadReport): number {
  const { tone } = verdictOf(report)
  if (tone === 'fail') return FAILED
  return tone === 'unsure' || report.state !== 'completed' ? INCONCLUSIVE : PASSED
}

/** Exit code of several: a failure is worse than what was not decided. */
export function worstOf(codes: readonly number[]): number {
  return [FAILED, INCONCLUSIVE].find(code => codes.includes(code)) ?? PASSED
}
