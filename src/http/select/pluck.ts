/*
 * Hot: once a response that such a query looks at. The bytes of the nodes are put together as a list, of which
 * `JSON.parse` makes the values. Per response nothing is allocated but these. The bytes have been checked.
 */

import { Buffer } from 'node:buffer'
import { type Chain, type ChainStep, NOTHING, Nodes, type Way } from '../../expression/index.ts'
import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './bytes.ts'
import { stringEnd } from './scan.ts'
import { afterComma, afterSpace, endOf, endOfArray, isSame, jsonString, jsonValue, Output } from './values.ts'

/**
 * Parts of a value to keep, from its touched paths (`Touched`), prepared for its bytes once per step. Sieves of inner
 * values are found by name and index; sieves of descents are circular.
 */
export interface Sieve {
  /** Ways end here: the value is kept, whole if one of them asks for that. */
  readonly isEnd: boolean
  readonly isWhole: boolean
  /** Members with a sieve of their own; `members` is that of all others, which are not touched without one. */
  readonly names: readonly SieveOfName[]
  members: Sieve | undefined
  /** Like members; the last index is that of an item with its own sieve. */
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

/** If paths meet in more kinds of places, everything is kept. */
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

/** A chain of one pointer of a selection, made ready for bytes. */
export interface Plucking {
  /** The pointer's. */
  readonly index: number
  readonly steps: readonly Step[]
  readonly isTest: boolean
  /** A document was not one for it: the engine looks at the next ones. */
  isOver: boolean
}

interface Name {
  readonly text: string
  /** Undefined where it can only be compared as text. */
  readonly bytes: Uint8Array | undefined
}

interface Step {
  readonly kind: ChainStep['kind']
  readonly index: number
  /** The one of the step, or those that its filter looks at. */
  readonly names: readonly Name[]
  readonly isRead: readonly boolean[]
  readonly holds: (values: readonly unknown[]) => boolean
  /** Values of the current item that a filter reads. */
  readonly values: unknown[]
}

/** More are refused by the engine. */
const MOST_NODES = 1_000_000

const out = new Output()
let count = 0
/** The place behind the value passed last. */
let behind = 0
let isOver = false

export function pluckingOf({ steps, isTest }: Chain, index: number): Plucking {
  const made = steps.map(step => {
    const names = step.kind === 'name' ? [step.name] : step.kind === 'filter' ? step.filter.names : []
    return {
      kind: step.kind,
      index: step.kind === 'index' ? step.index : -1,
      names: names.map(text => ({ text, bytes: bytesOf(text) })),
      isRead: step.kind === 'filter' ? step.filter.isRead : [],
      holds: step.kind === 'filter' ? step.filter.holds : () => true,
      values: names.map(() => NOTHING),
    }
  })
  return { index, steps: made, isTest, isOver: false }
}

/** The nodes in the value that these bytes are; undefined where only the engine finds them. */
export function pluck(plucking: Plucking, bytes: Uint8Array, from: number, to: number): Nodes | undefined {
  const byte = bytes[from]
  if (plucking.isOver || (byte !== OPEN_BRACE && byte !== OPEN_BRACKET)) return undefined
  out.clear()
  out.putByte(OPEN_BRACKET)
  count = 0
  isOver = false
  pluckAt(plucking, 0, bytes, from, to)
  plucking.isOver = isOver
  if (isOver || count > MOST_NODES) return undefined
  out.putByte(CLOSE_BRACKET)
  const values = plucking.isTest || count === 0 ? [] : (jsonValue(out.bytes, 0, out.size) as unknown[])
  out.letGo()
  return new Nodes(values, count)
}

/** The nodes that the steps from `n` on find in the value at `p`. */
function pluckAt(plucking: Plucking, n: number, bytes: Uint8Array, p: number, to: number): void {
  const step = plucking.steps[n]
  if (step === undefined) {
    behind = endOf(bytes, p, to)
    count++
    if (plucking.isTest) return
    if (out.size > 1) out.putByte(COMMA)
    out.put(bytes, p, behind)
    return
  }
  const byte = bytes[p]
  if (byte === OPEN_BRACE && step.kind === 'name') pluckMember(plucking, step, n, bytes, p, to)
  else if (byte === OPEN_BRACKET && step.kind !== 'name') pluckItems(plucking, step, n, bytes, p, to)
  else {
    behind = endOf(bytes, p, to)
    // An index is no member's name.
    if (byte === OPEN_BRACE && step.kind !== 'index') isOver = true
  }
}

function pluckMember(plucking: Plucking, step: Step, n: number, bytes: Uint8Array, from: number, to: number): void {
  const [size, before] = [out.size, count]
  let p = afterSpace(bytes, from + 1)
  while (bytes[p] !== CLOSE_BRACE) {
    const place = placeOfName(step.names, bytes, p, to)
    p = behind
    if (place < 0) behind = endOf(bytes, p, to)
    else {
      // Discards the output of an earlier member with the same name.
      out.size = size
      count = before
      pluckAt(plucking, n + 1, bytes, p, to)
    }
    p = afterComma(bytes, behind)
  }
  behind = p + 1
}

function pluckItems(plucking: Plucking, step: Step, n: number, bytes: Uint8Array, from: number, to: number): void {
  let p = afterSpace(bytes, from + 1)
  let index = 0
  while (bytes[p] !== CLOSE_BRACKET) {
    if (step.kind === 'all' || step.index === index) pluckAt(plucking, n + 1, bytes, p, to)
    else if (step.kind === 'filter') {
      look(step, bytes, p, to)
      const end = behind
      if (step.holds(step.values)) pluckAt(plucking, n + 1, bytes, p, to)
      behind = end
    } else if (index > step.index) behind = endOfArray(bytes, p, to) - 1
    else behind = endOf(bytes, p, to)
    index++
    p = afterComma(bytes, behind)
  }
  behind = p + 1
}

/** Values of an item that a filter reads. */
function look({ names, isRead, values }: Step, bytes: Uint8Array, from: number, to: number): void {
  for (let i = 0; i < values.length; i++) values[i] = NOTHING
  if (bytes[from] !== OPEN_BRACE) {
    behind = endOf(bytes, from, to)
    return
  }
  let p = afterSpace(bytes, from + 1)
  while (bytes[p] !== CLOSE_BRACE) {
    const place = placeOfName(names, bytes, p, to)
    p = behind
    behind = endOf(bytes, p, to)
    if (place >= 0) values[place] = isRead[place] ? jsonValue(bytes, p, behind) : true
    p = afterComma(bytes, behind)
  }
  behind = p + 1
}

/** Index of the name that begins at `from`; -1 if no name matches. The value behind it begins at `behind`. */
function placeOfName(names: readonly Name[], bytes: Uint8Array, from: number, to: number): number {
  let p = from + 1
  while (bytes[p] !== QUOTE && bytes[p] !== BACKSLASH) p++
  let place = -1
  if (bytes[p] === QUOTE) {
    for (let i = 0; i < names.length && place < 0; i++) {
      const name = names[i]!.bytes
      if (name === undefined ? isText(names[i]!, bytes, from, p + 1) : isSame(name, bytes, from + 1, p)) place = i
    }
    p++
  } else {
    p = stringEnd(bytes, p, to)
    for (let i = 0; i < names.length && place < 0; i++) if (isText(names[i]!, bytes, from, p)) place = i
  }
  if (bytes[p] !== COLON) p = afterSpace(bytes, p)
  behind = afterSpace(bytes, p + 1)
  return place
}

const isText = ({ text }: Name, bytes: Uint8Array, from: number, to: number) => jsonString(bytes, from, to) === text
