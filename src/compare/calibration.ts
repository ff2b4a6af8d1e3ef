import { subjectOf } from '../budget/bound.ts'
import { isAtMost } from '../budget/budget-kinds.ts'
import { unitOf } from '../budget/metrics/index.ts'
import type { RelativeBudget } from '../budget/relative.ts'
import { Random } from '../ground/random.ts'
import { formatMs, formatShare, type Milliseconds } from '../ground/units.ts'
import type { Comparison } from './comparison.ts'
import { type Decision, LOOKS, look, MOST_PAIRS } from './decision.ts'
import { allowedDegradation, changeOf, noiseShare } from './degradation.ts'
import { sampleOf } from './statistics/sample.ts'
import { studentQuantile } from './statistics/student.ts'

type Calibration = ReturnType<typeof calibrate>[number]

const TIMES: readonly Milliseconds[] = [30_000, 60_000, 120_000]
const DRAWS = 2_000
const MINUTE: Milliseconds = 60_000

/**
 * Sensitivity of budgets on a noisy machine, from pairs of one build with itself. Their deviation is the noise of a
 * decision. Its error rates are found by drawing comparisons from them (bootstrap of pairs: B. Efron, Bootstrap
 * Methods, 1979), around no change, because there was no change. Undefined for a budget with fewer than five pairs.
 *
 * The smallest change: `(t(1 - a) + t(1 - b)) s / sqrt(K)` for K pairs, with a of the look by then and b = 0.1.
 */
export function calibrate(comparison: Comparison, seed = 1) {
  const { budgets, pairTook } = comparison
  return budgets.flatMap(({ budget, each = [], unseen = 0 }) => {
    if (each.length < LOOKS[0]!.pairs) return []
    const degradations = each.map(change => degradationOfChange(budget, change))
    const sample = sampleOf(degradations)
    const centered = degradations.map(degradation => degradation - sample.mean)
    // More pairs have more requests, and show rarer failures.
    const leastOf = (count: number) => (unseen * each.length) / count
    // Noise of one pair: a share, or an amount in the unit.
    const noise = noiseShare(budget, sample.deviation)!
    const changeIn = (time: Milliseconds, decision: 'fail' | 'pass') =>
      asChange(budget, smallest(sample.deviation, time / pairTook, decision, leastOf))
    // Smallest change beyond what is allowed that is found in nine of ten comparisons of so long.
    const seen = TIMES.map(time => ({ time, change: changeIn(time, 'fail') }))
    // Least bound that a build passes against itself in 19 of 20 comparisons of a minute.
    const proposed = changeIn(MINUTE, 'pass')
    const shares = drawn(centered, allowedDegradation(budget), seed, leastOf)
    // `shares` are of comparisons of a build with itself, by their result.
    return [{ budget, pairs: each.length, noise, shares, seen, proposed }]
  })
}

function degradationOfChange(budget: RelativeBudget, change: number): number {
  const degradation = 'factor' in budget.allowed ? Math.log1p(change) : change
  return isAtMost(budget) ? degradation : -degradation
}

/** How large a change for the worse is. */
const asChange = (budget: RelativeBudget, degradation: number) => Math.abs(changeOf(budget, degradation))

/** Smallest degradation that so many pairs can detect; infinite for fewer pairs than the first look needs. */
function smallest(deviation: number, pairs: number, decision: 'fail' | 'pass', leastOf: (pairs: number) => number) {
  const count = Math.min(Math.floor(pairs), MOST_PAIRS)
  const at = LOOKS.findLast(({ pairs: due }) => due <= count)
  if (at === undefined) return Number.POSITIVE_INFINITY
  const miss = decision === 'fail' ? 0.1 : 0.05
  const reach = studentQuantile(1 - at[decision], at.pairs - 1) + studentQuantile(1 - miss, at.pairs - 1)
  return Math.max((reach * deviation) / Math.sqrt(at.pairs), leastOf(at.pairs))
}

function drawn(
  degradations: readonly number[],
  allowed: number,
  seed: number,
  leastOf: (pairs: number) => number,
): Record<Decision, number> {
  const random = new Random(seed, 'launches')
  const counts = { fail: 0, pass: 0, open: 0 }
  for (let n = 0; n < DRAWS; n++) {
    const values: number[] = []
    let decision: Decision = 'open'
    for (const at of LOOKS) {
      while (values.length < at.pairs) values.push(degradations[random.below(degradations.length)]!)
      const sample = { ...sampleOf(values), leastReach: leastOf(at.pairs) }
      ;[decision = 'open'] = look([{ sample, allowed }], at, [decision])
      if (decision !== 'open') break
    }
    counts[decision]++
  }
  return { fail: counts.fail / DRAWS, pass: counts.pass / DRAWS, open: counts.open / DRAWS }
}

/**
 * Text of a calibration, a paragraph per budget:
 *
 * `p99 <= base + 10 %: noise 2.9 % a pair (9 pairs). A build compared with itself passes in 99.8 %, stays undecided in
 * 0.2 % and fails in 0 % of comparisons. Changes that are found, beyond what is allowed: 7.1 % in 30 s, ...`
 */
export function describeCalibration(found: Calibration): string {
  const { budget, pairs, noise, shares, seen, proposed } = found
  const write = (value: number) =>
    'factor' in budget.allowed ? formatShare(value, 2) : unitOf(budget).write(value, 2, value)
  const changes = seen.map(({ time, change }) =>
    Number.isFinite(change) ? `${write(change)} in ${formatMs(time)}` : `nothing in ${formatMs(time)}`,
  )
  const kept = `${subjectOf(budget)}: 'base ${sign(found)} ${write(proposed)}'`
  const bound = Number.isFinite(proposed)
    ? `Bound that it keeps in 19 of 20 comparisons of a minute: ${kept}.`
    : 'A minute is too short for any bound.'
  return [
    `${budget.title}: noise ${write(noise)} a pair (${pairs} pairs)`,
    `  A build compared with itself passes in ${formatShare(shares.pass, 2)}, stays undecided in ` +
      `${formatShare(shares.open, 2)} and fails in ${formatShare(shares.fail, 2)} of comparisons.`,
    `  Found in 9 of 10 comparisons, beyond what is allowed: ${changes.join(', ')}.`,
    `  ${bound}`,
  ].join('\n')
}

const sign = ({ budget }: Calibration) => (budget.operator.startsWith('<') ? '+' : '-')
