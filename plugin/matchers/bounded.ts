import { type Measurand, readBudget } from '../../src/budget/bound.ts'
import type { Budget } from '../../src/budget/budget.ts'
import { textOf } from '../../src/budget/cause.ts'
import { besideOf, type Judgement } from '../../src/budget/judge.ts'
import { type Finding, sentenceOf } from '../../src/ground/fault.ts'
import { capitalized } from '../../src/ground/words.ts'
import { type Call, decided, type MatcherResult, misused, undecided } from './matcher.ts'

/**
 * A matcher that is one budget: judged as `budgets` of a load test are, with the same doubts. What has no data, or
 * decides nothing, fails with `.not` as well.
 */
export function bounded(
  call: Call,
  measurand: Measurand,
  bound: unknown,
  cores: number,
  find: (budget: Budget) => Judgement,
): MatcherResult {
  const budget = readBudget(measurand, bound, cores)
  if ('wrong' in budget) return noBound(call, measurand, budget.wrong)

  const { title: expected } = budget
  const found = find(budget)
  const { verdict, value, note } = found
  const [why, beside] = [textOf(found.reasons), besideOf(found)]
  if (value === undefined) return undecided(call, () => ({ expected, received: 'no data', why: capitalized(why) }))
  if (verdict === 'inconclusive')
    return undecided(call, () => ({ expected, received: `${value}, which decides nothing`, why }))
  return decided(call, verdict === 'pass', () => ({
    expected,
    received: beside === '' ? value : `${value} (${beside})`,
    why: [why, note].filter(Boolean).join(' '),
  }))
}

export function noBound(call: Call, { path }: Measurand, wrong: Finding): MatcherResult {
  return misused(call, () => ({
    expected: `a bound for ${path.join('.')}`,
    received: 'no such bound',
    why: sentenceOf({ verb: 'read', thing: 'the bound', ...wrong }),
  }))
}
