import { isObject } from '../ground/object.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { Fields, Of } from './kinds.ts'
import type { Capacity, CapacityProbe } from './report/capacity.ts'

/*
 * How two values of a field become one. Of runs side by side every rule is associative and commutative: parts may be
 * merged in any order and grouping. Of runs one after the other the earlier one is the first.
 */

/** Two values as one; undefined: the field is left out. */
export type Rule<T> = (a: T, b: T, at: Merging) => T | undefined

/** Run as the other one needs to know it. */
export interface Span {
  measured: Milliseconds
  /** Time from its start to the end of its last second. */
  length: Milliseconds
  /** Milliseconds since the epoch. */
  begun: Milliseconds
  requests: number
}

/** Circumstances of a merge. */
export interface Merging {
  /** The runs were side by side: rates add up, and times do not. */
  isParallel: boolean
  spans: readonly [Span, Span]
  /** Whether a value keeps the budget of this key; undefined for an unknown budget. */
  keeps(budget: string, value: number): boolean | undefined
  /** Combines the tries of several searches for the capacity. */
  settle(
    probes: CapacityProbe[],
    hold: Milliseconds,
  ): Pick<Capacity, 'held' | 'missed' | 'certain' | 'limitedBy' | 'because'>
  /** Objects whose fields are being merged, and those which hold them. */
  of?: readonly [unknown, unknown]
  outer?: Merging
}

export const sum: Rule<number> = (a, b) => a + b
export const max: Rule<number> = (a, b) => Math.max(a, b)
export const min: Rule<number> = (a, b) => Math.min(a, b)
export const first = <T>(a: T): T => a
export const last = <T>(_: T, b: T): T => b

/** One rule for runs side by side, another for runs one after the other. */
export function turns<T>(parallel: Rule<T>, sequence: Rule<T>): Rule<T> {
  return (a, b, at) => (at.isParallel ? parallel : sequence)(a, b, at)
}

/** Use at once adds up for runs side by side. */
export const atOnce = turns(sum, max)
/** Time adds up for runs one after the other. */
export const time = turns(max, sum)

/** Rate of which a run made only so much of the whole time. */
export const rate: Rule<number> = (a, b, at) => {
  const [left, right] = at.spans.map(({ measured }) => measured) as [number, number]
  const measured = time(left, right, at)!
  return measured > 0 ? (a * left) / measured + (b * right) / measured : 0
}

/** Mean, weighted by what each object that holds the figure says. */
export function mean<T>(weightOf: (holder: T, at: Merging, side: 0 | 1) => number): Rule<number> {
  return (a, b, at) => {
    const [left, right] = at.of as readonly [T, T]
    const [one, other] = [weightOf(left, at, 0), weightOf(right, at, 1)]
    return one + other > 0 ? (a * one + b * other) / (one + other) : 0
  }
}

/** Text that says the same in any order: the parts of both, each once. */
export function phrases(separator: string): Rule<string> {
  return (a, b) => (a === b ? a : union([a, b].flatMap(text => text.split(separator))).join(separator))
}

/** Entries that both sides have. */
export const inBoth: Rule<Record<string, string>> = (a, b, at) => {
  const names = Object.keys(a).filter(name => b[name] !== undefined)
  if (names.length === 0) return undefined
  return Object.fromEntries(names.map(name => [name, lesser(a[name]!, b[name]!, at)!]))
}

/** All of both, each once. */
export const each: Rule<string[]> = (a, b) => (byText(a, b) === 0 ? a : union([...a, ...b]))

/** Any of the two will do that is always the same. */
export const lesser = <T>(a: T, b: T, _?: Merging): T => (byText(a, b) <= 0 ? a : b)

/** The one that counts more; of two alike, any that is always the same. */
export function greater<T>(weightOf: (value: T) => number): Rule<T> {
  return (a, b) => {
    const more = weightOf(a) - weightOf(b)
    return more > 0 ? a : more < 0 ? b : lesser(a, b)
  }
}

/** Field by field, as the table says. A field that one of the two lacks is the other's. */
export function fields<F extends Fields>(table: F): Rule<Of<F>> {
  return (a, b, at) => {
    const inner: Merging = { ...at, of: [a, b], outer: at }
    const merged: [string, unknown][] = []
    for (const [name, { merge, absent, isAsked }] of Object.entries(table)) {
      const sides = [a[name as keyof Of<F>], b[name as keyof Of<F>]] as unknown[]
      if (!isAsked && sides.every(side => side === undefined)) continue
      const [left = absent, right = absent] = sides
      const isOne = left === undefined || right === undefined
      const value = isOne ? (left ?? right) : (merge as Rule<unknown>)(left, right, inner)
      if (value !== undefined) merged.push([name, value])
    }
    return Object.fromEntries(merged) as Of<F>
  }
}

/** Name by name. */
export function names<T>(rule: Rule<T>): Rule<Record<string, T>> {
  return (a, b, at) => {
    const both = Object.entries(b).map(([name, value]) => {
      const before = Object.hasOwn(a, name) ? a[name] : undefined
      return [name, before === undefined ? value : rule(before, value, at)]
    })
    return { ...a, ...Object.fromEntries(both) }
  }
}

/** Place by place. */
export function places<T>(rule: Rule<T>): Rule<T[]> {
  return (a, b, at) =>
    Array.from({ length: Math.max(a.length, b.length) }, (_, i) => {
      const [left, right] = [a[i], b[i]]
      return (left === undefined || right === undefined ? (left ?? right) : rule(left, right, at))!
    })
}

/** Merges values with the same key. Runs side by side are in the order of the keys, so that the result is stable. */
export function keyed<T>(keyOf: (value: T) => string, rule: Rule<T>): Rule<T[]> {
  return (a, b, at) => {
    const merged = new Map<string, T>()
    for (const value of [...a, ...b]) {
      const known = merged.get(keyOf(value))
      merged.set(keyOf(value), known === undefined ? value : rule(known, value, at)!)
    }
    const keyOfPair = ([key]: [string, T]) => key
    const inOrder = at.isParallel ? ordered([...merged], () => 0, keyOfPair) : [...merged]
    return inOrder.map(([, value]) => value)
  }
}

/** All of both, in an order that is always the same: of time, where `when` names it. */
export function all<T>(when?: keyof T & string): Rule<T[]> {
  return (a, b) => ordered([...a, ...b], value => (when === undefined ? 0 : Number(value[when])))
}

/** Values of either side, each once. Runs side by side are in a stable order. */
export function distinct<T>(): Rule<T[]> {
  return (a, b, { isParallel }) => {
    if (byText(a, b) === 0) return a
    const both = eachOnce([...a, ...b])
    return isParallel ? ordered(both, () => 0) : both
  }
}

/** Keeps the last of equal values, at the position of the first. */
export function eachOnce<T>(values: readonly T[]): T[] {
  return [...new Map(values.map(value => [textOf(value), value])).values()]
}

/** Times of the second run are shifted by the length of the first. */
export function shifted<T>(when: keyof T & string, by: keyof Span): Rule<T[]> {
  return (a, b, { spans: [first] }) => [
    ...a,
    ...b.map(value => ({ ...value, [when]: Number(value[when]) + first[by] })),
  ]
}

/** Orders by a figure, and those that are alike by their text: always the same. */
export function ordered<T>(
  values: readonly T[],
  of: (value: T) => number,
  alike: (value: T) => unknown = value => value,
): T[] {
  return [...values].sort((a, b) => of(a) - of(b) || byText(alike(a), alike(b)))
}

function byText(a: unknown, b: unknown): number {
  const [left, right] = [textOf(a), textOf(b)]
  return left < right ? -1 : left > right ? 1 : 0
}

/** Text as JSON, with the members of objects in an order that is always the same. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    isObject(inner) ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1))) : inner,
  )
}

const union = (texts: readonly string[]): string[] => [...new Set(texts)].sort()
