import type { LoadReport } from '../measure/report.ts'
import { overallOf } from '../report/overall.ts'
import { FAILED, INCONCLUSIVE, PASSED } from './command.ts'

const CODES = { fail: FAILED, inconclusive: INCONCLUSIVE, pass: PASSED, none: PASSED } as const

/** Exit code of a run of load. */
export const exitCodeOf = (report: LoadReport): number => CODES[overallOf(report)]

/** Exit code of several: a failure is worse than what was not decided. */
export function worstOf(codes: readonly number[]): number {
  return [FAILED, INCONCLUSIVE].find(code => codes.includes(code)) ?? PASSED
}
