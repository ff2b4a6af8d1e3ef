import { chanceAbove, leastOf, mostOf, type Sample } from './statistics/sample.ts'

/**
 * Times and one-sided levels of the looks at the pairs so far. Repeated looks at plain 95 % intervals would raise an
 * alarm in 17 to 36 % of comparisons of a build with itself. These levels keep it to 1 % over all looks if the effect
 * equals the bound, and wrong passes to 4 % (simulated, test/compare/simulation).
 */
export const LOOKS: readonly Look[] = [
  { pairs: 5, fail: 0.0005, pass: 0.01 },
  { pairs: 7, fail: 0.001, pass: 0.01 },
  { pairs: 9, fail: 0.002, pass: 0.01 },
  { pairs: 12, fail: 0.004, pass: 0.015 },
  { pairs: 15, fail: 0.006, pass: 0.02 },
]

export interface Look {
  /** Pairs of launches by then. */
  pairs: number
  fail: number
  pass: number
}

export const MOST_PAIRS = LOOKS.at(-1)!.pairs
/** Before so many nothing is decided. */
export const FEWEST_PAIRS = LOOKS[0]!.pairs

/** Degradation over the pairs so far, on the scale of the bound; negative if head is better. */
export interface Degradation {
  sample: Sample
  /** Degradation of a typical request, without rare costs. */
  typical?: Sample | undefined
  allowed: number
}

export type Decision = 'fail' | 'pass' | 'open'

/**
 * Looks at several budgets of one comparison. That one of them fails is decided by Holm's method (S. Holm, A Simple
 * Sequentially Rejective Multiple Test Procedure, 1979), so that more budgets do not make more false alarms; each pass
 * is a claim of its own, and keeps its level.
 *
 * @param before what the look before has decided, which stays.
 */
export function look(
  budgets: readonly Degradation[],
  { fail, pass }: Look,
  before: readonly Decision[] = [],
): Decision[] {
  const decisions = budgets.map((_, index): Decision => before[index] ?? 'open')
  // The error level is shared by the budgets that have not failed yet.
  let share = decisions.filter(decision => decision !== 'fail').length
  const open = [...decisions.keys()].filter(index => decisions[index] === 'open')
  const chance = (index: number) => chanceOf(budgets[index]!)
  for (const index of open.sort((a, b) => chance(a) - chance(b))) {
    if (chance(index) > fail / share) break
    decisions[index] = 'fail'
    share--
  }
  for (const index of open) {
    const { sample, allowed } = budgets[index]!
    const isPass = decisions[index] === 'open' && mostOf(sample, pass) <= allowed
    if (isPass) decisions[index] = 'pass'
  }
  return decisions
}

/** By how many figures it is shown that a budget is not kept, where it is known what is typical. */
const FIGURES = 2
/** Probability of a mean by chance, if the change equals the bound, below which the typical request also counts. */
const DOUBT = 0.05

/**
 * Probability of such a degradation if the true one equals the bound. If the typical request is known, either figure
 * may show a degradation, each at half the level (Bonferroni). The typical request counts only if the mean, which the
 * budget bounds, is hardly at its bound. Only the mean can show that nothing is worse, because it includes costs that
 * occur in one request of fifty.
 */
function chanceOf({ sample, typical, allowed }: Degradation): number {
  const ofAll = chanceAbove(sample, allowed)
  if (typical === undefined) return ofAll
  const ofTypical = ofAll <= DOUBT ? chanceAbove(typical, allowed) : 1
  return Math.min(1, FIGURES * Math.min(ofAll, ofTypical))
}

/**
 * Range of the degradation of a budget, at the levels of its decision. The range of an open budget contains the bound.
 */
export function openRange(
  { sample, typical }: Omit<Degradation, 'allowed'>,
  { fail, pass }: Look,
  budgets: number,
): { low: number; high: number } {
  const level = fail / budgets / (typical === undefined ? 1 : FIGURES)
  return { low: leastOf(sample, level), high: mostOf(sample, pass) }
}
