import { Buffer } from 'node:buffer'
import type { Way } from '../../expression/index.ts'

/**
 * What is to be kept of a value, of which some ways are touched (`Touched`), made ready for its bytes: once a step. The
 * sieves of values below are found by name and index; those of descents go round in circles.
 */
export interface Sieve {
  /** Ways end here: the value is kept, whole if one of them asks for that. */
  readonly isEnd: boolean
  readonly isWhole: boolean
  /** Members with a sieve of their own; `members` is that of all others, which are not touched without one. */
  readonly names: readonly SieveOfName[]
  members: Sieve | undefined
  /** As of members; the last index is that of an item with a sieve of its own. */
  readonly indexes: readonly SieveOfIndex[]
  items: Sieve | undefined
  readonly lastIndex: number
  /** The places of items count. */
  readonly isCounting: boolean
  /** A name can only be compared as text. */
  readonly isOdd: boolean
  /** Documents have names that only show as text whether they are the same: nothing is left out for being empty. */
  isCareful: boolean
}

export interface SieveOfName {
  readonly name: string
  readonly bytes: Uint8Array | undefined
  readonly sieve: Sieve
}

interface SieveOfIndex {
  readonly index: number
  readonly sieve: Sieve
}

/** Of ways that meet in more kinds of places all is kept. */
const MOST_SIEVES = 256

/** Undefined where all is kept. */
export function sieveOf(ways: readonly Way[]): Sieve | undefined {
  const maker = new SieveMaker()
  const sieve = maker.of(ways)
  return maker.isFull || sieve.isWhole ? undefined : sieve
}

class SieveMaker {
  isFull = false
  readonly #known = new Map<string, Sieve>()
  readonly #numbers = new Map<unknown, number>()

  of(ways: readonly Way[]): Sieve {
    const unique = new Map(ways.map(way => [this.#keyOf(way), way]))
    const key = [...unique.keys()].sort().join(' ')
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const all = [...unique.values()]
    const ends = all.filter(({ steps, at }) => at === steps.length)
    const steps = all.flatMap(({ steps, at }) => steps[at] ?? [])
    const names: SieveOfName[] = []
    const indexes: SieveOfIndex[] = []
    const numbers = steps.flatMap(step => step.indexes)
    const sieve: Sieve = {
      isEnd: ends.length > 0,
      isWhole: ends.some(({ isWhole }) => isWhole),
      names,
      members: undefined,
      indexes,
      items: undefined,
      lastIndex: Math.max(-1, ...numbers),
      isCounting: steps.some(step => step.indexes.length > 0 || step.isOfItems),
      isOdd: steps.some(step => step.names.some(name => bytesOf(name) === undefined)),
      isCareful: false,
    }
    if (this.#known.size === MOST_SIEVES) this.isFull = true
    if (sieve.isWhole || this.isFull) return sieve
    // Registered before those below: a descent comes back to it.
    this.#known.set(key, sieve)
    const below = (takes: (step: Way['steps'][number]) => boolean) => {
      const found = all.flatMap(way => waysBelow(way, takes))
      return found.length === 0 ? undefined : this.of(found)
    }
    sieve.members = below(step => step.isOfAll)
    sieve.items = below(step => step.isOfAll || step.isOfItems)
    for (const name of new Set(steps.flatMap(step => step.names)))
      names.push({ name, bytes: bytesOf(name), sieve: below(step => step.isOfAll || step.names.includes(name))! })
    for (const index of new Set(numbers)) {
      const takes = (step: Way['steps'][number]) => step.isOfAll || step.isOfItems || step.indexes.includes(index)
      indexes.push({ index, sieve: below(takes)! })
    }
    return sieve
  }

  #keyOf({ steps, at, isWhole }: Way): string {
    const number = this.#numbers.get(steps) ?? this.#numbers.size
    this.#numbers.set(steps, number)
    return `${number}:${at}:${isWhole}`
  }
}

/** The ways of members or items that the next step takes. */
function waysBelow(way: Way, takes: (step: Way['steps'][number]) => boolean): Way[] {
  const step = way.steps[way.at]
  if (step === undefined) return []
  return [
    ...(step.isDeep ? [way] : []),
    ...(takes(step) ? [{ ...way, at: way.at + 1 }] : []),
    // A filter looks at all of them.
    ...step.tested,
  ]
}

/**
 * The bytes of a name that is to be compared byte by byte: no other bytes mean the same without escapes. Not with
 * U+FFFD, which all broken bytes become, and not where JSON or UTF-8 demand an escape.
 */
export function bytesOf(name: string): Uint8Array | undefined {
  return /["\\\u0000-\u001f\ufffd]|\p{Surrogate}/u.test(name) ? undefined : Buffer.from(name)
}
