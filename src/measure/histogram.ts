import { createRequire } from 'node:module'
import type { Histogram } from 'hdr-histogram-js'
import { foreseen } from '../ground/fault.ts'
import { once } from '../ground/once.ts'
import type { Milliseconds } from '../ground/units.ts'
import type { LatencySummary } from './report.ts'
import { ValueCounts } from './value-counts.ts'

// Microseconds, three significant digits, 32-bit counts, up to an hour.
//
// hdr-histogram-js comes as JavaScript and as WebAssembly. Measured on Node 20 with latencies spread over
// three decades, a histogram filled with 2 million values (JavaScript against WebAssembly): record 86-105
// against 22-26 ns, add 0.49 against 0.09 ms, a percentile 0.11 against 0.04 ms, mean and deviation 3.0
// against 0.2-0.4 ms, encode 0.51 against 0.36 ms, decode 0.36 against 0.45 ms. Both give the same figures
// and the same bytes. So: WebAssembly, at the price of 11 ms once a thread and of memory that must be given
// back. Counts of a thread that sends load are kept in a typed array of the same buckets (3 ns), and read here.

const require = createRequire(import.meta.url)

/** Loaded with the first recorder or summary: it takes 40 ms of every worker of Vitest, and most measure nothing. */
const hdr = once(() => require('hdr-histogram-js') as typeof import('hdr-histogram-js'))

const longest = 3_600_000_000

const options = {
  useWebAssembly: true,
  bitBucketSize: 32,
  lowestDiscernibleValue: 1,
  highestTrackableValue: longest,
  numberOfSignificantValueDigits: 3,
  autoResize: false,
} as const

/**
 * Collects latencies, in a fixed amount of memory (94 KB). Values are kept to three significant digits: below
 * 2.048 ms exact to the microsecond, above it within 0.1 %. What is longer than an hour counts as an hour.
 */
export class LatencyRecorder {
  readonly #counts = new ValueCounts()
  /** What the counts lack to be those of the values without what the load generator added; made when there is one. */
  #shortened: ValueCounts | undefined

  constructor() {
    // Not with the first summary, which may be made in the middle of what is measured.
    hdr()
  }

  get count(): number {
    return this.#counts.total
  }

  /**
   * Throws a `RangeError` for NaN: that is a mistake of the caller's.
   *
   * @param own what of it the load generator itself may have added.
   */
  record(ms: Milliseconds, own: Milliseconds = 0): void {
    const rounded = Math.round(ms * 1000)
    const us = rounded >= 0 && rounded <= longest ? rounded : clamp(rounded)
    this.#counts.add(us)
    if (own > 0) this.#shorten(us, Math.round(own * 1000))
  }

  /** Summary; of an empty recorder: zeros, and a histogram that merges. Takes about a millisecond. */
  summary(): LatencySummary {
    const summary = this.count === 0 ? emptySummary() : withCounted(this.#counts, summarize)
    if (this.#shortened === undefined) return summary
    const undelayed = withCounted(this.#counts.with(this.#shortened), encoded)
    return { ...summary, undelayed }
  }

  reset(): void {
    this.#counts.reset()
    this.#shortened = undefined
  }

  #shorten(us: number, own: number): void {
    this.#shortened ??= new ValueCounts()
    this.#shortened.move(us, Math.max(0, us - own))
  }
}

/** Adds up what recorders recorded, in their histograms' own form. */
export class LatencySum {
  readonly #all = this.#make()
  /** Histogram of the values without what the load generator added; made when it added something. */
  #undelayed: Histogram | undefined

  /** Adds a summary's `histogram` and, where it has one, its `undelayed`. */
  add(histogram: string, undelayed?: string): void {
    withDecoded(histogram, added => {
      if (undelayed !== undefined) this.#undelayed ??= this.#copy()
      this.#all.add(added)
      if (undelayed === undefined) this.#undelayed?.add(added)
      else withDecoded(undelayed, shorter => this.#undelayed!.add(shorter))
    })
  }

  summary(): LatencySummary {
    const summary = summarize(this.#all)
    if (this.#undelayed === undefined) return summary
    return { ...summary, undelayed: encoded(this.#undelayed) }
  }

  #copy(): Histogram {
    const copy = this.#make()
    copy.add(this.#all)
    return copy
  }

  #make(): Histogram {
    const histogram = make()
    forgotten.register(this, histogram)
    return histogram
  }
}

/** A histogram's memory is not the garbage collector's: it is given back when its sum is collected. */
const forgotten = new FinalizationRegistry<Histogram>(histogram => histogram.destroy())

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
  return withDecoded(summary.histogram, histogram => percentile(histogram, q))
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
export interface Ranks {
  /** The value of rank 1 (the smallest) to `count`. */
  valueAt(rank: number): Milliseconds
  /** How many values are not above this one. */
  countUpTo(value: Milliseconds): number
}

/** Reads several ranks of one summary; `ranks` is only valid during the call. */
export function withRanks<T>(summary: LatencySummary, use: (ranks: Ranks) => T): T {
  return withDecoded(summary.histogram, histogram => {
    const { count } = summary
    const valueAt = (rank: number) => histogram.getValueAtPercentile(((rank - 0.5) / count) * 100) / 1000
    return use({
      valueAt,
      countUpTo(value) {
        let [low, high] = [0, count]
        while (low < high) {
          const middle = Math.ceil((low + high) / 2)
          if (valueAt(middle) <= value) low = middle
          else high = middle - 1
        }
        return low
      },
    })
  })
}

/** The summary of both sets of values together: exactly that of one recorder which had seen them all. */
export function mergeSummaries(a: LatencySummary, b: LatencySummary): LatencySummary {
  if (a.count === 0) return b
  if (b.count === 0) return a
  const summary = withJoined(a.histogram, b.histogram, summarize)
  if (a.undelayed === undefined && b.undelayed === undefined) return summary
  const [left, right] = [a.undelayed ?? a.histogram, b.undelayed ?? b.histogram]
  return { ...summary, undelayed: withJoined(left, right, encoded) }
}

/** The values without what the load generator itself may have added to each; undefined where it added nothing. */
export function undelayedOf({ undelayed }: LatencySummary): LatencySummary | undefined {
  return undelayed === undefined ? undefined : withDecoded(undelayed, summarize)
}

function withJoined<T>(a: string, b: string, use: (histogram: Histogram) => T): T {
  return withDecoded(a, merged =>
    withDecoded(b, other => {
      merged.add(other)
      return use(merged)
    }),
  )
}

/** The summary of no values. */
export function emptySummary(): LatencySummary {
  return { ...empty() }
}

/** Made once: most intervals of most steps of a report have no values. */
const empty = once(() => withCounted(new ValueCounts(), summarize))

function summarize(histogram: Histogram): LatencySummary {
  const count = histogram.totalCount
  const at = (q: number) => (count === 0 ? 0 : percentile(histogram, q))
  return {
    count,
    min: at(0),
    mean: histogram.mean / 1000,
    max: at(1),
    stddev: histogram.stdDeviation / 1000,
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    p999: at(0.999),
    histogram: encoded(histogram),
  }
}

function withCounted<T>(counts: ValueCounts, use: (histogram: Histogram) => T): T {
  const histogram = make()
  try {
    counts.forEach((value, count) => {
      histogram.recordValueWithCount(value, count)
    })
    return use(histogram)
  } finally {
    histogram.destroy()
  }
}

function make(): Histogram {
  hdr().initWebAssemblySync()
  return hdr().build(options)
}

const encoded = (histogram: Histogram): string => hdr().encodeIntoCompressedBase64(histogram)

function percentile(histogram: Histogram, q: number): Milliseconds {
  // Rounded: 0.07 * 100 is 7.000000000000001, which would ask for one rank more.
  return histogram.getValueAtPercentile(Number((q * 100).toPrecision(12))) / 1000
}

function withDecoded<T>(text: string, use: (histogram: Histogram) => T): T {
  hdr().initWebAssemblySync()
  const histogram = decode(text)
  try {
    return use(histogram)
  } finally {
    histogram.destroy()
  }
}

function decode(text: string): Histogram {
  try {
    return hdr().decodeFromCompressedBase64(text, 32, true)
  } catch (cause) {
    throw foreseen(
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
  return us < 0 ? 0 : longest
}
