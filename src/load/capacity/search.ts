import type { Milliseconds, PerSecond, Share } from '../../ground/units.ts'
import type { Capacity, CapacityProbe } from '../../measure/report.ts'
import { type CapacityPlan, LOWEST_RATE } from '../plan/load-plan.ts'

/** The search ends when the lowest rate that was missed is above the highest that held by no more than this. */
const WITHIN: Share = 0.05
/** Factor from one rate to the next while all hold, and the other way while none does. */
const FACTOR = 2
/**
 * Once held and missed are near to each other, both are tried again until they are certain, but no more often than
 * this.
 */
const MOST_CHECKS = 6
/**
 * Unless others had the CPU, none begins when a search, and its checks, have taken so many times what a rate takes: it
 * has to hold, and what is around that takes a second. In peace a search takes less than a minute.
 */
const SEARCH_TAKES = 6.5
const CHECKS_TAKE = 2.25
const AROUND: Milliseconds = 1_000

interface SearchOptions extends Pick<CapacityPlan, 'from' | 'to' | 'hold'> {
  /** Rates that budgets ask about. A rate between a held and a missed one is tried next. */
  marks?: readonly PerSecond[]
}

/** Next rate; `isShort` if a short try is enough, because the rate is far from the end of the search. */
interface Next {
  rate: PerSecond
  isShort: boolean
}

/**
 * Chooses the next rate: doubled while all hold (a short try is enough), then halved in ratio between the highest that
 * held and the lowest that did not, until these are close. The first rate that is missed, and later ones without a
 * growing queue, are tried again at once: two of three decide. At the end both rates are tried once more, some time
 * after their first try, when a temporary disturbance is over, and the search continues from there.
 */
export class CapacitySearch {
  readonly #options: SearchOptions
  readonly #tried: Tried[] = []
  #checks = 0
  /** The first that was tried to be certain. */
  #checkedFrom: number | undefined

  constructor(options: SearchOptions) {
    this.#options = options
  }

  add(tried: Tried): void {
    this.#tried.push(tried)
  }

  get bracket() {
    return this.#evidence().bracket
  }

  /** Undefined when the search is over. To be asked once for each rate that is tried. */
  next(): Next | undefined {
    const again = this.#again()
    if (again !== undefined) return again
    const { held, missed } = this.bracket
    const next =
      held === undefined
        ? this.#lower(missed)
        : missed === undefined
          ? this.#higher(held.rate)
          : this.#between(held.rate, missed)
    if (next === undefined) return this.#check()
    return { rate: next, isShort: missed === undefined && next < this.#options.to }
  }

  /** Rough progress of the search: its highest rate is not known beforehand. */
  get done(): Share {
    const { held, missed } = this.bracket
    if (missed === undefined || held === undefined) return 0.4 * (1 - 0.8 ** this.#tried.length)
    const left = Math.log(missed / held.rate) / Math.log(1 + WITHIN)
    return 0.4 + 0.4 * (1 - Math.min(1, Math.max(0, Math.log2(left)) / 4)) + this.#checks / (10 * MOST_CHECKS)
  }

  #evidence(tried: readonly Tried[] = this.#tried) {
    return evidenceOf(tried, this.#options.hold)
  }

  /** The last rate, if it was missed by what may have been chance. */
  #again(): Next | undefined {
    const last = this.#tried.at(-1)
    if (last === undefined || last.held) return undefined
    const { rate, disturbedBy } = last
    const others = this.#tried.filter(one => one.rate !== rate)
    const isFirst = this.#evidence(others).bracket.missed === undefined
    const again = { rate, isShort: isFirst && rate < this.#options.to }
    if (disturbedBy !== undefined) return this.#evidence().isDisturbed(rate) ? undefined : again
    const clear = this.#tried.filter(one => one.rate === rate && one.disturbedBy === undefined)
    return clear.length < CERTAIN && isFirst ? again : undefined
  }

  #lower(missed: PerSecond | undefined): PerSecond | undefined {
    if (missed === undefined) return this.#options.from
    const next = missed / FACTOR
    return next < LOWEST_RATE ? undefined : next
  }

  #higher(held: PerSecond): PerSecond | undefined {
    const { to } = this.#options
    return held >= to ? undefined : Math.min(to, held * FACTOR)
  }

  #between(held: PerSecond, missed: PerSecond): PerSecond | undefined {
    const mark = this.#options.marks?.find(mark => mark > held && mark < missed)
    if (mark !== undefined) return mark
    if (missed <= held * (1 + WITHIN)) return undefined
    return this.#guess(held, missed) ?? Math.sqrt(held * missed)
  }

  /**
   * The rate at which an application responds while requests pile up is what it can do, or nearly: that rate is tried,
   * then one just above.
   */
  #guess(held: PerSecond, missed: PerSecond): PerSecond | undefined {
    const step = 1 + WITHIN
    const achieved = this.#tried.findLast(({ rate, ranAway }) => rate >= missed && ranAway)?.achieved
    if (achieved === undefined || achieved * step < held) return undefined
    const below = Math.min(achieved, missed / step)
    if (below > held * Math.sqrt(step)) return below
    return held * step < missed ? held * step : undefined
  }

  /** An end of the interval that is not certain yet, once more: in turns, so that a bad time is over by the next. */
  #check(): Next | undefined {
    const { held, missed } = this.bracket
    const { from, to } = this.#evidence().certain
    const again = (rate: PerSecond): Next => {
      this.#checks++
      this.#checkedFrom ??= this.#tried.length
      return { rate, isShort: false }
    }
    if (held?.isShort) return again(held.rate)
    if (this.#checks >= MOST_CHECKS || this.#isCertain || this.#isOutOfTime) return undefined
    const isHeldOpen = held !== undefined && from < held.rate
    const isMissedOpen =
      missed !== undefined && !this.#evidence().isDisturbed(missed) && (to !== missed || !this.#isMissedLater(missed))
    const isInTurn = this.#tried.at(-1)?.rate === held?.rate || this.#heldSince(missed)
    if (held && (isHeldOpen ? !(isMissedOpen && isInTurn) : isMissedOpen && !isInTurn))
      return again(isHeldOpen ? this.#lowerIfStuck(held.rate, from) : held.rate)
    return isMissedOpen ? again(missed) : undefined
  }

  /** Precise enough: two steps between a rate that certainly holds and one that certainly does not. */
  get #isCertain(): boolean {
    const { from, to = Number.POSITIVE_INFINITY } = this.#evidence().certain
    return to <= from * (1 + WITHIN) ** 2 * (1 + 1e-9)
  }

  get #isOutOfTime(): boolean {
    const each = this.#options.hold + AROUND
    const [first, last] = [this.#tried[0]!.at, this.#tried.at(-1)!.at]
    const checked = this.#tried[this.#checkedFrom ?? this.#tried.length]?.at ?? last
    const end = Math.max(first + SEARCH_TAKES * each, checked + CHECKS_TAKE * each)
    return last > end && this.#tried.every(({ disturbedBy }) => disturbedBy === undefined)
  }

  /** Something has held since the last time that this was missed. */
  #heldSince(missed: PerSecond | undefined): boolean {
    const last = this.#tried.findLastIndex(one => one.rate === missed && !one.held)
    return this.#tried.findLastIndex(({ held }) => held) > last
  }

  /** A rate that holds now and then is what the application can just do, or not: one a step below it may be certain. */
  #lowerIfStuck(rate: PerSecond, from: PerSecond): PerSecond {
    const step = 1 + WITHIN
    const lower = rate / step
    const tries = this.#tried.filter(one => one.rate === rate).length
    return tries > CERTAIN && from < lower / Math.sqrt(step) ? lower : rate
  }

  /** Missed, and once more after something had held in between. */
  #isMissedLater(missed: PerSecond): boolean {
    const isMiss = ({ rate, held }: Tried) => rate === missed && !held
    const first = this.#tried.findIndex(isMiss)
    const between = this.#tried.findIndex(({ held }, i) => held && i > first)
    return between >= 0 && this.#tried.findLastIndex(isMiss) > between
  }
}

/** A rate that was tried. */
export type Tried = Pick<CapacityProbe, 'at' | 'rate' | 'held' | 'isShort' | 'achieved' | 'ranAway' | 'disturbedBy'>

/**
 * Number of tries more, at least, that have to speak against a rate than against the best one for it to be certain
 * that it is not the capacity.
 */
const CERTAIN = 2
const MISSED_MORE = 1
/** The logarithm of the odds that all these tries together have to stand for: 55 to 1. */
const ODDS = 4
/**
 * No luck makes an application do so many times what it can, not even for a look: what is left over in a fifth of the
 * time that a rate has to hold would have to wait for most of the latency that is allowed. Many a thing makes it miss
 * what it can.
 */
const FAR = 1.2
const FAR_VOTES = 3
/** Misses while others had the CPU, of one rate and of all, from which on no better time is waited for. */
const DISTURBED = 5
const MOST_DISTURBED = 15
/**
 * Misses that begin within so many times the time that a rate has to hold may have one cause, and are one vote: a bad
 * time spoils all that is tried in it.
 */
const APART = 1.5

/**
 * Tries as votes. An application that can do a rate can do any lower one. If the capacity is c, then misses up to c and
 * holds above it were chance: a stall or luck. The most likely capacity is the one with the fewest such tries (a change
 * point by least contradictions; with equal noise for every try it is that of the greatest likelihood). Old stalls, far
 * below, count against all rates alike, and decide nothing.
 *
 * @param hold how long a rate has to hold.
 */
export function evidenceOf(tried: readonly Tried[], hold: Milliseconds) {
  /** All that were tried, in ascending order. */
  const rates = [...new Set(tried.map(({ rate }) => rate))].sort((a, b) => a - b)
  /**
   * On how many occasions something like this was missed: in the order of time, those soon after another are of the
   * same.
   */
  const occasions = (matches: (missed: Tried) => boolean): number => {
    let [count, last] = [0, Number.NEGATIVE_INFINITY]
    for (const one of tried) {
      if (one.held || !matches(one) || one.at - last < APART * hold) continue
      count++
      last = one.at
    }
    return count
  }
  /** Evidence against this capacity, in votes: the share of the tries that would be chance. */
  const chances = (capacity: PerSecond, counts: (missed: Tried) => boolean): number => {
    const held = tried.filter(one => one.held && one.rate > capacity)
    const votes = held.reduce((sum, { rate }) => sum + (rate <= FAR * capacity ? 1 : FAR_VOTES), 0)
    return votes + occasions(one => one.rate <= capacity && counts(one))
  }
  /** Whether a rate was missed so often while others had the CPU that a better time is not to be expected. */
  const isDisturbed = (rate: PerSecond): boolean => {
    const disturbed = tried.filter(({ held, disturbedBy }) => !held && disturbedBy !== undefined)
    const own = disturbed.filter(one => one.rate === rate).length
    return own >= DISTURBED || (own > 0 && disturbed.length >= MOST_DISTURBED)
  }
  /** Tries that others may have disturbed count only if there seems to be no better time. */
  const counts = ({ rate, disturbedBy }: Tried) => disturbedBy === undefined || isDisturbed(rate)
  return {
    isDisturbed,
    /** The highest rate that held, according to most tries, and the lowest above it that was missed. */
    get bracket() {
      const against = (rate: PerSecond) => chances(rate, counts)
      let best = 0
      for (const rate of rates) {
        const didHold = tried.some(one => one.rate === rate && one.held)
        if (didHold && against(rate) <= against(best)) best = rate
      }
      const isMissed = (rate: PerSecond) => tried.some(one => one.rate === rate && !one.held && counts(one))
      const missed = rates.find(rate => rate > best && isMissed(rate))
      const holds = tried.filter(({ rate, held }) => held && rate === best)
      return { held: holds.find(({ isShort }) => !isShort) ?? holds[0], missed }
    },
    /** Rates of which only two wrong tries could make it wrong that they hold (0: none), and that they do not. */
    get certain() {
      const against = (rate: PerSecond) => chances(rate, ({ disturbedBy }) => disturbedBy === undefined)
      const all = [0, ...rates]
      const least = Math.min(...all.map(against))
      const votes = tried.filter(({ held }) => held).length + occasions(() => true)
      const needed = votesNeeded(least, votes)
      const likely = all.filter(rate => against(rate) < least + needed)
      // A rate is only known to be too much when it is so on one more occasion: many a thing makes an application miss
      // what it can, few make it hold what it cannot.
      const most = all.filter(rate => against(rate) < least + needed + MISSED_MORE).at(-1)!
      return { from: likely[0]!, to: rates.find(rate => rate > most) }
    },
  }
}

/** The more tries were chance anyway, the less one try is worth. */
function votesNeeded(chances: number, tries: number): number {
  const share = Math.min(0.49, (chances + 0.5) / (tries + 5))
  return Math.max(CERTAIN, Math.ceil(ODDS / Math.log((1 - share) / share)))
}

/** Result of a search. */
export function capacityOf(
  { latency, errorRate, to, hold }: Pick<CapacityPlan, 'latency' | 'errorRate' | 'to' | 'hold'>,
  probes: readonly CapacityProbe[],
): Capacity {
  return { latency: latency.title, errorRate, to, hold, ...intervalOf(probes, hold), probes: [...probes] }
}

/** Between the highest rate that held and the lowest that did not, why that did not, and how much of it is certain. */
export function intervalOf(
  probes: readonly CapacityProbe[],
  hold: Milliseconds,
): Pick<Capacity, 'held' | 'missed' | 'certain' | 'limitedBy' | 'because'> {
  const evidence = evidenceOf(probes, hold)
  const { held, missed } = evidence.bracket
  const misses = probes.filter(probe => probe.rate === missed && !probe.held)
  // If a server was too slow once, this counts, regardless of disturbances at other times.
  const last = misses.findLast(({ limitedBy }) => limitedBy !== 'generator' && limitedBy !== 'machine') ?? misses.at(-1)
  return {
    held: held?.rate ?? 0,
    missed,
    certain: evidence.certain,
    limitedBy: last?.limitedBy,
    because: last?.because,
  }
}
