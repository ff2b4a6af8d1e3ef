import type { StoredComparison } from '../compare/stored.ts'
import { plain } from '../ground/plain.ts'
import { counted } from '../ground/words.ts'
import type { LoadReport, Verdict } from '../measure/report.ts'
import { headOfHooks } from '../report/hooks.ts'
import { whyNothingPassed } from '../report/nothing.ts'
import { overallOf } from '../report/overall.ts'
import { FAILED, INCONCLUSIVE, PASSED } from './command.ts'

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

/** The last line of a run of load: what came of it, and how its budgets stand. */
export function verdictLine(report: LoadReport, name: string): string {
  const { verdicts } = report
  const of = (verdict: string) => verdicts.filter(one => one.verdict === verdict).length
  const standing = [
    [of('fail'), 'missed'],
    [of('inconclusive'), 'undecided'],
    [of('pass'), 'kept'],
  ] as const
  const counts = standing.flatMap(([count, word]) => (count > 0 ? [`${count} ${word}`] : []))
  const budgets = verdicts.length === 0 ? '' : `, ${counted(verdicts.length, 'budget')}: ${counts.join(', ')}`
  const nothing = whyNothingPassed(report) === undefined ? '' : ', nothing passed'
  const cut = report.state === 'completed' || report.state === 'not run' ? '' : ', cut short'
  const hooks = report.state === 'not run' ? undefined : headOfHooks(report)
  return plain(
    `${WORDS[exitCodeOf(report)]} ${name}${nothing}${hooks === undefined ? '' : `, ${hooks}`}${budgets}${cut}`,
  )
}

const WORDS: Readonly<Record<number, string>> = {
  [PASSED]: 'Passed:',
  [FAILED]: 'Failed:',
  [INCONCLUSIVE]: 'Inconclusive:',
}
