import type { RelativeBudget } from '../budget/relative.ts'
import { given } from '../ground/given.ts'
import { formatCount, formatShare } from '../ground/units.ts'
import { BUSY } from '../load/run/thread-doubts.ts'
import type { ComparedBudget, Range } from './comparison.ts'
import { type Decision, LOOKS, type Look, look, lookAfter, MOST_PAIRS, openRange } from './decision.ts'
import { allowedHarm, changeOf, figureOf, harmOf, isAtMost } from './harm.ts'
import { otherwiseIn } from './otherwise.ts'
import { type Pair, SIDES } from './pair.ts'
import { reachOf, type Sample, sampleOf } from './statistics/sample.ts'
import { signedRankAbove } from './statistics/signed-rank.ts'

/** From so many pairs on the signed-rank test can tell anything at the levels that are in use. */
const RANKS_FROM = 8
/** Requests that have to lie above a percentile in each launch: fewer, and it is the highest value by another name. */
export const LEAST_ABOVE = 1
export const CONFIDENCE = 0.95
/** Figures that a saturated load generator decides. */
const OF_GENERATOR = new Set<RelativeBudget['metric']>(['rps', 'iterationRate', 'mean', 'percentile'])

/**
 * Judges budgets by pairs of launches as they come. What is decided stays decided; what has no figure in some pair, or
 * is touched by a step that responds otherwise on one side, is never passed.
 */
export class ComparisonJudge {
  readonly #budgets: readonly RelativeBudget[]
  /** Base runs once for all pairs: how its launches differ is taken from head's. */
  readonly #isBaseFixed: boolean
  readonly #pairs: Pair[] = []
  #decisions: Decision[]

  constructor(budgets: readonly RelativeBudget[], isBaseFixed = false) {
    this.#budgets = budgets
    this.#isBaseFixed = isBaseFixed
    this.#decisions = budgets.map(() => 'open')
  }

  get pairs(): readonly Pair[] {
    return this.#pairs
  }

  add(pair: Pair): void {
    this.#pairs.push(pair)
    const due = lookAfter(this.#pairs.length)
    if (due === undefined) return
    const seen = this.#budgets.map(budget => this.#whatOf(budget))
    const judged = [...seen.keys()].filter(index => seen[index]!.why.length === 0)
    const harms = judged.map(index => ({ sample: seen[index]!.sample, allowed: allowedHarm(this.#budgets[index]!) }))
    const decisions = look(
      harms,
      due,
      judged.map(index => this.#decisions[index]!),
    )
    for (const [at, index] of judged.entries()) this.#decisions[index] = decisions[at]!
  }

  /** Whether more pairs can change anything. */
  get isDecided(): boolean {
    return (
      this.#pairs.length >= MOST_PAIRS ||
      (this.#pairs.length >= LOOKS[0]!.pairs &&
        this.#budgets.every(
          (budget, index) => this.#decisions[index] !== 'open' || this.#whatOf(budget).why.length > 0,
        ))
    )
  }

  findings(): ComparedBudget[] {
    return this.#budgets.map((budget, index) => this.#finding(budget, this.#decisions[index]!))
  }

  /** What a budget would find that nobody has set: without a decision. */
  beside(budget: RelativeBudget): ComparedBudget {
    return this.#finding(budget, 'open')
  }

  #whatOf(budget: RelativeBudget): { sample: Sample; values: number[]; why: string[] } {
    const harms = this.#pairs.map(pair => harmOf(budget, pair))
    const values = harms.filter(harm => harm !== undefined)
    const why: string[] = []
    const missing = harms.length - values.length
    if (this.#pairs.length === 0) why.push('nothing was measured.')
    else if (missing > 0)
      why.push(`there is no figure in ${missing === harms.length ? 'any' : `${missing} of ${harms.length}`} pairs.`)
    else why.push(...otherwiseIn(this.#pairs, budget), ...this.#tooFew(budget), ...this.#busy(budget))
    return { sample: { ...sampleOf(values), isOneAgainstMany: this.#isBaseFixed }, values, why }
  }

  /** Where counts differ, a highest value of more is higher by itself. */
  #tooFew({ quantile, step }: RelativeBudget): string[] {
    if (quantile === undefined) return []
    const least = Math.min(...this.#pairs.flatMap(pair => SIDES.map(side => countOf(pair[side], step))))
    if (least * (1 - quantile) >= LEAST_ABOVE) return []
    const needed = formatCount(Math.ceil(LEAST_ABOVE / (1 - quantile)))
    return [`a launch had ${formatCount(least)} values, and the percentile takes ${needed}. Give a higher rate.`]
  }

  /** What the generator itself cannot do faster, or sees late, says nothing of either side. */
  #busy({ metric }: RelativeBudget): string[] {
    if (!OF_GENERATOR.has(metric)) return []
    const busy = Math.max(0, ...this.#pairs.map(({ generator }) => generator?.eventLoopUtilization ?? 0))
    if (busy <= BUSY) return []
    return [`the load generator was busy for ${formatShare(busy, 2)} of the time. Give a lower rate, or fewer users.`]
  }

  #finding(budget: RelativeBudget, decision: Decision): ComparedBudget {
    const { sample, values, why } = this.#whatOf(budget)
    const pairs = values.length
    if (pairs === 0) return { budget, verdict: 'inconclusive', pairs, each: [], why }
    const reach = reachOf(sample, (1 - CONFIDENCE) / 2)
    const change = rangeOf(budget, sample.mean, sample.mean - reach, sample.mean + reach)
    const allowed = allowedHarm(budget)
    const figures = { base: this.#meanOf(budget, 'base'), head: this.#meanOf(budget, 'head') }
    const signedRank = pairs >= RANKS_FROM ? signedRankAbove(values, allowed) : undefined
    const noise = 'factor' in budget.allowed ? Math.expm1(sample.deviation) : sample.deviation
    const each = values.map(harm => changeOf(budget, harm))
    const known = {
      budget,
      change,
      figures,
      pairs,
      each,
      noise: Number.isFinite(noise) ? noise : undefined,
      signedRank,
    }
    if (decision !== 'open' && why.length === 0) return given<ComparedBudget>({ ...known, verdict: decision, why: [] })
    const at = LOOKS.findLast(({ pairs: due }) => due <= pairs) ?? LOOKS[0]!
    const { low, high } = openRange(sample, at, this.#budgets.length)
    const { mean: _, ...open } = rangeOf(budget, sample.mean, low, high)
    const needed = why.length > 0 ? undefined : pairsNeeded(sample, allowed)
    return given<ComparedBudget>({ ...known, verdict: 'inconclusive', open, needed, why })
  }

  #meanOf(budget: RelativeBudget, side: 'base' | 'head'): number {
    const figures = this.#pairs.map(pair => figureOf(budget, pair[side])).filter(figure => figure !== undefined)
    return figures.reduce((sum, figure) => sum + figure, 0) / figures.length
  }
}

function countOf(side: Pair['base'], step: string | undefined): number {
  return (step === undefined ? side.responseTime : side.steps[step]?.serviceTime)?.count ?? 0
}

/** A range of harm as one of changes. */
export function rangeOf(budget: RelativeBudget, mean: number, low: number, high: number): Range {
  const [of, one, other] = [mean, low, high].map(harm => changeOf(budget, harm)) as [number, number, number]
  return isAtMost(budget) ? { mean: of, low: one, high: other } : { mean: of, low: other, high: one }
}

/** The most pairs that are worth a word: an hour of them. */
export const MOST_WORTH = 500

/**
 * Pairs that are needed besides those that there are until the budget is decided, if the mean and the deviation stay as
 * they are; undefined where they are too close to the bound.
 */
function pairsNeeded(sample: Sample, allowed: number): number | undefined {
  const last: Look = LOOKS.at(-1)!
  for (let count = Math.max(sample.count + 1, LOOKS[0]!.pairs); count <= MOST_WORTH; count++) {
    const { low, high } = openRange({ ...sample, count }, last, 1)
    if (low > allowed || high <= allowed) return count - sample.count
  }
  return undefined
}
