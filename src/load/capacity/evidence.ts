import { given } from '../../ground/given.ts'
import type { Milliseconds, PerSecond } from '../../ground/units.ts'

/** A rate that was tried. */
export interface Tried {
  /** When it began. */
  at: Milliseconds
  rate: PerSecond
  held: boolean
  /** It did well for a part of the time that a rate has to hold. */
  isShort: boolean
  /** Requests a second that got a response. */
  achieved: PerSecond
  /** Requests piled up. */
  ranAway: boolean
  /**
   * Somebody else had the CPU, or the generator stood still, meanwhile: that it was missed says nothing of the
   * application.
   */
  disturbedBy?: string
}

/** Between which rates the capacity lies. */
export interface Bracket {
  /** The highest rate that held, as far as most of what was tried speaks for it. */
  held?: Tried
  /** The lowest above it that was missed. */
  missed?: PerSecond
}

/** What would have to be wrong twice over to be wrong. */
export interface Certain {
  /** Held; 0 when no rate was for certain. */
  from: PerSecond
  /** Missed; absent when no rate was for certain. */
  to?: PerSecond
}

/**
 * Number of tries more, at least, that have to speak against a rate than against the best one for it to be certain
 * that it is not the capacity.
 */
export const CERTAIN = 2
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
 * What was tried, as votes. An application that can do a rate can do any lower one: if the capacity is c, what was
 * missed up to c and what held above it was chance, a stall or a stroke of luck. Where the fewest tries were chance,
 * most likely the capacity is (a change point by least contradictions: with noise that hits every try alike it is that
 * of the greatest likelihood). Old stalls, far below, count against all rates alike, and decide nothing.
 */
export class Evidence {
  readonly #tried: readonly Tried[]
  /** All that were tried, in ascending order. */
  readonly #rates: readonly PerSecond[]
  readonly #apart: Milliseconds

  /** @param hold how long a rate has to hold. */
  constructor(tried: readonly Tried[], hold: Milliseconds) {
    this.#tried = tried
    this.#apart = APART * hold
    this.#rates = [...new Set(tried.map(({ rate }) => rate))].sort((a, b) => a - b)
  }

  get bracket(): Bracket {
    const against = (rate: PerSecond) => this.#chances(rate, one => this.#counts(one))
    let best = 0
    for (const rate of this.#rates) {
      const didHold = this.#tried.some(one => one.rate === rate && one.held)
      if (didHold && against(rate) <= against(best)) best = rate
    }
    const missed = this.#rates.find(rate => rate > best && this.#missesOf(rate) > 0)
    const holds = this.#tried.filter(({ rate, held }) => held && rate === best)
    const held = holds.find(({ isShort }) => !isShort) ?? holds[0]
    return given({ held, missed })
  }

  get certain(): Certain {
    const against = (rate: PerSecond) => this.#chances(rate, ({ disturbedBy }) => disturbedBy === undefined)
    const all = [0, ...this.#rates]
    const least = Math.min(...all.map(against))
    const needed = votesNeeded(least, this.#votes)
    const likely = all.filter(rate => against(rate) < least + needed)
    // A rate is only known to be too much when it is so on one more occasion: many a thing makes an application miss
    // what it can, few make it hold what it cannot.
    const most = all.filter(rate => against(rate) < least + needed + MISSED_MORE).at(-1)!
    const to = this.#rates.find(rate => rate > most)
    return given({ from: likely[0]!, to })
  }

  /** Whether a rate was missed so often while others had the CPU that a better time is not to be expected. */
  isDisturbed(rate: PerSecond): boolean {
    const disturbed = this.#tried.filter(({ held, disturbedBy }) => !held && disturbedBy !== undefined)
    const own = disturbed.filter(one => one.rate === rate).length
    return own >= DISTURBED || (own > 0 && disturbed.length >= MOST_DISTURBED)
  }

  /** What speaks against this being the capacity, in votes: of all that was tried, how much would have been chance. */
  #chances(capacity: PerSecond, counts: (missed: Tried) => boolean): number {
    const held = this.#tried.filter(one => one.held && one.rate > capacity)
    const votes = held.reduce((sum, { rate }) => sum + (rate <= FAR * capacity ? 1 : FAR_VOTES), 0)
    return votes + this.#occasions(one => one.rate <= capacity && counts(one))
  }

  /** All votes there are. */
  get #votes(): number {
    return this.#tried.filter(({ held }) => held).length + this.#occasions(() => true)
  }

  /**
   * On how many occasions something like this was missed: in the order of time, those soon after another are of the
   * same.
   */
  #occasions(matches: (missed: Tried) => boolean): number {
    let [count, last] = [0, Number.NEGATIVE_INFINITY]
    for (const one of this.#tried) {
      if (one.held || !matches(one) || one.at - last < this.#apart) continue
      count++
      last = one.at
    }
    return count
  }

  #missesOf(rate: PerSecond): number {
    return this.#tried.filter(one => one.rate === rate && !one.held && this.#counts(one)).length
  }

  /** What others may have caused steers the search only when there seems to be no better time. */
  #counts({ rate, disturbedBy }: Tried): boolean {
    return disturbedBy === undefined || this.isDisturbed(rate)
  }
}

/** The more of what was tried was chance anyway, the less is one try worth. */
function votesNeeded(chances: number, tries: number): number {
  const share = Math.min(0.49, (chances + 0.5) / (tries + 5))
  return Math.max(CERTAIN, Math.ceil(ODDS / Math.log((1 - share) / share)))
}
