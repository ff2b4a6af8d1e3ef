// Hot file. Allocated per iteration: nothing; the counts of an interval are made once a second, since they are sent
// away.

import type { Milliseconds } from '../../ground/units.ts'
import { coarseText } from '../../measure/latency-counts.ts'
import type { ErrorGroup, Interval } from '../../measure/report.ts'
import { type LoadPlan, lengthOf, type Phase, phasesOf } from '../plan/load-plan.ts'
import { durationBucketOf, noDurations, type ResponseCounter, type ResponseCounts } from './response-counts.ts'
import type { Slice, SubjectWatch } from './watched.ts'

const SECOND = 1000
const SHORTEST: Milliseconds = 0.001
/** Plans that are not longer have four parts of each second. */
const SHORT: Milliseconds = 20_000
const PART: Milliseconds = 250

/** Counters of one thread at the end of an interval, from the start of the run. */
interface Books {
  /** A copy of its ledger. */
  ledger: Int32Array
  /** How much of the measured window had passed. */
  measured: Milliseconds
  /** Failures by cause, without exemplars; absent where there are no more than before. */
  errors?: ErrorGroup[]
}

/** Counts of one thread in one interval: small, and can be added to those of other threads. */
export interface IntervalCounts {
  start: Milliseconds
  length: Milliseconds
  phase: Interval['phase']
  due: number
  started: number
  dropped: number
  passed: number
  failed: number
  requests: number
  errors: number
  retried: number
  inFlight: number
  /** Iterations in flight, by how long they were: milliseconds of each, added up. */
  flightTime: Milliseconds
  /** Iteration latencies: how many, their sum, and how many in each bucket. */
  latencies: number
  latencySum: Milliseconds
  buckets: Uint32Array
  /** Counts in the buckets for requests; those of one thread, not added up here. */
  durationBuckets: Uint32Array
  /** How late iterations started although a user was free, in the same buckets; absent where none can be late. */
  late?: { count: number; buckets: Uint32Array }
  /** Slices for budgets that are checked during the run. */
  watched?: Slice[]
  /** Counts of one thread; not added up here. */
  responses?: ResponseCounts[]
  /** Parts of it of a quarter of a second, whose start is from its own; absent of long plans. */
  parts?: IntervalCounts[]
  /** Counters for the case that a thread is lost with its host; absent on this host; not added up here. */
  books?: Books
}

/**
 * Latency buckets for a figure a second, cheap to clear, send and add: 32 of the same width in each doubling from 1 us
 * on, so a percentile read from them is within 1.6 % (half a bucket). The verdicts use the full histograms.
 */
const BITS = 5
const PER_DOUBLING = 2 ** BITS
export const BUCKETS = 28 * PER_DOUBLING

const double = new Float64Array(1)
const [, HIGH] = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? [0, 1] : [1, 0]
const words = new Int32Array(double.buffer)

/**
 * Number of a bucket: the exponent and the first of the fraction among a double's bits (IEEE 754); a logarithm takes
 * 30 ns.
 */
export function bucketOf(latency: Milliseconds): number {
  const micros = latency * 1000
  if (!(micros >= 1)) return 0
  double[0] = micros
  return Math.min((words[HIGH]! >> (20 - BITS)) - (1023 << BITS), BUCKETS - 1)
}

/** Percentile `q` (0 to 1) of the values in the buckets; 0 without values. */
export function percentileOfBuckets(buckets: Uint32Array, count: number, q: number): Milliseconds {
  let left = Math.max(1, Math.ceil(q * count))
  for (let bucket = 0; bucket < buckets.length; bucket++) {
    left -= buckets[bucket]!
    if (left > 0) continue
    return valueOfBucket(bucket)
  }
  return 0
}

/** The middle of a bucket. */
export function valueOfBucket(bucket: number): Milliseconds {
  const part = (bucket % PER_DOUBLING) + 0.5
  return (2 ** Math.floor(bucket / PER_DOUBLING) * (1 + part / PER_DOUBLING)) / 1000
}

/** The interval that begins at a moment. */
type IntervalFrom = (start: Milliseconds) => { end: Milliseconds; phase: Interval['phase'] }

/**
 * Intervals of a run: they end every second, and at the end of each phase, so that an interval is of one phase. After
 * the plan's end, while iterations drain, the phase is still the ramp-down.
 */
export function intervalsIn(plan: LoadPlan): IntervalFrom {
  const phases = phasesOf(plan)
  const last: Phase = { name: 'ramp-down', from: lengthOf(plan), to: Number.POSITIVE_INFINITY }
  return start => {
    const { name, from, to } = phases.find(({ to }) => start < to) ?? last
    const seconds = Math.floor((start - from) / SECOND)
    // If a phase begins within a millisecond, rounding may make the passed seconds one less.
    const end = [1, 2].map(more => from + (seconds + more) * SECOND).find(end => end > start)!
    return { end: Math.min(end, to), phase: name }
  }
}

/** Counts a thread's intervals and hands each on when it is over. */
export class IntervalCounter {
  /** Counts of the current interval. */
  counts: IntervalCounts
  inFlight = 0
  #toldInFlight = 0
  /** Since when so many are in flight. */
  #since: Milliseconds = 0
  #end: Milliseconds
  #from: IntervalFrom
  /** Counts at the beginning of the current part, and its end. */
  #before: IntervalCounts
  #partEnd: Milliseconds
  readonly #hasParts: boolean
  readonly #onInterval: (counts: IntervalCounts) => void
  readonly #watch: SubjectWatch | undefined
  readonly #responses: ResponseCounter | undefined

  constructor(
    plan: LoadPlan,
    onInterval: (counts: IntervalCounts) => void,
    watch?: SubjectWatch,
    responses?: ResponseCounter,
  ) {
    this.#watch = watch
    this.#responses = responses
    this.#from = intervalsIn(plan)
    this.#onInterval = onInterval
    const first = this.#from(0)
    this.#end = first.end
    this.counts = emptyCounts(0, first.phase)
    this.#hasParts = lengthOf(plan) <= SHORT
    this.#partEnd = this.#hasParts ? PART : Number.POSITIVE_INFINITY
    this.#before = emptyCounts(0, first.phase)
  }

  /** The rest of the plan comes earlier than it said; where that begins has not been passed. */
  replan(plan: LoadPlan): void {
    this.#from = intervalsIn(plan)
    this.#end = this.#from(this.counts.start).end
  }

  /** Must be called with the time before anything is counted at it. */
  roll(now: Milliseconds): void {
    while (now >= this.#end) this.#handOn(this.#end)
    while (now >= this.#partEnd) this.#endPart(this.#partEnd)
  }

  #endPart(end: Milliseconds): void {
    const { counts } = this
    const before = this.#before
    const part = emptyCounts(before.start - counts.start, counts.phase)
    part.length = end - before.start
    addTimes(part, counts, 1)
    addTimes(part, before, -1)
    counts.parts ??= []
    counts.parts.push(part)
    this.#before = emptyCounts(end, counts.phase)
    addTimes(this.#before, counts, 1)
    this.#partEnd = end + PART
  }

  /** So many more iterations are in flight from a moment on; fewer where negative. */
  flies(more: number, at: Milliseconds): void {
    this.#pass(at)
    this.inFlight += more
  }

  latency(latency: Milliseconds): void {
    const { counts } = this
    counts.latencies++
    counts.latencySum += latency
    counts.buckets[bucketOf(latency)]!++
    counts.durationBuckets[durationBucketOf(latency)]!++
  }

  /** An iteration started so late. */
  late(late: Milliseconds): void {
    const { counts } = this
    counts.late ??= { count: 0, buckets: new Uint32Array(BUCKETS) }
    counts.late.count++
    counts.late.buckets[bucketOf(late)]!++
  }

  /** Ends the current interval, of any length, including events at the moment of its beginning. */
  close(now: Milliseconds): void {
    this.roll(now)
    const { start, due, dropped, passed, failed, errors, requests } = this.counts
    const isEmpty = due + dropped + passed + failed + errors + requests === 0 && this.inFlight === this.#toldInFlight
    if (now > start || !isEmpty) this.#handOn(Math.max(now, start + SHORTEST))
  }

  #handOn(end: Milliseconds): void {
    while (end > this.#partEnd) this.#endPart(this.#partEnd)
    if (this.#hasParts && end > this.#before.start) this.#endPart(end)
    this.counts.length = end - this.counts.start
    this.#pass(end)
    this.counts.inFlight = this.inFlight
    this.#toldInFlight = this.inFlight
    const watched = this.#watch?.take()
    if (watched !== undefined) this.counts.watched = watched
    const responses = this.#responses?.take()
    if (responses !== undefined) this.counts.responses = responses
    this.#onInterval(this.counts)
    const next = this.#from(end)
    this.#end = next.end
    this.counts = emptyCounts(end, next.phase)
    this.#before = emptyCounts(end, next.phase)
  }

  /** Starts may be reported a moment after the end of their interval. */
  #pass(at: Milliseconds): void {
    if (at <= this.#since) return
    this.counts.flightTime += this.inFlight * (at - this.#since)
    this.#since = at
  }
}

export function emptyCounts(start: Milliseconds, phase: Interval['phase']): IntervalCounts {
  const zero = { due: 0, started: 0, dropped: 0, passed: 0, failed: 0, requests: 0, errors: 0, retried: 0 }
  const durationBuckets = noDurations()
  return {
    start,
    length: 0,
    phase,
    ...zero,
    inFlight: 0,
    flightTime: 0,
    latencies: 0,
    latencySum: 0,
    buckets: new Uint32Array(BUCKETS),
    durationBuckets,
  }
}

const ADDED = [
  ...(['due', 'started', 'dropped', 'passed', 'failed', 'requests', 'errors', 'retried'] as const),
  ...(['inFlight', 'flightTime', 'latencies', 'latencySum'] as const),
]

/** Adds `from` to `to`, of the same interval. */
export function addCounts(to: IntervalCounts, from: IntervalCounts): void {
  to.length = Math.max(to.length, from.length)
  addTimes(to, from, 1)
  for (const [i, part] of from.parts?.entries() ?? []) {
    to.parts ??= []
    to.parts[i] ??= emptyCounts(part.start, part.phase)
    addCounts(to.parts[i], part)
  }
  const watched = joinSlices(to.watched, from.watched)
  if (watched !== undefined) to.watched = watched
  if (from.late === undefined) return
  to.late ??= { count: 0, buckets: new Uint32Array(BUCKETS) }
  to.late.count += from.late.count
  addBuckets(to.late.buckets, from.late.buckets)
}

/** Adds counts and latencies that many times. */
function addTimes(to: IntervalCounts, from: IntervalCounts, times: 1 | -1): void {
  for (const field of ADDED) to[field] += times * from[field]
  addBuckets(to.buckets, from.buckets, times)
}

/** Puts slices of the same subjects together. */
function joinSlices(to: Slice[] | undefined, from: readonly Slice[] | undefined): Slice[] | undefined {
  if (from === undefined) return to
  return from.map((slice, i) => ({
    requests: slice.requests + (to?.[i]?.requests ?? 0),
    errors: slice.errors + (to?.[i]?.errors ?? 0),
    latencies: [...(to?.[i]?.latencies ?? []), ...slice.latencies],
  }))
}

function addBuckets(to: Uint32Array, from: Uint32Array, times = 1): void {
  for (let bucket = 0; bucket < BUCKETS; bucket++) to[bucket]! += times * from[bucket]!
}

/** Interval as a report shows it. */
export function intervalOf(counts: IntervalCounts): Interval {
  const {
    latencies,
    latencySum,
    buckets,
    durationBuckets,
    late,
    watched,
    responses,
    books,
    flightTime,
    parts,
    ...rest
  } = counts
  return {
    ...rest,
    p50: percentileOfBuckets(buckets, latencies, 0.5),
    p95: percentileOfBuckets(buckets, latencies, 0.95),
    p99: percentileOfBuckets(buckets, latencies, 0.99),
    mean: latencies > 0 ? latencySum / latencies : 0,
    concurrency: rest.length > 0 ? flightTime / rest.length : undefined,
    latencyCounts: latencies > 0 ? coarseText(buckets, PER_DOUBLING) : undefined,
    retried: rest.retried || undefined,
    lateness: late && percentileOfBuckets(late.buckets, late.count, 0.99),
    parts: parts?.map(part => {
      const {
        phase: _,
        retried: __,
        inFlight: ___,
        concurrency: ____,
        lateness: _____,
        parts: ______,
        ...figures
      } = intervalOf(part)
      return figures
    }),
  }
}
