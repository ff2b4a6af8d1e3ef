import type { SoakReading } from '../../load/thread/duet/protocol.ts'
import { reachOf, type Sample, sampleOf } from './sample.ts'

/** Part of a soak that is not looked at: caches fill, and the space for new objects grows to its size. */
const SETTLING = 1 / 3
/** Segments of a soak, at most, and at least for anything to be said. */
const MOST_SEGMENTS = 20
const FEWEST_SEGMENTS = 5
/** Share of segments that one steep change may be in, each way. */
const STEPS = 0.1
/** Memory is given in pieces of up to this size (a page of V8's heap is 256 KiB): less of it says nothing. */
const PIECE = 2 ** 18
/** Launches of one build grow differently by up to this share of their growth. */
const UNLIKE = 0.1
/** One-sided levels. */
const LEVELS = { fail: 0.005, pass: 0.01, shown: 0.025 }

/**
 * How much more memory head takes than base for each 1,000 requests, by soaks with as many requests on both sides.
 * Undefined if there are too few readings.
 *
 * A soak is cut into segments by requests, and the difference of the two has a growth in each of them. A leak is in
 * most segments. A heap that gets more room at once is in one or two: the estimate is a trimmed mean with its t
 * interval (J. Tukey and D. McLaughlin, Less Vulnerable Confidence and Significance Procedures, 1963). What collections
 * give back in few segments belongs to the growth before: the least that it surely is leaves out rises alone. The most
 * that it may be is not below the mean of all segments, since a leak may come in steps; and a base that grows more
 * hides nothing: heaps of one build may be in different phases. A head that does not grow at all has no leak.
 */
export function growthBetween(...soaks: readonly (readonly SoakReading[])[]) {
  const segments = soaks.flatMap(segmentsOf)
  if (segments.length < FEWEST_SEGMENTS) return undefined
  const requests = segments.reduce((sum, one) => sum + one.requests, 0)
  const mean = (of: 'base' | 'head') => (segments.reduce((sum, one) => sum + one[of], 0) / requests) * 1000
  const figures = { base: mean('base'), head: mean('head') }
  const sorted = (of: (one: Segment) => number) =>
    segments.map(one => (of(one) / one.requests) * 1000).sort((a, b) => a - b)
  const rises = sorted(({ base, head }) => head - base)
  const cut = Math.floor(STEPS * rises.length)
  const ofHead = sorted(({ head }) => head)
  const trimmed = trimmedOf(rises, cut)
  const most = (mean: number, sample: Sample) => Math.max(0, mean, sample.mean) + reachOf(sample, LEVELS.pass)
  const withoutRises = sampleOf(rises.slice(0, rises.length - cut))
  const piece = (PIECE / requests) * 1000
  const shown = reachOf(trimmed, LEVELS.shown)
  const surely = withoutRises.mean - reachOf(withoutRises, LEVELS.fail)
  return {
    // Mean without the steepest changes, and its 95 % interval.
    ...{ mean: trimmed.mean, low: trimmed.mean - shown, high: trimmed.mean + shown },
    // The least that it surely is, and the most that it may be.
    least: surely - piece - UNLIKE * Math.max(0, figures.base),
    most: Math.min(most(figures.head - figures.base, trimmed), most(figures.head, trimmedOf(ofHead, cut))) + piece,
    // Mean of each side, and requests in which it was seen.
    ...{ figures, requests },
  }
}

/** Requests that it takes to distinguish the growth of a bound from none. */
export const requestsFor = (allowed: number): number => Math.ceil((PIECE / Math.abs(allowed)) * 1000)

type Segment = ReturnType<typeof segmentsOf>[number]

function segmentsOf(readings: readonly SoakReading[]) {
  const from = (readings[0]?.requests ?? 0) * (1 - SETTLING) + (readings.at(-1)?.requests ?? 0) * SETTLING
  const settled = readings.filter(({ requests }) => requests >= from)
  const count = Math.min(MOST_SEGMENTS, settled.length - 1)
  if (count < FEWEST_SEGMENTS) return []
  const ends = Array.from({ length: count + 1 }, (_, k) => settled[Math.round((k * (settled.length - 1)) / count)]!)
  return ends.slice(1).map((to, k) => {
    const { requests, memory } = ends[k]!
    return { requests: to.requests - requests, base: to.memory[0] - memory[0], head: to.memory[1] - memory[1] }
  })
}

/** Mean of sorted values without the ends; its deviation is that of values of which the ends are drawn in. */
function trimmedOf(sorted: readonly number[], cut: number): Sample {
  const kept = sorted.slice(cut, sorted.length - cut)
  const [low, high] = [kept[0]!, kept.at(-1)!]
  const { deviation } = sampleOf(sorted.map(value => Math.min(high, Math.max(low, value))))
  // The standard error is that of as many values as there are, over the share that is kept.
  return { ...sampleOf(kept), deviation: deviation * Math.sqrt(sorted.length / kept.length) }
}
