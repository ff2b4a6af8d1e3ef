import type { StoredComparison } from '../compare/comparison.ts'
import { plain } from '../ground/plain.ts'
import type { LoadReport, Verdict } from '../measure/report.ts'
import { overallOf } from '../report/overall.ts'
import { verdictBlockOf } from '../report/verdict-block.ts'
import { FAILED, INCONCLUSIVE, PASSED } from './flags.ts'

const CODES = { fail: FAILED, inconclusive: INCONCLUSIVE, pass: PASSED, none: PASSED } as const

/** Exit code of a run of load. */
export const exitCodeOf = (report: LoadReport): number => CODES[overallOf(report)]

/** Verdicts of a comparison: what could not be compared at all is not decided. */
export function comparedVerdicts({ comparison: { budgets, cause } }: StoredComparison): Verdict['verdict'][] {
  const isOpen = budgets.length === 0 || cause !== undefined
  return [...budgets.map(({ verdict }) => verdict), ...(isOpen ? ['inconclusive' as const] : [])]
}

/** Exit code of a comparison. */
export const comparedCodeOf = (stored: StoredComparison): number =>
  worstOf(comparedVerdicts(stored).map(verdict => CODES[verdict]))

/** Exit code of several: a failure is worse than what was not decided. */
export function worstOf(codes: readonly number[]): number {
  return [FAILED, INCONCLUSIVE].find(code => codes.includes(code)) ?? PASSED
}

/** Last line of a run of load: its result, and the verdict at its beginning. */
export function verdictLine(report: LoadReport, name: string): string {
  return plain(`${WORDS[exitCodeOf(report)]} ${name}: ${verdictBlockOf(report).headline}`)
}

const WORDS: Readonly<Record<number, string>> = {
  [PASSED]: 'Passed:',
  [FAILED]: 'Failed:',
  [INCONCLUSIVE]: 'Inconclusive:',
}
