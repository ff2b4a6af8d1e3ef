import type { PerSecond, Share } from '../../units.ts'
import { LOWEST_RATE } from './plan.ts'

/** From one rate to the next while all hold, and the other way while none does. */
const FACTOR = 2

export interface SearchOptions {
  from: PerSecond
  to: PerSecond
  within: Share
  /** Rates that somebody asks about: when one lies between what held and what did not, it is the next to be tried. */
  marks?: readonly PerSecond[]
}

/** A rate that was tried. */
export interface Tried {
  rate: PerSecond
  held: boolean
  /** It did well for a part of the time that a rate has to hold. */
  isShort: boolean
  /** Requests piled up: it was not chance. */
  ranAway: boolean
}

/** What to try next; `isShort` when a look is enough, since the rate is far from the end of the search. */
export interface Next {
  rate: PerSecond
  isShort: boolean
}

/** The highest rate that held, and the lowest that did not. */
export interface Bracket {
  held?: Tried
  missed?: PerSecond
}

/**
 * A rate is missed when requests piled up, or when it was missed twice: one hiccup of a server is no limit. For one that has held
 * for its whole time it takes one miss more. Rates above a missed one say nothing, and what held for its whole time stands before
 * what was looked at only.
 */
export function bracketOf(tried: readonly Tried[]): Bracket {
  const misses = new Map<PerSecond, number>()
  for (const { rate, held, isShort, ranAway } of tried) {
    const weight = held ? (isShort ? 0 : -1) : ranAway ? 2 : 1
    misses.set(rate, (misses.get(rate) ?? 0) + weight)
  }
  const missed = Math.min(...[...misses].filter(([, weight]) => weight >= 2).map(([rate]) => rate))
  const below = tried.filter(({ rate, held }) => held && rate < missed)
  const [held] = below.sort((a, b) => b.rate - a.rate || Number(a.isShort) - Number(b.isShort))
  return { ...(held && { held }), ...(Number.isFinite(missed) && { missed }) }
}

/**
 * Which rate to try next: doubled while all hold (a look is enough), then halved in ratio between the highest that held and the lowest
 * that did not, until these are near to each other. What was only looked at is held in full before the end.
 */
export class CapacitySearch {
  readonly #options: SearchOptions
  readonly #tried: Tried[] = []

  constructor(options: SearchOptions) {
    this.#options = options
  }

  add(tried: Tried): void {
    this.#tried.push(tried)
  }

  get bracket(): Bracket {
    return bracketOf(this.#tried)
  }

  /** Undefined when the search is over. */
  next(): Next | undefined {
    const last = this.#tried.at(-1)
    if (last && !last.held && this.#isOpen(last.rate)) return { rate: last.rate, isShort: false }
    const { held, missed } = this.bracket
    const next =
      held === undefined
        ? this.#lower(missed)
        : missed === undefined
          ? this.#higher(held.rate)
          : this.#between(held.rate, missed)
    if (next !== undefined) return { rate: next, isShort: missed === undefined && next < this.#options.to }
    return held?.isShort ? { rate: held.rate, isShort: false } : undefined
  }

  /** Share of the search that lies behind, roughly: nobody knows how far up it will go. */
  get done(): Share {
    const { held, missed } = this.bracket
    if (missed === undefined || held === undefined) return 0.4 * (1 - 0.8 ** this.#tried.length)
    const left = Math.log(missed / held.rate) / Math.log(1 + this.#options.within)
    return 0.4 + 0.5 * (1 - Math.min(1, Math.max(0, Math.log2(left)) / 4))
  }

  /** Missed once, by what may have been chance. */
  #isOpen(rate: PerSecond): boolean {
    const misses = this.#tried.filter(tried => tried.rate === rate && !tried.held)
    const isHeld = this.#tried.some(tried => tried.rate === rate && tried.held && !tried.isShort)
    return misses.length === 1 && !misses[0]!.ranAway && !isHeld
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
    return missed <= held * (1 + this.#options.within) ? undefined : Math.sqrt(held * missed)
  }
}
