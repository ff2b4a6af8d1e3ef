import type { Milliseconds, PerSecond, Share } from '../../ground/units.ts'
import { LOWEST_RATE } from '../plan/capacity.ts'
import { type Bracket, CERTAIN, Evidence, type Tried } from './evidence.ts'

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

export interface SearchOptions {
  from: PerSecond
  to: PerSecond
  within: Share
  /** How long a rate has to hold. */
  hold: Milliseconds
  /** Rates that somebody asks about: when one lies between what held and what did not, it is the next to be tried. */
  marks?: readonly PerSecond[]
}

/** What to try next; `isShort` when a look is enough, since the rate is far from the end of the search. */
export interface Next {
  rate: PerSecond
  isShort: boolean
}

/**
 * Which rate to try next: doubled while all hold (a look is enough), then halved in ratio between the highest that held
 * and the lowest that did not, until these are near to each other. The first rate that is missed, and later ones that
 * are so without that requests pile up, are tried again at once: twice of three times decides. At the end both rates
 * are tried once more, some time after they were first: what was but a bad time is over by then, and the search goes on
 * from there.
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

  get bracket(): Bracket {
    return this.#evidence.bracket
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

  /** Share of the search that lies behind, roughly: nobody knows how far up it will go. */
  get done(): Share {
    const { held, missed } = this.bracket
    if (missed === undefined || held === undefined) return 0.4 * (1 - 0.8 ** this.#tried.length)
    const left = Math.log(missed / held.rate) / Math.log(1 + this.#options.within)
    return 0.4 + 0.4 * (1 - Math.min(1, Math.max(0, Math.log2(left)) / 4)) + this.#checks / (10 * MOST_CHECKS)
  }

  get #evidence(): Evidence {
    return this.#evidenceOf(this.#tried)
  }

  #evidenceOf(tried: readonly Tried[]): Evidence {
    return new Evidence(tried, this.#options.hold)
  }

  /** The last rate, if it was missed by what may have been chance. */
  #again(): Next | undefined {
    const last = this.#tried.at(-1)
    if (last === undefined || last.held) return undefined
    const { rate, disturbedBy } = last
    const others = this.#tried.filter(one => one.rate !== rate)
    const isFirst = this.#evidenceOf(others).bracket.missed === undefined
    const again = { rate, isShort: isFirst && rate < this.#options.to }
    if (disturbedBy !== undefined) return this.#evidence.isDisturbed(rate) ? undefined : again
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
    if (missed <= held * (1 + this.#options.within)) return undefined
    return this.#guess(held, missed) ?? Math.sqrt(held * missed)
  }

  /**
   * The rate at which an application responds while requests pile up is what it can do, or nearly: that rate is tried,
   * then one just above.
   */
  #guess(held: PerSecond, missed: PerSecond): PerSecond | undefined {
    const step = 1 + this.#options.within
    const achieved = this.#tried.findLast(({ rate, ranAway }) => rate >= missed && ranAway)?.achieved
    if (achieved === undefined || achieved * step < held) return undefined
    const below = Math.min(achieved, missed / step)
    if (below > held * Math.sqrt(step)) return below
    return held * step < missed ? held * step : undefined
  }

  /** An end of the interval that is not certain yet, once more: in turns, so that a bad time is over by the next. */
  #check(): Next | undefined {
    const { held, missed } = this.bracket
    const { from, to } = this.#evidence.certain
    const again = (rate: PerSecond): Next => {
      this.#checks++
      this.#checkedFrom ??= this.#tried.length
      return { rate, isShort: false }
    }
    if (held?.isShort) return again(held.rate)
    if (this.#checks >= MOST_CHECKS || this.#isCertain || this.#isOutOfTime) return undefined
    const isHeldOpen = held !== undefined && from < held.rate
    const isMissedOpen =
      missed !== undefined && !this.#evidence.isDisturbed(missed) && (to !== missed || !this.#isMissedLater(missed))
    const isInTurn = this.#tried.at(-1)?.rate === held?.rate || this.#heldSince(missed)
    if (held && (isHeldOpen ? !(isMissedOpen && isInTurn) : isMissedOpen && !isInTurn))
      return again(isHeldOpen ? this.#lowerIfStuck(held.rate, from) : held.rate)
    return isMissedOpen ? again(missed) : undefined
  }

  /** Near enough: two steps from what is certain to hold to what is certain not to. */
  get #isCertain(): boolean {
    const { from, to = Number.POSITIVE_INFINITY } = this.#evidence.certain
    return to <= from * (1 + this.#options.within) ** 2 * (1 + 1e-9)
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
    const step = 1 + this.#options.within
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
