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
  /** Whether the branch has changed it. */
  isChanged: boolean
}

interface TestedChange extends Change {
  /** Level of its t limits. */
  level: number
}

/** The growth of CPU time a request, and what part of it a change is. */
interface Growth {
  mean: Milliseconds
  /** Whether a change is certainly more than this share of the growth. */
  isAbove(each: readonly number[], share: Share, level: number): boolean
  isBelow(each: readonly number[], share: Share, level: number): boolean
}

/** Limits of the growth of CPU time a request, in launches without a profiler, as a share of base's. */
export interface GrowthLimits {
  low: Share
  high: Share
}

/**
 * The function that explains the growth of CPU time a request, tested over pairs of launches: one-sided t limits with
 * a weighted Bonferroni correction over all functions that are looked at (C. R. Genovese and others, 2006). Functions
 * that the branch has changed have half of the level. A rise and a fall in one file are one change, since code may have
 * moved.
 *
 * @param grown growth without a profiler, of more launches than these. If these name no function, it takes the place of
 *   their growth, its lower limit for what a function uses more: only shares of profiles then vary.
 */
export function causeOfGrowth(pairs: readonly ProfiledPair[], lines: LineMap, grown?: GrowthLimits): Cause {
  const each = pairs.map(({ base, head }) => head.cost - base.cost)
  const cost = sampleOf(pairs.map(({ base }) => base.cost)).mean
  const causes = [
    ...(leastOf(sampleOf(each), LEVEL) > 0 ? [causeIn(testedIn(pairs, lines), growthOf(each))] : []),
    ...(grown !== undefined && grown.low > 0
      ? [causeIn(testedIn(withCosts(pairs, cost, cost * (1 + grown.low)), lines), growthWithin(grown, cost))]
      : []),
  ]
  const reason = 'with the profiler, head used no more CPU time a request than base'
  return causes.find(({ kind }) => kind === 'function') ?? causes[0] ?? { kind: 'not found', reason }
}

function testedIn(pairs: readonly ProfiledPair[], lines: LineMap): TestedChange[] {
  const changes = changesIn(pairs, lines).filter(({ share }) => share >= LEAST_SHARE)
  const counts = [true, false].map(isChanged => changes.filter(change => change.isChanged === isChanged).length)
  const half = LEVEL / (counts.includes(0) ? 1 : 2)
  return changes.map(change => ({ ...change, level: half / counts[change.isChanged ? 0 : 1]! }))
}

/** Profiles with a cost that is known better than that of each launch. */
const withCosts = (pairs: readonly ProfiledPair[], base: Milliseconds, head: Milliseconds): ProfiledPair[] =>
  pairs.map(pair => ({ base: { ...pair.base, cost: base }, head: { ...pair.head, cost: head } }))

const growthOf = (growth: readonly number[]): Growth => {
  const beyond = (each: readonly number[], share: Share) => sampleOf(each.map((value, i) => value - share * growth[i]!))
  return {
    mean: sampleOf(growth).mean,
    isAbove: (each, share, level) => leastOf(beyond(each, share), level) > 0,
    isBelow: (each, share, level) => mostOf(beyond(each, share), level) < 0,
  }
}

/**
 * A limit of a rise is compared with a limit of the growth. Such a test is stricter than its level, so that two growths
 * need no correction.
 *
 * @param scale base's cost with the profiler, which makes all functions slower alike.
 */
const growthWithin = ({ low, high }: GrowthLimits, scale: Milliseconds): Growth => ({
  mean: (scale * (low + high)) / 2,
  isAbove: (each, share, level) => leastOf(sampleOf(each), level) > share * scale * high,
  isBelow: (each, share, level) => mostOf(sampleOf(each), level) < share * scale * low,
})

function causeIn(changes: readonly TestedChange[], growth: Growth): Cause {
  // The rise of a function is tested among those of all functions, its part of the growth for that function alone.
  const explains = (each: readonly number[], level: number) =>
    leastOf(sampleOf(each), level) > 0 && growth.isAbove(each, EXPLAINED, LEVEL)
  const rising = changes.toSorted((a, b) => meanOf(b) - meanOf(a))
  for (const change of rising.slice(0, 3)) {
    if (!explains(change.each, change.level)) continue
    const moved = changes.filter(other => isCounterpart(other, change))
    const net = change.each.map((value, i) => moved.reduce((sum, { each }) => sum + each[i]!, value))
    if (moved.length > 0 && !explains(net, change.level)) continue
    return named(change, net, growth, moved)
  }
  const rises = rising.filter(({ each, level }) => leastOf(sampleOf(each), level) > 0)
  const isSpread = changes.every(({ each }) => growth.isBelow(each, EXPLAINED, LEVEL))
  const parts = isSpread ? mostOfGrowth(rising, growth.mean) : rises
  const [largest] = parts
  if (largest === undefined)
    return { kind: 'not found', reason: 'no function certainly has more CPU time on head: launches vary too much' }
  return {
    kind: 'spread',
    functions: parts.length,
    largest: changedPlaceOf(largest),
    share: Math.min(1, meanOf(largest) / growth.mean),
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

const meanOf = ({ each }: Change) => each.reduce((sum, value) => sum + value, 0) / each.length

/** Whether code may have moved from `other` to `change`: it is in the same file, and has fallen. */
function isCounterpart(other: TestedChange, change: Change): boolean {
  if (other === change || other.place.file === undefined || other.place.file !== change.place.file) return false
  return mostOf(sampleOf(other.each), other.level) < 0 && -meanOf(other) >= MOVED * meanOf(change)
}

function named(change: Change, net: readonly number[], growth: Growth, moved: readonly Change[]): Cause {
  return {
    kind: 'function',
    function: changedPlaceOf(change),
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
const shareOf = (net: readonly number[], growth: Growth): { low: Share; high: Share } => ({
  low: searched(share => growth.isAbove(net, share, LEVEL / 2)),
  high: searched(share => !growth.isBelow(net, share, LEVEL / 2)),
})

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

const changedPlaceOf = ({ place, isChanged }: Change): CauseFunction =>
  place.file === undefined ? placeOf(place) : { ...placeOf(place), isChanged }

const isChangedIn = (lines: LineMap, { file, line, lines: own }: FunctionTime) =>
  file !== undefined && lines.isChanged(file, line, Math.max(line, ...own.keys()))

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
        const change = known ?? { place, each: pairs.map(() => 0), share: 0, isChanged: false }
        if (known === undefined) changes.set(key, change)
        else if (sign > 0 && place.time > known.place.time) known.place = place
        change.each[i]! += sign * share * side.cost
        change.share = Math.max(change.share, share)
      }
    }
  }
  return [...changes.values()].map(change => ({ ...change, isChanged: isChangedIn(lines, change.place) }))
}

/** A function is the same by its file and name; without a name, by its file and line. */
const keyIn = ({ name }: FunctionTime, file: string | undefined, line: number) =>
  file === undefined ? name : name === '' ? `${file}:${line}` : `${file} ${name}`

function keyOfBase(place: FunctionTime, lines: LineMap): string {
  if (place.file === undefined) return place.name
  return keyIn(place, lines.fileInHead(place.file), lines.lineInHead(place.file, place.line))
}
