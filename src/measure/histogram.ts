import { asUserError } from '../ground/fault.ts'
import { once } from '../ground/once.ts'
import type { Milliseconds } from '../ground/units.ts'
import { decodeBuckets, encodeBuckets } from './histogram-text.ts'
import type { LatencySummary } from './report.ts'
import { type Buckets, bothBuckets, LONGEST, leastOf, ValueCounts, widthOf, withoutBuckets } from './value-counts.ts'

// Microseconds, three significant digits, up to an hour. hdr-histogram-js reads and writes the same texts, and its
// figures are the same; with it a load thread starts 32 ms later, and a value costs 118 ns instead of 3 (decision 284).

/**
 * Collects latencies, in a fixed amount of memory (94 KB). Values are kept to three significant digits: below
 * 2.048 ms exact to the microsecond, above it within 0.1 %. What is longer than an hour counts as an hour.
 */
export class LatencyRecorder {
  readonly #counts = new ValueCounts()
  /** Difference to the counts without the delays of the load generator. Created when needed. */
  #shortened: ValueCounts | undefined
  /** Counts without what the application waited for others, either, in the same way; made when it did. */
  #undisturbed: ValueCounts | undefined
  /** Values among them that are lower bounds; made when there is one. */
  #cut: ValueCounts | undefined

  get count(): number {
    return this.#counts.total
  }

  /**
   * Throws a `RangeError` for NaN: that is a mistake of the caller's.
   *
   * @param own what of it the load generator itself may have added.
   * @param isCut whether it is a lower bound: the wait was cut.
   * @param waited what of it the application may have waited for a core that others had.
   */
  record(ms: Milliseconds, own: Milliseconds = 0, isCut = false, waited: Milliseconds = 0): void {
    const rounded = Math.round(ms * 1000)
    const us = rounded >= 0 && rounded <= LONGEST ? rounded : clamp(rounded)
    this.#counts.add(us)
    if (waited > 0) this.#undisturbed ??= new ValueCounts(this.#shortened)
    if (own > 0) this.#shorten(us, Math.round(own * 1000))
    if (this.#undisturbed !== undefined && own + waited > 0)
      this.#undisturbed.move(us, Math.max(0, us - Math.round((own + waited) * 1000)))
    if (isCut) this.#noteCut(us)
  }

  /** Summary; of an empty recorder: zeros, and a histogram that merges. */
  summary(): LatencySummary {
    const summary = this.count === 0 ? emptySummary() : summarize(this.#counts.buckets())
    const [shortened, undisturbed, cut] = [this.#shortened, this.#undisturbed, this.#cut]
    return {
      ...summary,
      ...(shortened && { undelayed: encodeBuckets(this.#counts.buckets(shortened)) }),
      ...(undisturbed && { undisturbed: encodeBuckets(this.#counts.buckets(undisturbed)) }),
      ...(cut && { cut: encodeBuckets(cut.buckets()) }),
    }
  }

  reset(): void {
    this.#counts.reset()
    this.#shortened = undefined
    this.#undisturbed = undefined
    this.#cut = undefined
  }

  #noteCut(us: number): void {
    this.#cut ??= new ValueCounts()
    this.#cut.add(us)
  }

  #shorten(us: number, own: number): void {
    this.#shortened ??= new ValueCounts()
    this.#shortened.move(us, Math.max(0, us - own))
  }
}

/** Parts of a summary that add up. */
export type Histograms = Pick<LatencySummary, 'histogram' | 'undelayed' | 'undisturbed' | 'cut'>

/** Adds up what recorders recorded, by their histograms. */
export class LatencySum {
  readonly #all = new ValueCounts()
  /** Values without what the load generator added; made when it added something. */
  #undelayed: ValueCounts | undefined
  #undisturbed: ValueCounts | undefined
  #cut: ValueCounts | undefined

  get hasCut(): boolean {
    return this.#cut !== undefined
  }

  add({ histogram, undelayed, undisturbed, cut }: Histograms): void {
    const added = decoded(histogram)
    const without = undelayed === undefined ? added : decoded(undelayed)
    if (undisturbed !== undefined) this.#undisturbed ??= new ValueCounts(this.#undelayed ?? this.#all)
    if (undelayed !== undefined) this.#undelayed ??= new ValueCounts(this.#all)
    this.#all.addAll(added)
    this.#undelayed?.addAll(without)
    this.#undisturbed?.addAll(undisturbed === undefined ? without : decoded(undisturbed))
    if (cut === undefined) return
    this.#cut ??= new ValueCounts()
    this.#cut.addAll(decoded(cut))
  }

  summary(): LatencySummary {
    const [undelayed, undisturbed, cut] = [this.#undelayed, this.#undisturbed, this.#cut]
    return {
      ...summarize(this.#all.buckets()),
      ...(undelayed && { undelayed: encodeBuckets(undelayed.buckets()) }),
      ...(undisturbed && { undisturbed: encodeBuckets(undisturbed.buckets()) }),
      ...(cut && { cut: encodeBuckets(cut.buckets()) }),
    }
  }
}

/**
 * The latency that a share `q` (0 to 1) of the values does not exceed: the value of rank `ceil(q * count)`,
 * rounded up to the histogram's precision. `q` 0 is the smallest value, 1 the largest. NaN when there is no
 * value.
 */
export function percentileOf(summary: LatencySummary, q: number): Milliseconds {
  if (!(q >= 0 && q <= 1)) {
    throw new RangeError(`Failed to read a percentile: ${q} is not a share of one. Write 0.99 for the 99th percentile.`)
  }
  if (summary.count === 0) return Number.NaN
  const field = fields.get(q)
  if (field) return summary[field]
  return percentile(ranksOf(summary), q, summary.count)
}

const fields = new Map<number, 'min' | 'p50' | 'p90' | 'p95' | 'p99' | 'p999' | 'max'>([
  [0, 'min'],
  [0.5, 'p50'],
  [0.9, 'p90'],
  [0.95, 'p95'],
  [0.99, 'p99'],
  [0.999, 'p999'],
  [1, 'max'],
])

/** A summary's values by rank. */
interface Ranks {
  /** The value of rank 1 (the smallest) to `count`. */
  valueAt(rank: number): Milliseconds
  /** How many values are not above this one. */
  countUpTo(value: Milliseconds): number
}

/** Values of a summary by their ranks. */
export const ranksOf = (summary: LatencySummary): Ranks => ranksIn(decoded(summary.histogram))

/** The smallest k from 0 to n for which a condition holds that holds from there on; n if none does. */
export function firstWhere(n: number, holds: (k: number) => boolean): number {
  let [low, high] = [0, n]
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (holds(middle)) high = middle
    else low = middle + 1
  }
  return low
}

function ranksIn({ indexes, counts }: Buckets): Ranks {
  let sum = 0
  const upTo = counts.map(count => {
    sum += count
    return sum
  })
  const before = (holds: (place: number) => boolean) => firstWhere(indexes.length, holds)
  return {
    valueAt(rank) {
      const first = before(place => upTo[place]! >= rank)
      const place = Math.min(first, indexes.length - 1)
      return place < 0 ? 0 : greatestOf(indexes[place]!)
    },
    countUpTo: value => upTo[before(place => greatestOf(indexes[place]!) > value) - 1] ?? 0,
  }
}

/** The summary of both sets of values together: exactly that of one recorder which had seen them all. */
export function mergeSummaries(a: LatencySummary, b: LatencySummary): LatencySummary {
  if (a.count === 0) return b
  if (b.count === 0) return a
  const isDelayed = a.undelayed !== undefined || b.undelayed !== undefined
  const isDisturbed = a.undisturbed !== undefined || b.undisturbed !== undefined
  const [left, right] = [a.undelayed ?? a.histogram, b.undelayed ?? b.histogram]
  const cut = a.cut !== undefined && b.cut !== undefined ? encodeBuckets(joined(a.cut, b.cut)) : (a.cut ?? b.cut)
  return {
    ...summarize(joined(a.histogram, b.histogram)),
    ...(isDelayed && { undelayed: encodeBuckets(joined(left, right)) }),
    ...(isDisturbed && { undisturbed: encodeBuckets(joined(a.undisturbed ?? left, b.undisturbed ?? right)) }),
    ...(cut !== undefined && { cut }),
  }
}

/** How many of the values are lower bounds. */
export const cutIn = ({ cut }: Pick<LatencySummary, 'cut'>): number => (cut === undefined ? 0 : decoded(cut).total)

/**
 * Values by rank as they may be at the most: those that were cut may have taken for ever, and the others come first.
 */
export function mostOf(summary: LatencySummary): (rank: number) => Milliseconds {
  if (summary.cut === undefined) return ranksOf(summary).valueAt
  const known = withoutBuckets(decoded(summary.histogram), decoded(summary.cut))
  const { valueAt } = ranksIn(known)
  return rank => (rank > known.total ? Number.POSITIVE_INFINITY : valueAt(rank))
}

/** The most that the percentile `q` (0 to 1) may be; infinite if its rank lies among values that were cut. */
export const mostAt = (summary: LatencySummary, q: number): Milliseconds =>
  summary.cut === undefined ? percentileOf(summary, q) : mostOf(summary)(rankOf(q, summary.count))

/** The values without what the load generator itself may have added to each; undefined where it added nothing. */
export function undelayedOf({ undelayed }: LatencySummary): LatencySummary | undefined {
  return undelayed === undefined ? undefined : summarize(decoded(undelayed))
}

/** The values without what the application waited for others, either; undefined where that is not known. */
export function undisturbedOf({ undisturbed }: LatencySummary): LatencySummary | undefined {
  return undisturbed === undefined ? undefined : summarize(decoded(undisturbed))
}

const joined = (a: string, b: string): Buckets => bothBuckets(decoded(a), decoded(b))

/** The summary of no values. */
export function emptySummary(): LatencySummary {
  return { ...empty() }
}

/** Made once: most intervals of most steps of a report have no values. */
const empty = once(() => summarize(new ValueCounts().buckets()))

function summarize(buckets: Buckets): LatencySummary {
  const ranks = ranksIn(buckets)
  const at = (q: number) => percentile(ranks, q, buckets.total)
  const mean = meanOf(buckets, middleOf)
  return {
    count: buckets.total,
    min: leastOf(buckets.indexes[0] ?? 0) / 1000,
    mean: mean / 1000,
    max: at(1),
    stddev: Math.sqrt(meanOf(buckets, index => (middleOf(index) - mean) ** 2)) / 1000,
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    p999: at(0.999),
    histogram: encodeBuckets(buckets),
  }
}

/** Mean over all that the buckets hold; 0 of nothing. */
function meanOf({ indexes, counts, total }: Buckets, value: (index: number) => number): number {
  const sum = indexes.reduce((sum, index, i) => sum + value(index) * counts[i]!, 0)
  return total === 0 ? 0 : sum / total
}

/** The value in the middle of a bucket, rounded up. */
const middleOf = (index: number): number => leastOf(index) + Math.floor(widthOf(index) / 2)

/** The largest value of a bucket, in milliseconds. */
const greatestOf = (index: number): Milliseconds => (leastOf(index) + widthOf(index) - 1) / 1000

const percentile = ({ valueAt }: Ranks, q: number, count: number): Milliseconds => valueAt(rankOf(q, count))

function rankOf(q: number, count: number): number {
  // Rounded: 0.07 * 100 is 7.000000000000001, which would ask for one rank more; and less by what a number may be off.
  const rank = (Number((q * 100).toPrecision(12)) / 100) * count
  return Math.max(1, Math.ceil(rank * (1 - Number.EPSILON)))
}

function decoded(text: string): Buckets {
  try {
    return decodeBuckets(text)
  } catch (cause) {
    throw asUserError(
      new TypeError(
        'Failed to read a histogram: not HdrHistogram V2, compressed, base64. Take it from a summary as it is.',
        { cause },
      ),
    )
  }
}

/** Negative by the clock's own jitter is zero. */
function clamp(us: number): number {
  if (Number.isNaN(us))
    throw new RangeError('Failed to record a latency: not a number. Check that both clock readings were taken.')
  return us < 0 ? 0 : LONGEST
}
