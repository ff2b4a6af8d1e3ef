import type { Budget, Verdict } from '../measure/report.ts'

/*
 * Runs as one may be judged by two bounds of one key, as when a bound was tightened between them: each has a verdict
 * of its own, which has its title.
 */

/** The verdict on a budget; undefined where it was not judged. */
export function verdictFor({ key, title }: Budget, verdicts: readonly Verdict[]): Verdict | undefined {
  const ofKey = verdicts.filter(({ budget }) => budget === key)
  return among(ofKey, title)
}

/** The budget of a verdict; undefined where it is not known. */
export function budgetFor({ budget, title }: Verdict, budgets: readonly Budget[]): Budget | undefined {
  const ofKey = budgets.filter(({ key }) => key === budget)
  return among(ofKey, title)
}

function among<T extends { title: string }>(ofKey: readonly T[], title: string): T | undefined {
  return ofKey.find(one => one.title === title) ?? (ofKey.length === 1 ? ofKey[0] : undefined)
}
