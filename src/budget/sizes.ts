import type { Milliseconds, Share } from '../ground/units.ts'
import { percentileOf, undelayedOf, withRanks } from '../measure/histogram.ts'
import type { Doubt, LatencySummary, LoadReport, Reach } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { isAtMost, isLatency, isMissedForGood, isRate } from './budget-kinds.ts'
import { rangeOf } from './holds.ts'
import { type Measured, summaryOf } from './measured.ts'

/**
 * How far a doubt can have moved a value: without it the value lies between `value - less` and `value + more`.
 * Infinite: not known.
 */
export interface Size {
  less: number
  more: number
  /** What the value is not below without it, as far as samples tell; where it is not `less` than their lower limit. */
  floor?: number
}

const UNKNOWN: Size = { less: Number.POSITIVE_INFINITY, more: Number.POSITIVE_INFINITY }

/**
 * Doubts that are one and the same thing seen in several ways: the load generator itself was late. Their sizes do not
 * add up.
 */
const OWN = new Set<Doubt['kind']>([
  'generator saturated',
  'generator starved',
  'late starts',
  'late answers',
  'GC pauses',
  'stood still',
])

export function isOwn({ kind }: Pick<Doubt, 'kind'>): boolean {
  return OWN.has(kind)
}

/** Whether each latency was recorded with what the generator may have added to it, on every thread. */
export function knowsItsDelays({ generator }: LoadReport): boolean {
  return generator.threads.length > 0 && generator.threads.every(({ stalls }) => stalls !== undefined)
}

/**
 * What a doubt can have done to the figure of a budget; undefined when nothing.
 *
 * - generator saturated, starved, late starts, late answers, GC pauses, stood still: latencies shorter by what the
 *   generator itself added to each sample, of which the percentile is taken anew (by estimates where it was not
 *   kept); in a closed model longer by the time between a response and the next request; rates higher by twice the
 *   share that was lost; in an open model at most what was due.
 * - stolen or throttled CPU, clock jump: latencies shorter by the longest stretch, and only as many samples as these
 *   can touch; rates higher by twice their share.
 * - application starved: latencies shorter by at most what it waited within a second, and only as many samples as
 *   its waits can touch; rates higher by twice their share.
 * - dropped arrivals: latencies longer: they count as never given a response; shorter down to the service time, for
 *   waiting was for our users; of steps longer up to the response time; rates higher by as many.
 * - waits for users: latencies shorter down to the service time; of steps longer up to the response time; rates
 *   higher, at most what was due.
 * - warm-up never steady: latencies either way, by what the measured window tells of how it went on, else by twice
 *   what still changed; rates the same; in an open model at most what was due.
 * - cut short: latencies not known, unless missed for good; rates not known.
 *
 * Memory and CPU of an application that was restarted can only be worse than they seem. None of them touches error
 * rates: what failed has failed.
 */
export function sizeOf(doubt: Doubt, report: LoadReport, budget: Budget, measured: Measured): Size | undefined {
  const size = sizeByKind(doubt, report, budget, measured)
  // Results of earlier versions have doubts without figures.
  return size && { ...size, less: orUnknown(size.less), more: orUnknown(size.more) }
}

const orUnknown = (size: number | undefined): number =>
  size === undefined || Number.isNaN(size) ? Number.POSITIVE_INFINITY : size

function sizeByKind(doubt: Doubt, report: LoadReport, budget: Budget, measured: Measured): Size | undefined {
  const { value } = measured
  if (value === undefined) return undefined
  if (doubt.kind === 'cut short') return isMissedForGood(budget, measured) ? undefined : UNKNOWN
  if (doubt.kind === 'target changed') {
    if (budget.of !== 'target' || budget.target !== doubt.target) return undefined
    return isAtMost(budget) ? { less: 0, more: Number.POSITIVE_INFINITY } : { less: Number.POSITIVE_INFINITY, more: 0 }
  }
  if (isRate(budget)) return sizeForRate(doubt, report, budget, value)
  return isLatency(budget) ? sizeForLatency(doubt, report, budget, { ...measured, value }) : undefined
}

/* ---- latencies ---- */

/**
 * An iteration meets its own waits and those of the ones before it, and an API that then gets its requests in lumps.
 */
const TIMES = 3

function sizeForLatency(
  doubt: Doubt,
  report: LoadReport,
  budget: Budget,
  measured: Measured & { value: number },
): Size | undefined {
  const { value } = measured
  const longer = report.model === 'closed' ? turnaround(report) * value : 0
  switch (doubt.kind) {
    case 'generator saturated':
      return { less: Number.POSITIVE_INFINITY, more: longer }
    case 'generator starved':
      return { less: value - withoutWaits(doubt, report, budget, value), more: longer }
    case 'late starts':
      return budget.of === 'step' ? undefined : { less: doubt.p99, more: 0 }
    case 'late answers':
      return { less: lateness(doubt.p99, report, budget), more: 0 }
    case 'GC pauses':
    case 'stood still':
    case 'clock jump':
      return { less: value - withoutPauses(doubt, report, budget, value), more: 0 }
    case 'stolen CPU':
    case 'throttled CPU':
      return {
        less: value - withoutPauses(doubt, report, budget, value),
        more: 0,
        ...floorOf(doubt, report, budget, measured),
      }
    case 'application starved':
      return {
        less: value - withoutPauses(doubt, report, budget, value, SLICE),
        more: longer,
        ...floorOf(doubt, report, budget, measured, SLICE),
      }
    case 'dropped arrivals':
      return {
        ...shorterByWaiting(measured),
        more: Math.max(longerByDropped(doubt, report, budget), longerAtOnce(report, budget, value)),
      }
    case 'waits for users':
      return { ...shorterByWaiting(measured), more: longerAtOnce(report, budget, value) }
    case 'warm-up never steady':
      return drifted(doubt, isTail(budget) ? doubt.tail : doubt.latency, value)
    default:
      return undefined
  }
}

/** Of an iteration, the first request and the last response. Above p99 the longest delay that was seen counts. */
function lateness(p99: Milliseconds, { generator }: LoadReport, { of, quantile }: Budget): Milliseconds {
  const longest = Math.max(p99, ...generator.threads.map(({ delay }) => delay.longest))
  const one = quantile !== undefined && quantile <= 0.99 ? p99 : longest
  return of === 'step' ? one : 2 * one
}

/**
 * A closed model that is kept from sending asks for less, so that its responses may come sooner than they would. Its
 * users are in hand for `vus / rate` (Little's law): what of that is not the iteration itself lies between one and the
 * next.
 */
function turnaround({ shape, iterationRate, serviceTime }: LoadReport): Share {
  if (!('vus' in shape) || shape.thinkTime !== undefined || shape.pacing !== undefined) return Number.POSITIVE_INFINITY
  if (iterationRate === 0 || serviceTime.mean === 0) return Number.POSITIVE_INFINITY
  return Math.max(0, (shape.vus * 1_000) / iterationRate / serviceTime.mean - 1)
}

/** Waits for a core are many, and of the length of a scheduler's slice or longer. */
const SLICE: Milliseconds = 3

/**
 * The figure without stretches in which nothing could be done. A request of length R meets them in a share of about
 * `share (2 + R / stretch)` of all cases: it is due in one, is to end in one, or spans some. All make it longer by
 * `longest` and its share at most.
 * @param stretch the shortest of them; the longest where they are alike.
 */
function withoutPauses(
  { longest, share }: { longest: Milliseconds; share: Share },
  report: LoadReport,
  budget: Budget,
  value: Milliseconds,
  stretch = longest,
): Milliseconds {
  if (longest <= 0) return value
  if (budget.metric === 'mean') return value - Math.min(longest, share * (value + longest / 2))
  const summary = summaryOf(report, budget)
  const least = Math.max(0, value - longest - share * value, withoutAll(share, report, budget, value))
  return Math.max(least, untouchedOf({ longest, share }, summary, budget, value, stretch))
}

/** What else a pause holds up, and what of it is by chance: of steps, how many are in hand just then. */
const BESIDES = 1.25
const RANKS = 256

/**
 * The least figure that all of the pauses together leave of a closed model's. Its users are as many all the time, so
 * that each request is held up, on average, for the pauses' share of what it took; a figure so low would take more than
 * that, whichever requests it was.
 */
function withoutAll(
  share: Share,
  report: LoadReport,
  { of, step, quantile }: Budget,
  value: Milliseconds,
  confidence = 0,
): Milliseconds {
  const summary = summaryOf(report, { of, step })
  if (quantile === undefined || summary === undefined || summary.count === 0) return 0
  if (!Number.isFinite(turnaround(report))) return 0
  const { count, mean } = summary
  const rank = Math.max(0, quantile - confidence * Math.sqrt((quantile * (1 - quantile)) / count))
  return withRanks(summary, ({ valueAt }) => {
    const values = Array.from({ length: RANKS }, (_, i) =>
      valueAt(Math.max(1, Math.ceil(((i + 0.5) / RANKS) * rank * count))),
    )
    const isPossible = (figure: Milliseconds) => {
      const above = values.reduce((sum, one) => sum + Math.max(0, one - figure), 0)
      return (above / RANKS) * rank <= BESIDES * share * mean
    }
    return leastWhere(isPossible, value)
  })
}

/** The least figure that leaves as many samples as it must untouched. 0 where nothing is known. */
function untouchedOf(
  { longest, share }: { longest: Milliseconds; share: Share },
  summary: LatencySummary | undefined,
  { quantile }: Budget,
  value: Milliseconds,
  stretch: Milliseconds,
  confidence = 0,
): Milliseconds {
  if (quantile === undefined || summary === undefined || summary.count === 0) return 0
  const { count } = summary
  return withRanks(summary, ({ valueAt }) => {
    // What is no longer than the true figure is touched by the share for that length: the rest of it was measured as it
    // is.
    const isPossible = (figure: Milliseconds) => {
      const touched = Math.max(0, share * (2 + figure / Math.min(stretch, longest)))
      const rank = quantile * (1 - Math.min(1, touched))
      const untouched = rank - confidence * Math.sqrt(Math.max(0, rank * (1 - rank)) / count)
      return !(untouched > 0) || valueAt(Math.ceil(untouched * count)) <= figure
    }
    return leastWhere(isPossible, value)
  })
}

/** Standard deviations of a rank: 95 % and more. */
const CONFIDENCE = 2

/**
 * What the figure is not below without such stretches, chance and the generator's own delays included: chance has its
 * part at the rank of what was not touched, where samples are many, and not at the budget's own.
 */
function floorOf(
  doubt: { longest: Milliseconds; share: Share },
  report: LoadReport,
  budget: Budget,
  { value, limits, undelayed }: Measured & { value: number },
  stretch = doubt.longest,
): Pick<Size, 'floor'> {
  const { longest, share } = doubt
  const summary = summaryOf(report, budget)
  if (budget.quantile === undefined || summary === undefined || !(longest > 0)) return {}
  const figure = undelayed?.value ?? value
  const least = undelayed?.limits?.lower ?? limits?.lower ?? figure
  const own = undelayedOf(summary) ?? summary
  const untouched = untouchedOf(doubt, own, budget, figure, stretch, CONFIDENCE)
  const all = withoutAll(share, report, budget, least, CONFIDENCE)
  return { floor: Math.max(0, least - longest - share * figure, untouched, all) }
}

const HALVINGS = 12

/** The least figure up to `most` from which on all are possible. */
function leastWhere(isPossible: (figure: Milliseconds) => boolean, most: Milliseconds): Milliseconds {
  let [low, high] = [0, most]
  for (let i = 0; i < HALVINGS; i++) {
    const middle = (low + high) / 2
    if (isPossible(middle)) high = middle
    else low = middle
  }
  return low
}

/**
 * The figure without what a starved generator, and an application beside it that may have been starved as much, had to
 * wait. How long one wait was is not known, only how long all of a second were: long ones are in few requests, short
 * ones in many, each in its way changes another percentile, and the least figure of all counts. The generator's own
 * part is in the samples where it was kept.
 */
function withoutWaits(
  { longest, share }: { longest: Milliseconds; share: Share },
  report: LoadReport,
  budget: Budget,
  value: Milliseconds,
): Milliseconds {
  const most = TIMES * longest
  const waited = knowsItsDelays(report) ? share : 2 * share
  // What waits makes those behind it wait until the application has caught up, in the time in which it would have
  // nothing to do. It is busy no more than requests are in hand (Little's law).
  const idle = 1 - waited - (report.iterationRate * report.responseTime.mean) / 1_000
  const amplified = idle > 0 ? Math.min(1, waited / idle) : 1
  const summary = summaryOf(report, budget)
  const { quantile } = budget
  // Of a wait whose length is not known, requests as long as what was measured may have met it.
  const without = (wait: Milliseconds): Milliseconds => {
    if (quantile === undefined || summary === undefined)
      return withoutPauses({ longest: wait, share: amplified }, report, budget, value)
    const rank = quantile - amplified * (2 + value / wait)
    return Math.max(value - wait - amplified * value, rank > 0 ? percentileOf(summary, rank) : 0)
  }
  let least = value
  for (let wait = Math.min(most, 1_000 * value); wait > value / 1_000; wait /= 1.25)
    least = Math.min(least, without(wait))
  return Math.max(value - most, least)
}

/**
 * With a user for each arrival none would have waited for one; what it then takes is not less than what an API with
 * fewer at once took.
 */
function shorterByWaiting({ value, service }: Measured & { value: number }): Pick<Size, 'less' | 'floor'> {
  if (service === undefined) return { less: 0 }
  return { less: value - service.value, floor: rangeOf(service).lower }
}

/**
 * A step had fewer requests in hand at once than it would have had with a user for each arrival: what waited for a user
 * would have waited at the API, and then the step would have taken up to as long as the whole iteration did from when
 * it was due.
 */
function longerAtOnce({ responseTime }: LoadReport, budget: Budget, value: Milliseconds): Milliseconds {
  if (budget.of !== 'step' || responseTime.count === 0) return 0
  const { metric, quantile } = budget
  if (metric === 'mean' || metric === 'max') return Math.max(0, responseTime[metric] - value)
  return Math.max(0, percentileOf(responseTime, quantile ?? 1) - value)
}

/** Those that were never started took longer than all others, so that the percentile is that of a higher rank. */
function longerByDropped(
  { dropped, due }: { dropped: number; due: number },
  report: LoadReport,
  budget: Budget,
): Milliseconds {
  const { quantile } = budget
  const summary = summaryOf(report, budget)
  if (quantile === undefined || summary === undefined || !(dropped >= 0 && dropped < due))
    return Number.POSITIVE_INFINITY
  const rank = (quantile * due) / (due - dropped)
  // Not a number, of results that somebody wrote, is not within it either.
  return rank <= 1 ? percentileOf(summary, rank) - percentileOf(summary, quantile) : Number.POSITIVE_INFINITY
}

/* ---- rates ---- */

/** A pause also costs what it takes to come back: twice the time that it lasts. */
const COST = 2
const MOST_LOST: Share = 0.95

function sizeForRate(doubt: Doubt, report: LoadReport, budget: Budget, value: number): Size | undefined {
  const most = Math.max(0, askedFor(report, budget) - value)
  const upTo = (more: number): Size => ({ less: 0, more: Math.min(most, more) })
  const lost = (share: Share) => upTo(value / (1 - Math.min(MOST_LOST, COST * share)) - value)
  switch (doubt.kind) {
    case 'generator saturated':
      return upTo(knowsItsDelays(report) ? value * sooner(report) : Number.POSITIVE_INFINITY)
    case 'generator starved':
    case 'application starved':
      return lost(doubt.share)
    case 'late starts':
      return upTo(value * quicker(report, doubt.p99))
    case 'late answers':
      return doubt.waited === undefined ? upTo(value * quicker(report, doubt.p99)) : lost(doubt.waited)
    case 'GC pauses':
    case 'stood still':
    case 'stolen CPU':
    case 'throttled CPU':
    case 'clock jump':
      return lost(doubt.share)
    case 'dropped arrivals':
    case 'waits for users':
      return upTo(Number.POSITIVE_INFINITY)
    case 'warm-up never steady':
      return drifted(doubt, doubt.rate, value, most)
    default:
      return undefined
  }
}

/** An open model makes no more than is due. */
function askedFor({ model, measuredArrivals, measured, requests }: LoadReport, { metric }: Budget): number {
  const { due, passed, failed } = measuredArrivals
  if (model === 'closed' || measured === 0) return Number.POSITIVE_INFINITY
  const iterations = (due * 1_000) / measured
  if (metric === 'iterationRate') return iterations
  return passed + failed === 0 ? Number.POSITIVE_INFINITY : (iterations * requests) / (passed + failed)
}

/** By which share a loop comes round more often when its responses are not kept waiting. */
function quicker(report: LoadReport, delay: Milliseconds): Share {
  const { mean } = report.serviceTime
  const seen = undelayedOf(report.serviceTime)?.mean ?? (knowsItsDelays(report) ? mean : undefined)
  const least = seen ?? Math.max(mean * (1 - MOST_LOST), mean - delay)
  return least > 0 ? mean / least - 1 : Number.POSITIVE_INFINITY
}

/**
 * By which share a loop comes round more often that never waits for its generator: it then takes what its responses
 * take, which come no sooner when more is asked for.
 */
function sooner(report: LoadReport): Share {
  return (1 + quicker(report, Number.POSITIVE_INFINITY)) * (1 + turnaround(report)) - 1
}

/* ---- both ---- */

const MIDDLE = 0.5

function isTail({ metric, quantile = MIDDLE }: Budget): boolean {
  return metric === 'max' || quantile > MIDDLE
}

/**
 * A figure that goes on changing, up or down: as far as the measured window tells, else by as much as it did, twice
 * over.
 */
function drifted(
  { change }: { change?: Share },
  reach: Reach | undefined,
  value: number,
  most = Number.POSITIVE_INFINITY,
): Size {
  if (change === undefined && reach === undefined) return { less: UNKNOWN.less, more: most }
  const twice = (1 + (change ?? 0)) ** 2 - 1
  const { below, above } = reach ?? { below: twice, above: twice }
  return { less: value - value / (1 + below), more: Math.min(most, value * above) }
}
