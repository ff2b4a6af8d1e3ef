import { isAtMost } from '../budget/budget-kinds.ts'
import { comparedOf } from '../budget/metrics/index.ts'
import { latenciesOf } from '../budget/metrics/latency.ts'
import { countedIn } from '../budget/metrics/share.ts'
import type { RelativeBudget } from '../budget/relative.ts'
import { formatCount, formatShare, type Share } from '../ground/units.ts'
import { BUSY } from '../load/run/thread-doubts.ts'
import { behaviourDifferences } from './behaviour-differences.ts'
import type { ComparedBudget, NewStep, Range } from './comparison.ts'
import {
  type Decision,
  type Degradation,
  FEWEST_PAIRS,
  LOOKS,
  type Look,
  look,
  MOST_PAIRS,
  openRange,
} from './decision.ts'
import { allowedDegradation, changeOf, degradationOf, figureOf, noiseShare } from './degradation.ts'
import { measuredAt, type Pair, SIDES, type SideName } from './pair.ts'
import { differenceOfRates, type Rates } from './statistics/rates.ts'
import { leastOf, mostOf, type Sample, sampleOf } from './statistics/sample.ts'
import { signedRankAbove } from './statistics/signed-rank.ts'
import { requestsOfLaunch, withoutWords } from './words.ts'
import { remarksOn, workIn } from './work.ts'

/** From so many pairs on the signed-rank test can tell anything at the levels that are in use. */
const RANKS_FROM = 8

/** Counts of an iteration differ by less than this if they are the same: a connection is opened anew now and then. */
const SLACK = 0.02

/** Requests that have to lie above a percentile in each launch: fewer, and it is the highest value by another name. */
export const LEAST_ABOVE = 1
export const CONFIDENCE = 0.95

/** Budget with its figures at the time of the decision. Later pairs do not change them. */
interface Judged {
  budget: RelativeBudget
  decision: Decision
  pairs: readonly Pair[]
}

/**
 * Judges budgets by pairs of launches as they come. What has failed stays so; what has passed does, unless it turns out
 * afterwards that the two sides did not do the same.
 */
export class ComparisonJudge {
  /** Base runs once for all pairs: how its launches differ is taken from head's. */
  readonly #isBaseFixed: boolean
  readonly #pairs: Pair[] = []
  readonly #judged: Judged[]

  /** A remark for budgets of all steps: which steps they do not cover. */
  readonly #without: string[]

  constructor(budgets: readonly RelativeBudget[], isBaseFixed = false, newSteps: readonly NewStep[] = []) {
    this.#isBaseFixed = isBaseFixed
    this.#without = newSteps.length > 0 ? [withoutWords(newSteps)] : []
    // Growth is decided by long pairs.
    const own = budgets.filter(({ metric }) => metric !== 'memoryGrowth')
    this.#judged = own.map(budget => ({ budget, decision: 'open', pairs: this.#pairs }))
  }

  get pairs(): readonly Pair[] {
    return this.#pairs
  }

  add(pair: Pair): void {
    this.#pairs.push(pair)
    this.#decideCounts()
    const due = lookAfter(this.#pairs.length)
    if (due !== undefined) this.#look(due)
  }

  /** Counts that are the same in each pair need no statistics. If a later pair has another one, they do. */
  #decideCounts(): void {
    for (const one of this.#judged) {
      if (one.decision === 'fail' || !comparedOf(one.budget)?.isCount || this.#pairs.length < 2) continue
      const { values, why } = this.#seen(one.budget)
      const slack = Math.min(...this.#pairs.map(slackOf))
      const isSame = why.length === 0 && Math.max(...values) - Math.min(...values) <= slack
      const isKept = sampleOf(values).mean <= allowedDegradation(one.budget) + slack
      one.decision = isSame ? (isKept ? 'pass' : 'fail') : 'open'
      one.pairs = isSame ? [...this.#pairs] : this.#pairs
    }
  }

  /** No pair comes any more: what came since the last look is looked at in the place of the next one. */
  close(): void {
    const count = this.#pairs.length
    const next = LOOKS.find(({ pairs }) => pairs > count)
    if (count > LOOKS[0]!.pairs && lookAfter(count) === undefined && next !== undefined) this.#look(next)
  }

  get budgets(): readonly RelativeBudget[] {
    return this.#judged.map(({ budget }) => budget)
  }

  get hasFailed(): boolean {
    return this.#judged.some(({ decision }) => decision === 'fail')
  }

  /** Whether launches are not warm yet and this leaves a budget open, while none has failed. */
  get isCold(): boolean {
    const open = this.#judged.filter(({ decision }) => decision === 'open')
    return (
      !this.hasFailed &&
      open.some(({ budget }) => cold(budget, this.#pairs, this.#seen(budget).sample, COLD_FROM).length > 0)
    )
  }

  /** Whether more pairs can change anything. */
  get isDecided(): boolean {
    const count = this.#pairs.length
    if (count >= MOST_PAIRS) return true
    const isOver = (one: Judged) => {
      if (one.decision !== 'open') return true
      const { why, isLasting } = this.#seen(one.budget)
      return isLasting || (count >= LOOKS[0]!.pairs && why.length > 0)
    }
    return (count >= 2 || this.#judged.length === 0) && this.#judged.every(isOver)
  }

  /**
   * How many times the requests so far are needed at a look, where only the rarity of failures keeps budgets open;
   * undefined if other budgets are open, or no number of them decides.
   */
  timesNeeded(at: Look): number | undefined {
    const open = this.#judged.filter(({ decision }) => decision === 'open')
    const times = open.map(({ budget }) => {
      const { sample, why } = this.#seen(budget)
      if (sample.rates === undefined || why.length > 0 || sample.count < 2) return undefined
      const allowed = allowedDegradation(budget)
      return TIMES.find(times => look([{ ...moreOf({ sample }, times), allowed }], at)[0] !== 'open')
    })
    return times.length > 0 && times.every(one => one !== undefined) ? Math.max(...times) : undefined
  }

  findings(): ComparedBudget[] {
    const work = workIn(this.#pairs)
    return this.#judged.map(one => {
      const found = this.#finding(one)
      const ofAll = one.budget.step === undefined ? this.#without : []
      const { base, head } = this.#pairs.at(-1) ?? {}
      const parts = base && head ? (comparedOf(one.budget)?.parts?.(base, head) ?? []) : []
      const remarks = [...ofAll, ...remarksOn(work, one.budget), ...parts]
      return remarks.length > 0 ? { ...found, remarks } : found
    })
  }

  /** Result for a figure without a budget, without a decision. */
  beside(budget: RelativeBudget): ComparedBudget {
    return this.#finding({ budget, decision: 'open', pairs: this.#pairs })
  }

  #look(at: Look): void {
    const isSound = ({ budget, decision }: Judged) => decision === 'fail' || this.#seen(budget).why.length === 0
    const judged = this.#judged.filter(isSound)
    const degradations = judged.map(({ budget }) => ({ ...this.#seen(budget), allowed: allowedDegradation(budget) }))
    const before = judged.map(({ decision }) => decision)
    const decisions = look(degradations, at, before)
    for (const [index, one] of judged.entries()) {
      if (one.decision !== 'open' || decisions[index] === 'open') continue
      one.decision = decisions[index]!
      one.pairs = [...this.#pairs]
    }
  }

  /**
   * Figures of a budget, and reasons why they do not decide. `typical` is absent if it is not known in each pair;
   * `isLasting`: more pairs cannot change it.
   */
  #seen(budget: RelativeBudget, pairs: readonly Pair[] = this.#pairs) {
    const degradations = pairs.map(pair => degradationOf(budget, pair))
    const values = degradations.filter(degradation => degradation !== undefined)
    const isOneAgainstMany = this.#isBaseFixed
    const rates = ratesOf(budget, pairs)
    const ofRates = rates && { rates, mean: differenceOfRates(rates) }
    const sample: Sample = { ...sampleOf(values), isOneAgainstMany, ...ofRates }
    const missing = degradations.length - values.length
    if (pairs.length === 0) return { sample, values, why: ['nothing was measured.'], isLasting: false }
    if (missing > 0) {
      const where = missing === degradations.length ? 'any pair' : `${missing} of ${degradations.length} pairs`
      return { sample, values, why: [`there is no figure in ${where}.`], isLasting: missing === degradations.length }
    }
    const ofTypical = pairs
      .map(pair => typicalDegradationOf(budget, pair))
      .filter(degradation => degradation !== undefined)
    const typical = ofTypical.length === pairs.length ? { ...sampleOf(ofTypical), isOneAgainstMany } : undefined
    const lasting = [
      ...tooFew(budget, pairs),
      ...nothingCounted(budget, pairs),
      ...busy(budget, pairs),
      ...cold(budget, pairs, sample),
      ...(this.#isBaseFixed ? unlike(budget) : []),
    ]
    const why = [...lasting, ...behaviourDifferences(pairs, budget)]
    return { sample, typical, values, why, isLasting: lasting.length > 0 }
  }

  #finding({ budget, decision, pairs: at }: Judged): ComparedBudget {
    // Figures at the time of the decision. Reasons to reject it may have come later.
    const { sample, typical, values } = this.#seen(budget, at)
    const { why, ...now } = this.#seen(budget)
    const { rates } = now.sample
    const pairs = values.length
    if (pairs === 0) return { budget, verdict: 'inconclusive', pairs, each: [], why }
    const allowed = allowedDegradation(budget)
    const hasRanks = pairs >= RANKS_FROM && !this.#isBaseFixed
    const known = {
      budget,
      change: intervalOf(budget, sample),
      typical: typical && intervalOf(budget, typical),
      figures: { base: meanOf(budget, at, 'base'), head: meanOf(budget, at, 'head') },
      pairs,
      each: now.values.map(degradation => changeOf(budget, degradation)),
      noise: noiseShare(budget, sample.deviation),
      unseen: rates && UNSEEN / Math.max(1, countOf(rates.head)),
      signedRank: hasRanks ? signedRankAbove(values, allowed) : undefined,
    }
    if (decision === 'fail' || (decision === 'pass' && why.length === 0))
      return { ...known, verdict: decision, why: [] }
    const levels = LOOKS.findLast(({ pairs: due }) => due <= pairs) ?? LOOKS[0]!
    const { low, high } = openRange({ sample, typical }, levels, this.#judged.length)
    const { mean: _, ...range } = rangeOf(budget, sample.mean, low, high)
    const open = pairs >= FEWEST_PAIRS && this.budgets.includes(budget) ? range : undefined
    const needed = why.length > 0 ? undefined : pairsNeeded({ sample, typical, allowed })
    return { ...known, verdict: 'inconclusive', open, needed, why }
  }
}

/** The look that is due after so many pairs, if one is. */
const lookAfter = (pairs: number): Look | undefined => LOOKS.find(look => look.pairs === pairs)

/** Degradation of a typical request, for a factor of CPU time per request; undefined if unknown. */
function typicalDegradationOf(
  budget: RelativeBudget,
  { typicalChange }: Pick<Pair, 'typicalChange'>,
): number | undefined {
  const isKnown = comparedOf(budget)?.isWork && budget.step === undefined && 'factor' in budget.allowed
  if (!isKnown || typicalChange === undefined) return undefined
  return isAtMost(budget) ? typicalChange : -typicalChange
}

/** If counts differ, the maximum of more values is higher by itself. */
function tooFew(budget: RelativeBudget, pairs: readonly Pair[]): string[] {
  const { quantile } = budget
  if (quantile === undefined) return []
  const counts = pairs.flatMap(pair => SIDES.map(side => latenciesOf(pair[side], budget)?.count ?? 0))
  return fewValues('a launch', counts, quantile, 'Give a higher rate.')
}

/** A count of nothing on head: it may be there, and not be seen. */
function nothingCounted(budget: RelativeBudget, pairs: readonly Pair[]): string[] {
  const { whyNone } = comparedOf(budget) ?? {}
  const isNothing = whyNone !== undefined && pairs.every(pair => figureOf(budget, pair.head) === 0)
  return isNothing ? [whyNone(pairs[0]!.head, budget)] : []
}

/** Difference of counts for each request that says nothing. */
function slackOf({ head }: Pair): number {
  const { passed, failed } = head.iterations
  return SLACK / Math.max(1, head.requests / Math.max(1, passed + failed))
}

/** Sentences on a percentile for which one of several has too few values. */
export function fewValues(who: string, counts: readonly number[], quantile: number, advice: string): string[] {
  const least = Math.min(...counts)
  if (least * (1 - quantile) >= LEAST_ABOVE) return []
  const needed = formatCount(Math.ceil(LEAST_ABOVE / (1 - quantile)))
  return [`${who} had ${formatCount(least)} values, and the percentile takes ${needed}. ${advice}`]
}

/** Figures that a busy or late generator distorts say nothing about either side. */
function busy(budget: RelativeBudget, pairs: readonly Pair[]): string[] {
  if (!comparedOf(budget)?.isOfGenerator) return []
  const share = Math.max(0, ...pairs.map(({ generator }) => generator?.eventLoopUtilization ?? 0))
  if (share <= BUSY) return []
  return [`the load generator was busy for ${formatShare(share, 2)} of the time. Give a lower rate, or fewer users.`]
}

/** Launches whose CPU time a request falls by less than this while they are measured are warm. */
const FALL = 0.05

/** Pairs from which on a fall is known well enough to start over. */
const COLD_FROM = 3

/** How likely a fall may be by chance alone. */
const FALL_LEVEL = 0.01

/** A fall from one half of the measurement to the other may go on to so many times as much. */
const LEFT = 3

/** Launches that are not warm yet spend most of their time on something else than what a change costs later. */
function cold(budget: RelativeBudget, pairs: readonly Pair[], degradation: Sample, least = FEWEST_PAIRS): string[] {
  const drifts = pairs.map(({ drift }) => drift).filter(drift => drift !== undefined)
  const sample = sampleOf(drifts)
  const isFalling = sample.mean < Math.log(1 - FALL) && mostOf(sample, FALL_LEVEL) < 0
  if (!comparedOf(budget)?.takesWarmth || drifts.length < least || !isFalling) return []
  if (isDecidedWhenHot(degradation, 1 + LEFT * Math.expm1(sample.mean), allowedDegradation(budget))) return []
  const share = formatShare(-Math.expm1(sample.mean), 2)
  const at = requestsOfLaunch(measuredAt(pairs)!)
  return [
    `launches were still warming up: CPU time a request fell by ${share} while it was measured (${at}). ` +
      'Give a longer warm-up (compare.warmUp), and more time (compare.maxDuration).',
  ]
}

/** Whether a change is decided alike in hot launches, in which it is up to `1 / hot` times as large or as small. */
function isDecidedWhenHot(degradation: Sample, hot: Share, allowed: number): boolean {
  const [{ fail, pass }] = LOOKS as [Look]
  const whenHot = (one: number) => [one * hot, one / hot]
  if (hot <= 0) return false
  return (
    Math.max(...whenHot(mostOf(degradation, pass))) <= allowed ||
    Math.min(...whenHot(leastOf(degradation, fail))) > allowed
  )
}

/** A base that runs on from pair to pair has the memory of all of them. */
export function unlike({ metric }: RelativeBudget): string[] {
  if (metric !== 'memory' && metric !== 'memoryGrowth') return []
  return ['base was not started anew, and its memory is of all requests so far. Give a command that starts it.']
}

/** Mean number of events of which none is seen in two of a hundred cases (Poisson). */
const UNSEEN = 4

/** Failures of each launch; undefined of other budgets. */
function ratesOf(budget: RelativeBudget, pairs: readonly Pair[]): Rates | undefined {
  if (budget.metric !== 'errorRate') return undefined
  const counted = (side: SideName) => pairs.map(pair => countedIn(pair[side], budget))
  const rates = { base: counted('base'), head: counted('head') }
  return SIDES.every(side => countOf(rates[side]) > 0) ? rates : undefined
}

const countOf = (launches: Rates[SideName]) => launches.reduce((sum, { of }) => sum + of, 0)

/** Degradation as it would be with so many times the requests, if failures stay as frequent. */
function moreOf(degradation: Omit<Degradation, 'allowed'>, times: number): Omit<Degradation, 'allowed'> {
  const { rates } = degradation.sample
  if (rates === undefined) return degradation
  const enlarged = (side: SideName) => rates[side].map(({ failed, of }) => ({ failed: failed * times, of: of * times }))
  return {
    ...degradation,
    sample: { ...degradation.sample, rates: { base: enlarged('base'), head: enlarged('head') } },
  }
}

/** Numbers of requests that are tried, as a factor of those so far. */
const TIMES = [1, 1.5, 2, 3, 4, 6, 8, 12, 16, 24, 32]

function meanOf(budget: RelativeBudget, pairs: readonly Pair[], side: SideName): number {
  const figures = pairs.map(pair => figureOf(budget, pair[side])).filter(figure => figure !== undefined)
  return sampleOf(figures).mean
}

/** The plain interval of 95 % of a change. */
export function intervalOf(budget: RelativeBudget, sample: Sample): Range {
  const level = (1 - CONFIDENCE) / 2
  return rangeOf(budget, sample.mean, leastOf(sample, level), mostOf(sample, level))
}

/** A range of degradation as one of changes. */
export function rangeOf(budget: RelativeBudget, mean: number, low: number, high: number): Range {
  const [one, other] = isAtMost(budget) ? [low, high] : [high, low]
  return { mean: changeOf(budget, mean), low: changeOf(budget, one), high: changeOf(budget, other) }
}

/**
 * Further pairs until the budget is decided, if mean and deviation stay the same. A single pair gives no estimate.
 * Undefined if the maximum number of pairs is not enough.
 */
function pairsNeeded({ sample, typical, allowed }: Degradation): number | undefined {
  if (sample.count < 2) return FEWEST_PAIRS - sample.count
  for (let count = Math.max(sample.count + 1, FEWEST_PAIRS); count <= MOST_PAIRS; count++) {
    const more = moreOf({ sample, typical }, count / sample.count)
    const degradation = { sample: { ...more.sample, count }, typical: typical && { ...typical, count }, allowed }
    if (look([degradation], LOOKS.at(-1)!)[0] !== 'open') return count - sample.count
  }
  return undefined
}
