import { leastOf, mostOf, sampleOf } from '../compare/statistics/sample.ts'
import type { Milliseconds, Share } from '../ground/units.ts'
import type { Cause, CauseFunction } from '../measure/report.ts'
import type { Functions, FunctionTime } from './functions.ts'
import type { LineMap } from './lines.ts'
import { placeOf } from './place.ts'

/** Functions of one side of a pair of launches, and its CPU time. */
export interface SideProfile {
  functions: Functions
  /** Metered CPU time of a request. */
  cost: Milliseconds
}

/** Both sides of a pair of launches. */
export interface ProfiledPair {
  base: SideProfile
  head: SideProfile
}

/** Functions with a smaller share of the busy time on both sides are not looked at. */
const LEAST_SHARE: Share = 0.005
/** Part of the growth that a function has to explain to be named as its cause. */
const EXPLAINED: Share = 1 / 3
const LEVEL = 0.05
/** Part of the growth that the functions of "spread over" add up to. */
const MOST: Share = 0.8
/** A fall next to a rise counts if it is at least this part of it: then code has moved from one to the other. */
const MOVED: Share = 0.25

/** Change of one function from base to head. */
interface Change {
  /** The function of head; of base if head does not have it. */
  place: FunctionTime
  /** Milliseconds of CPU time a request, by pair. */
  each: number[]
  /** The most of the busy time that it has on either side. */
  share: Share
}

/**
 * The function that explains the growth of CPU time a request, tested over pairs of launches: one-sided t limits with a
 * Bonferroni correction over all functions that are looked at. A rise and a fall in one file are one change, since code
 * may have been moved from one function to another.
 */
export function causeOfGrowth(pairs: readonly ProfiledPair[], lines: LineMap): Cause {
  const growth = pairs.map(({ base, head }) => head.cost - base.cost)
  const all = sampleOf(growth)
  if (!(leastOf(all, LEVEL) > 0))
    return { kind: 'not found', reason: 'with the profiler, head used no more CPU time a request than base' }
  const changes = changesIn(pairs, lines).filter(({ share }) => share >= LEAST_SHARE)
  const level = LEVEL / Math.max(1, changes.length)
  // The rise of a function is tested among those of all functions, its part of the growth for that function alone.
  const explains = (each: readonly number[]) => {
    const beyond = each.map((change, i) => change - EXPLAINED * growth[i]!)
    return leastOf(sampleOf(each), level) > 0 && leastOf(sampleOf(beyond), LEVEL) > 0
  }
  const rising = changes.toSorted((a, b) => meanOf(b) - meanOf(a))
  for (const change of rising.slice(0, 3)) {
    if (!explains(change.each)) continue
    const moved = changes.filter(other => isCounterpart(other, change, level))
    const net = change.each.map((value, i) => moved.reduce((sum, { each }) => sum + each[i]!, value))
    if (moved.length > 0 && !explains(net)) continue
    return named(change, net, growth, lines, moved)
  }
  const rises = rising.filter(({ each }) => leastOf(sampleOf(each), level) > 0)
  const isSpread = changes.every(({ each }) => isBelow(each, growth, EXPLAINED, LEVEL))
  const parts = isSpread ? mostOfGrowth(rising, all.mean) : rises
  const [largest] = parts
  if (largest === undefined)
    return { kind: 'not found', reason: 'no function certainly has more CPU time on head: launches vary too much' }
  return {
    kind: 'spread',
    functions: parts.length,
    largest: changedPlaceOf(largest, lines),
    share: Math.min(1, meanOf(largest) / all.mean),
  }
}

/** The largest rises that add up to most of the growth. */
function mostOfGrowth(rising: readonly Change[], growth: Milliseconds): Change[] {
  let sum = 0
  return rising.filter(change => {
    const isPart = sum < MOST * growth && meanOf(change) > 0
    sum += meanOf(change)
    return isPart
  })
}

/** Whether a change is certainly less than a share of the growth. */
const isBelow = (each: readonly number[], growth: readonly number[], share: Share, level: number) =>
  mostOf(sampleOf(each.map((value, i) => value - share * growth[i]!)), level) < 0

const meanOf = ({ each }: Change) => each.reduce((sum, value) => sum + value, 0) / each.length

/** Whether code may have moved from `other` to `change`: it is in the same file, and has fallen. */
function isCounterpart(other: Change, change: Change, level: number): boolean {
  if (other === change || other.place.file === undefined || other.place.file !== change.place.file) return false
  return mostOf(sampleOf(other.each), level) < 0 && -meanOf(other) >= MOVED * meanOf(change)
}

function named(
  change: Change,
  net: readonly number[],
  growth: readonly number[],
  lines: LineMap,
  moved: readonly Change[],
): Cause {
  return {
    kind: 'function',
    function: changedPlaceOf(change, lines),
    added: sampleOf(net).mean,
    share: shareOf(net, growth),
    beyond: [...change.place.beyond]
      .map(([name, time]) => ({ name, share: time / change.place.time }))
      .filter(({ share }) => share >= 0.1)
      .sort((a, b) => b.share - a.share)
      .slice(0, 3),
    ...(moved.length > 0 && { insteadOf: moved.map(({ place }) => place.name || 'a function without a name') }),
  }
}

/** Limits of the part of the growth: the shares that a t test at 95 % does not refute (E. C. Fieller, 1954). */
function shareOf(net: readonly number[], growth: readonly number[]): { low: Share; high: Share } {
  const isMore = (share: Share) => leastOf(sampleOf(net.map((value, i) => value - share * growth[i]!)), LEVEL / 2) > 0
  return { low: searched(isMore), high: searched(share => !isBelow(net, growth, share, LEVEL / 2)) }
}

/** The largest share from 0 to 1 at which a condition still holds. */
function searched(holds: (share: Share) => boolean): Share {
  if (holds(1)) return 1
  let [low, high] = [0, 1]
  for (let step = 0; step < 20; step++) {
    const middle = (low + high) / 2
    if (holds(middle)) low = middle
    else high = middle
  }
  return low
}

function changedPlaceOf({ place }: Change, lines: LineMap): CauseFunction {
  const { file, line } = place
  if (file === undefined) return placeOf(place)
  return { ...placeOf(place), isChanged: lines.isChanged(file, line, Math.max(line, ...place.lines.keys())) }
}

/** Functions of base and head that are the same, with their changes. */
function changesIn(pairs: readonly ProfiledPair[], lines: LineMap): Change[] {
  const changes = new Map<string, Change>()
  for (const [i, { base, head }] of pairs.entries()) {
    const parts = [
      { side: head, sign: 1, keyOf: (place: FunctionTime) => keyIn(place, place.file, place.line) },
      { side: base, sign: -1, keyOf: (place: FunctionTime) => keyOfBase(place, lines) },
    ]
    for (const { side, sign, keyOf } of parts) {
      const busy = [...side.functions.values()].reduce((sum, { time }) => sum + time, 0)
      for (const place of side.functions.values()) {
        const share = place.time / busy
        const key = keyOf(place)
        const known = changes.get(key)
        const change = known ?? { place, each: pairs.map(() => 0), share: 0 }
        if (known === undefined) changes.set(key, change)
        else if (sign > 0 && place.time > known.place.time) known.place = place
        change.each[i]! += sign * share * side.cost
        change.share = Math.max(change.share, share)
      }
    }
  }
  return [...changes.values()]
}

/** A function is the same by its file and name; without a name, by its file and line. */
const keyIn = ({ name }: FunctionTime, file: string | undefined, line: number) =>
  file === undefined ? name : name === '' ? `${file}:${line}` : `${file} ${name}`

function keyOfBase(place: FunctionTime, lines: LineMap): string {
  if (place.file === undefined) return place.name
  return keyIn(place, lines.fileInHead(place.file), lines.lineInHead(place.file, place.line))
}
