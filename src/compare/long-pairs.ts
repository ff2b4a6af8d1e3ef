import type { RelativeBudget } from '../budget/relative.ts'
import { formatBytes, formatCount, type Milliseconds } from '../ground/units.ts'
import { counted } from '../ground/words.ts'
import { behaviourDifferences } from './behaviour-differences.ts'
import type { ComparedBudget } from './comparison.ts'
import { allowedDegradation } from './degradation.ts'
import { rangeOf, unlike } from './judge.ts'
import type { Pair } from './pair.ts'
import { type GrowthSeen, growthBetween, requestsFor } from './statistics/growth.ts'

/** Time for which a long pair has load, and the part of a comparison that this may take. */
const SOAK: Milliseconds = 15_000
const PART = 6
/** Launches of one build differ: so many have to show a leak. */
const CONFIRMED = 2
/** Memory that grows is judged as it will be after so many requests of a launch. */
const REQUESTS = 100_000

const MORE_TIME = 'Give more time (compare.maxDuration)'

const isOfGrowth = ({ metric }: RelativeBudget) => metric === 'memoryGrowth'
/** Whether a budget is about the memory of launches. */
export const isOfMemory = (budget: RelativeBudget) => isOfGrowth(budget) || budget.metric === 'memory'

/** How long a long pair has load. */
export const soakWithin = (maxDuration: Milliseconds): Milliseconds => Math.min(SOAK, maxDuration / PART)

/**
 * Pairs of launches that have load for long, so that it is seen how memory grows with requests. They decide budgets of
 * growth. Budgets of memory fail by them if head grows beyond what is allowed.
 */
export class LongPairs {
  readonly #budgets: readonly RelativeBudget[]
  readonly #isBaseFixed: boolean
  readonly pairs: Pair[] = []
  /** Growth of each pair, and of all together. */
  #each: (GrowthSeen | undefined)[] = []
  #seen: GrowthSeen | undefined

  constructor(budgets: readonly RelativeBudget[], isBaseFixed = false) {
    this.#budgets = budgets.filter(isOfMemory)
    this.#isBaseFixed = isBaseFixed
  }

  /**
   * Whether one more may decide anything: a budget of memory needs one, and one of growth as many as decide it.
   *
   * @param most in all.
   */
  isNeeded(most: number, left: Milliseconds): boolean {
    const { length } = this.pairs
    if (this.#budgets.length === 0 || this.#isBaseFixed || length >= most) return false
    if (length === 0) return true
    const isLasting = this.pairs.every(({ soak = [] }) => soak.length === 0)
    const isOpen = this.isSuspicious || this.#findings().some(({ verdict }) => verdict === 'inconclusive')
    return isOpen && !isLasting && left > Math.max(...this.pairs.map(({ took }) => took))
  }

  add(pair: Pair): void {
    this.pairs.push(pair)
    this.#each.push(growthBetween(pair.soak ?? []))
    this.#seen = growthBetween(...this.pairs.map(({ soak = [] }) => soak))
  }

  /** Whether one launch shows a leak that fails a budget, and no other one does so far. */
  get isSuspicious(): boolean {
    const least = this.#seen?.least
    if (this.pairs.length !== 1 || least === undefined) return false
    return this.#budgets.some(
      one => (isOfGrowth(one) ? least : this.#degradationWith(one, least)) > allowedDegradation(one),
    )
  }

  /** Memory after so many requests of a launch, if head grows by that for each 1,000 requests more than base. */
  #memoryWith(growth: number): { base: number; head: number } {
    const { requests, memory } = this.pairs.flatMap(({ soak = [] }) => soak).at(-1)!
    const rest = Math.max(0, REQUESTS - requests) / 1000
    return { base: memory[0], head: memory[1] + rest * Math.max(0, growth) }
  }

  /** Degradation after so many requests; none of a head that does not grow, whose memory the short pairs have. */
  #degradationWith({ allowed }: RelativeBudget, growth: number): number {
    const { base, head } = this.#memoryWith(growth)
    if (growth <= 0) return Number.NEGATIVE_INFINITY
    return 'factor' in allowed ? Math.log(head / base) : head - base
  }

  /** Whether all launches together show more growth than that, and each of them, of which there are some. */
  #isShown(allowed: number): boolean {
    const each = this.#each.every(one => one !== undefined && one.mean > allowed)
    return this.pairs.length >= CONFIRMED && each && (this.#seen?.least ?? Number.NaN) > allowed
  }

  get hasFailed(): boolean {
    const ofMemory = this.#budgets.filter(one => !isOfGrowth(one))
    const nothing = ofMemory.map(budget => ({ budget, verdict: 'inconclusive' as const, pairs: 0, each: [], why: [] }))
    return this.with(nothing).some(({ verdict }) => verdict === 'fail')
  }

  /** All findings: those of pairs, as growth changes them, and those of growth. */
  with(found: readonly ComparedBudget[]): ComparedBudget[] {
    const changed = found.map(one => (one.budget.metric === 'memory' ? this.#memoryOf(one) : one))
    return [...changed, ...this.#findings()]
  }

  #findings(): ComparedBudget[] {
    return this.#budgets.filter(isOfGrowth).map(budget => this.#growthOf(budget))
  }

  #growthOf(budget: RelativeBudget): ComparedBudget {
    const { length: pairs } = this.pairs
    const found = { budget, pairs, each: [] }
    const seen = this.#seen
    if (this.#isBaseFixed) return { ...found, verdict: 'inconclusive', why: unlike(budget) }
    if (pairs === 0) return { ...found, verdict: 'inconclusive', why: ['no long pair of launches was made.'] }
    const why = behaviourDifferences(this.pairs, budget)
    if (seen === undefined)
      return { ...found, verdict: 'inconclusive', why: why.length > 0 ? why : [whyNothing(this.pairs)] }
    const allowed = allowedDegradation(budget)
    const { mean, low, high } = seen
    const known = { ...found, change: { mean, low, high }, figures: seen.figures, remarks: [this.#over(seen)] }
    if (why.length > 0) return { ...known, verdict: 'inconclusive', why }
    if (this.#isShown(allowed)) return { ...known, verdict: 'fail', why }
    if (seen.most <= allowed) return { ...known, verdict: 'pass', why }
    const needed = requestsFor(allowed)
    if (seen.requests <= needed)
      why.push(
        `memory is given in pieces, so that such a bound takes more than ${formatCount(needed)} requests of long ` +
          `launches, and there were ${formatCount(seen.requests)}. ${MORE_TIME}, or a wider bound.`,
      )
    return { ...known, verdict: 'inconclusive', open: { low: seen.least, high: seen.most }, why }
  }

  #over({ requests }: GrowthSeen): string {
    return `seen over ${formatCount(requests)} requests of ${counted(this.pairs.length, 'long pair')}`
  }

  /** A budget of memory fails if head surely grows beyond its bound; and if it may, a remark says so. */
  #memoryOf(found: ComparedBudget): ComparedBudget {
    const { budget, verdict } = found
    const seen = this.#seen
    if (seen === undefined || verdict === 'fail' || behaviourDifferences(this.pairs, budget).length > 0) return found
    const degradationWith = (growth: number) => this.#degradationWith(budget, growth)
    const remarks = (more: string) => [...(found.remarks ?? []), more]
    if (!this.#isShown(0)) {
      if (this.pairs.length === 1 && degradationWith(seen.least) > allowedDegradation(budget))
        return { ...found, ...UNCONFIRMED }
      const unseen = `a growth of up to ${sizeOf(seen.most)}/1,000 requests would not have been seen`
      return degradationWith(seen.most) > allowedDegradation(budget) ? { ...found, remarks: remarks(unseen) } : found
    }
    const { mean, low, high } = seen
    const growth = `${sizeOf(mean)}/1,000 requests (95 %: ${sizeOf(low)} to ${sizeOf(high)})`
    const grows = `head grows by ${growth} more than base, ${this.#over(seen)}`
    const least = degradationWith(seen.least)
    if (least <= allowedDegradation(budget)) return { ...found, remarks: remarks(grows) }
    return {
      ...{ budget, verdict: 'fail', pairs: Math.max(found.pairs, this.pairs.length), each: found.each, why: [] },
      change: rangeOf(budget, degradationWith(mean), least, degradationWith(Math.max(mean, seen.most))),
      figures: this.#memoryWith(mean),
      remarks: remarks(`${grows}: figures are those after ${formatCount(REQUESTS)} requests of a launch`),
    }
  }
}

const UNCONFIRMED = {
  verdict: 'inconclusive' as const,
  why: [`head grows in a long pair of launches, and there was no time for another one. ${MORE_TIME}.`],
}

const sizeOf = (bytes: number) => `${bytes < 0 ? '-' : ''}${formatBytes(Math.abs(bytes), 3)}`

function whyNothing(pairs: readonly Pair[]): string {
  const readings = pairs.reduce((sum, { soak = [] }) => sum + soak.length, 0)
  return readings === 0
    ? 'the memory of its processes is not known.'
    : `there are ${formatCount(readings)} readings of memory, too few to tell its growth. ${MORE_TIME}.`
}
