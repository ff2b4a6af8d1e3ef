import type { Milliseconds, Share } from '../ground/units.ts'
import { CALM, STARVATION_LOOK } from '../measure/cpu-wait.ts'
import { percentileOf, ranksOf, undelayedOf } from '../measure/histogram.ts'
import type { LatencySummary, LoadReport } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { turnaround } from './closed-loop.ts'
import { type Measured, summaryOf } from './figures.ts'
import { knowsItsDelays, usualDelay } from './own-delay.ts'
import type { Size } from './size.ts'

/** Stretches in which nothing could be done. */
interface Pauses {
  longest: Milliseconds
  /** Their part of the time. */
  share: Share
  /** The most by which those of any stretch of time are more than `share` of it, where that is known. */
  burst?: Milliseconds
  /** The longest of them at the most, where `longest` is of several. */
  single?: Milliseconds
  /** Their mean length, each counted by its length. */
  usual?: Milliseconds
  /** Share of the time in which the application was busy, where that is known better than by its CPU. */
  busy?: Share
  /** Crowded stretches of time, outside of which there are hardly any: their share, and how many. */
  crowded?: { share: Share; stretches: number }
}

/** Whether the pauses leave an application no time to catch up: then any request of an open model may have waited. */
function isBehind(pauses: Pauses, report: LoadReport): boolean {
  return report.model === 'open' && (spareOf(report, pauses) ?? 1) < LEAST_SPARE
}

/**
 * A request waits for no more than this and the pauses' share of its time: in an open model for a burst until the
 * application, which has less to spare with the pauses than without, has caught up.
 */
function mostOf(pauses: Pauses, report: LoadReport): Milliseconds {
  const { longest, share, burst = longest } = pauses
  const spare = report.model === 'closed' ? 1 : (spareOf(report, pauses) ?? 0)
  return spare < LEAST_SPARE ? longest : Math.min(longest, (burst * (share + spare)) / spare)
}

/**
 * The figure without stretches in which nothing could be done. A request of length R meets them in a share of about
 * `share (2 + R / stretch)` of all cases: it is due in one, is to end in one, or spans some. All make it longer by
 * `burst` and its share at most; `longest` stands for that.
 * @param stretch the shortest of them; the longest where they are alike.
 */
export function withoutPauses(
  pauses: Pauses,
  report: LoadReport,
  budget: Budget,
  value: Milliseconds,
  stretch = pauses.longest,
): Milliseconds {
  const { longest, share } = pauses
  if (longest <= 0) return value
  if (budget.metric === 'mean') return value - Math.min(longest, share * (value + longest / 2))
  const summary = summaryOf(report, budget)
  const least = Math.max(0, value - mostOf(pauses, report) - share * value)
  if (summary === undefined || summary.count === 0) return least
  const all = withoutAll(pauses, report, budget, value, summary)
  return Math.max(least, all, untouchedOf(pauses, report, summary, budget, value, stretch))
}

/** The longest latency is the percentile that none exceeds. */
const quantileOf = ({ metric, quantile }: Budget): Share | undefined => (metric === 'max' ? 1 : quantile)

/** Factor for other requests that a pause holds up, and for chance: the number of requests in progress varies. */
const BESIDES = 1.25
const RANKS = 256
const SECOND: Milliseconds = 1_000
/** An application that has less to spare does not catch up with what the pauses held up. */
const LEAST_SPARE: Share = 0.05

/**
 * Share of the time in which an application is idle. Undefined if it is unknown, for example for one that uses more
 * than a core: one of its threads may be busy all the time.
 */
function spareOf({ target }: LoadReport, { share, busy }: Pick<Pauses, 'share' | 'busy'>): Share | undefined {
  if (busy !== undefined) return Math.max(0, 1 - share - busy)
  if (target === undefined || target.missing?.cpu !== undefined || target.cpu > 1) return undefined
  return Math.max(0, 1 - share - target.cpu)
}

/**
 * How long the pauses held up a request, on average. A closed model has the same number in flight all the time, so that
 * each is held up for the pauses' share of its time. In an open model requests that come meanwhile are held up as well,
 * and those behind them until the application has caught up: a pause is a request that comes first, and the others wait
 * (W = R / ((1 - s) (1 - s - u)) for the share s, the application's own u and what is left R of a pause when a request
 * comes; L. Kleinrock, Queueing Systems II, 3.3).
 */
function heldUp(pauses: Pauses, report: LoadReport, { count, mean }: LatencySummary, confidence: number): Milliseconds {
  const { longest, single = longest, usual = single } = pauses
  if (report.model === 'closed')
    return Number.isFinite(turnaround(report)) ? BESIDES * pauses.share * mean : Number.POSITIVE_INFINITY
  // A rate that changes may have been highest in the worst second.
  const share = 'rate' in report.shape || 'rps' in report.shape ? pauses.share : Math.min(1, longest / SECOND)
  const { busy, crowded } = pauses
  const spare = spareOf(report, { share, busy }) ?? 0
  // While the waits are crowded the application may fall behind, though it has time to spare in all.
  const worst = spareOf(report, { share: share / Math.max(share, crowded?.share ?? 1), busy }) ?? 0
  if (Math.min(spare, worst) < LEAST_SPARE) return Number.POSITIVE_INFINITY
  const least = ((1 - share) * spare * mean - (share * usual) / 2) / (share + spare)
  const inHand = (count * mean) / report.measured
  const bursts = Math.max(1, (share * report.measured) / longest)
  return (1 + confidence / Math.sqrt(inHand * bursts)) * (mean - Math.max(0, least))
}

/**
 * The least figure that all of the pauses together leave: one so low would take more than they held up, whichever
 * requests it was.
 * @param samples latencies that the pauses are in; those of the run may have other delays, too.
 */
function withoutAll(
  pauses: Pauses,
  report: LoadReport,
  budget: Budget,
  value: Milliseconds,
  samples: LatencySummary,
  confidence = 0,
): Milliseconds {
  const quantile = quantileOf(budget)
  const summary = summaryOf(report, budget)
  if (quantile === undefined || summary === undefined || summary.count === 0 || pauses.longest <= 0) return 0
  const held = heldUp(pauses, report, summary, confidence)
  const { count } = samples
  const rank = Math.max(0, quantile - confidence * Math.sqrt((quantile * (1 - quantile)) / count))
  const { valueAt } = ranksOf(samples)
  const values = Array.from({ length: RANKS }, (_, i) =>
    valueAt(Math.max(1, Math.ceil(((i + 0.5) / RANKS) * rank * count))),
  )
  const isPossible = (figure: Milliseconds) => {
    const above = values.reduce((sum, one) => sum + Math.max(0, one - figure), 0)
    return (above / RANKS) * rank <= held
  }
  return leastWhere(isPossible, value)
}

/** The least figure that leaves as many samples as it must untouched. 0 where nothing is known. */
function untouchedOf(
  pauses: Pauses,
  report: LoadReport,
  summary: LatencySummary,
  budget: Budget,
  value: Milliseconds,
  stretch: Milliseconds,
  confidence = 0,
): Milliseconds {
  const quantile = quantileOf(budget)
  if (quantile === undefined) return 0
  const { longest, share, crowded } = pauses
  const spare = report.model === 'open' ? spareOf(report, pauses) : undefined
  // The time in which the application catches up with what a pause held up.
  const catchingUp = spare === undefined ? 0 : (share * (1 - share)) / Math.max(LEAST_SPARE, spare) - share
  const { count } = summary
  const { valueAt } = ranksOf(summary)
  const isLeft = (touched: Share, figure: Milliseconds) => {
    const rank = quantile * (1 - Math.min(1, Math.max(0, touched)))
    const untouched = rank - confidence * Math.sqrt(Math.max(0, rank * (1 - rank)) / count)
    return !(untouched > 0) || valueAt(Math.ceil(untouched * count)) <= figure
  }
  // Responses no longer than the true figure are touched by the share for that length: the others were measured as they
  // are. So were those outside crowded stretches and the time to catch up after them, but for the few that wait there.
  const isPossible = (figure: Milliseconds) => {
    if (!isLeft(catchingUp + share * (2 + figure / Math.min(stretch, longest)), figure)) return false
    if (crowded === undefined || report.model === 'closed') return true
    const touched = crowded.share + (crowded.stretches * (figure + STARVATION_LOOK)) / report.measured
    return isLeft(touched, figure / (1 - CALM) + CALM * STARVATION_LOOK)
  }
  return leastWhere(isPossible, value)
}

/**
 * The least figure from which waits at random, and the delay that the generator added to most requests, can have made
 * the measured one. 0 if the lengths of the waits are unknown.
 */
function atRandom(
  pauses: Pauses,
  report: LoadReport,
  samples: LatencySummary,
  budget: Budget,
  value: Milliseconds,
): Milliseconds {
  const quantile = quantileOf(budget)
  const waits = waitsOf(pauses, report, samples)
  if (quantile === undefined || quantile === 1 || waits === undefined) return 0
  const alone = leastWhere(figure => canBe(figure, quantile, samples, waits, CONFIDENCE), value)
  const [all, usual] = [summaryOf(report, budget)!, usualDelay(report, budget)]
  if (usual === undefined || quantile <= usual.rest) return alone
  const { most, rest } = usual
  const beside = leastWhere(figure => canBe(figure, quantile - rest, all, waits, CONFIDENCE, most), all.min)
  return Math.max(alone, beside)
}

function waitsOf(pauses: Pauses, report: LoadReport, { count, mean }: LatencySummary): Waits | undefined {
  const { share: all, usual, single: longest = usual, crowded } = pauses
  if (usual === undefined || longest === undefined || !(usual > 0) || !Number.isFinite(usual)) return undefined
  const catchingUp = crowded ? (crowded.stretches * (mean + STARVATION_LOOK)) / report.measured : 0
  const within = crowded ? Math.min(1, crowded.share + catchingUp) : 1
  const share = all / Math.max(all, within)
  const spare = report.model === 'closed' ? 1 - share : (spareOf(report, { share, busy: pauses.busy }) ?? 0)
  if (spare < LEAST_SPARE || !Number.isFinite(report.model === 'closed' ? turnaround(report) : 0)) return undefined
  // In a closed model no queue grows meanwhile.
  const slope =
    report.model === 'closed' ? (BESIDES * share) / (1 - share) : (share + spare) / ((1 - share) * spare) - 1
  const first = (share * usual) / (2 * (1 - share) * (report.model === 'closed' ? 1 : spare))
  const { shape } = report
  const together = shape.vus ?? 1 + (count * (usual + mean)) / report.measured
  return { first, slope, usual, longest, together, within }
}

/** Standard deviations of a rank: 95 % and more. */
const CONFIDENCE = 2

/**
 * Lower limit of the figure without such stretches, including chance and the generator's own delays. Chance is taken at
 * the rank of the untouched samples, of which there are many, and not at the budget's own rank.
 */
export function floorOf(
  doubt: Pauses,
  report: LoadReport,
  budget: Budget,
  { value, limits, undelayed }: Measured & { value: number },
  stretch = doubt.longest,
): Pick<Size, 'floor'> {
  const { longest, share } = doubt
  const summary = summaryOf(report, budget)
  if (quantileOf(budget) === undefined || !summary || summary.count === 0 || !(longest > 0)) return {}
  if (isBehind(doubt, report)) return { floor: 0 }
  const figure = undelayed?.value ?? value
  const least = undelayed?.limits?.lower ?? limits?.lower ?? figure
  const own = undelayedOf(summary) ?? summary
  const untouched = untouchedOf(doubt, report, own, budget, figure, stretch, CONFIDENCE)
  const all = withoutAll(doubt, report, budget, least, own, CONFIDENCE)
  const random = atRandom(doubt, report, own, budget, least)
  return { floor: Math.max(0, least - mostOf(doubt, report) - share * figure, untouched, all, random) }
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
 * An iteration meets its own waits and those of the ones before it, and an API that then gets its requests in lumps.
 */
const TIMES = 3

/**
 * Figure without the waits of a starved generator, and of an application next to it that may have been starved as much.
 * Only the sum of waits per second is known, not the length of one wait. Long waits are in few requests and short ones
 * in many. Each case changes another percentile, and the smallest figure counts. The generator's own part is in the
 * samples if it was recorded.
 */
export function withoutWaits(
  { longest, share }: { longest: Milliseconds; share: Share },
  report: LoadReport,
  budget: Budget,
  value: Milliseconds,
): Milliseconds {
  const most = TIMES * longest
  const waited = knowsItsDelays(report) ? share : 2 * share
  // Waits also delay later requests until the application has caught up in its idle time. It is busy at most while
  // requests are in progress (Little's law).
  const idle = 1 - waited - (report.iterationRate * report.responseTime.mean) / 1_000
  const amplified = idle > 0 ? Math.min(1, waited / idle) : 1
  const summary = summaryOf(report, budget)
  const { quantile } = budget
  // The length of a wait is not known: requests as long as what was measured may have met it.
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

/** Waits that come at random, regardless of the requests in flight. */
export interface Waits {
  /** Average wait of a request: of one that takes no time itself, and in addition for each millisecond of its own. */
  first: Milliseconds
  slope: number
  /** Their mean length, each counted by its length, and the longest. */
  usual: Milliseconds
  longest: Milliseconds
  /** Requests that a wait holds up together. */
  together: number
  /** Share of the time that has nearly all of them. */
  within: Share
}

const LOOKED_AT = 64
const MOST_WAITS = 60

/**
 * Whether waits at random can have made of a figure, which a share of `quantile` of all requests keep to, what was
 * measured: at each latency, no more requests may be longer than were longer by themselves or were made
 * so by waits. A request was no longer by itself than it was measured.
 * @param confidence standard deviations.
 * @param otherDelay other delays that a request may have.
 */
export function canBe(
  figure: Milliseconds,
  quantile: Share,
  samples: LatencySummary,
  waits: Waits,
  confidence: number,
  otherDelay: Milliseconds = 0,
): boolean {
  const { count } = samples
  const { valueAt } = ranksOf(samples)
  const ranks = Array.from({ length: LOOKED_AT }, (_, i) => (i + 0.5) / LOOKED_AT)
  const values = ranks.map(rank => valueAt(Math.max(1, Math.ceil(rank * count))))
  const own = values.map(value => Math.min(value, figure))
  const looks = [...values, ...[0.995, 0.998].map(rank => valueAt(Math.ceil(rank * count)))]
  return looks.every((value, i) => {
    const least = value - otherDelay
    if (least <= figure) return true
    const above = i < LOOKED_AT ? 1 - ranks[i]! : i === LOOKED_AT ? 0.005 : 0.002
    const lengthened = own.reduce((sum, length) => sum + chanceOf(least - length, length, waits), 0) / LOOKED_AT
    const variance = quantile * (1 - quantile) + lengthened * waits.together
    return above <= 1 - quantile + lengthened + confidence * Math.sqrt(variance / count)
  })
}

/** How likely a request of so much time of its own waits for longer. */
function chanceOf(wait: Milliseconds, length: Milliseconds, waits: Waits): Share {
  const { first, slope, usual, longest, within } = waits
  const mean = first + slope * length
  // Exponential lengths, and a few long waits among many short ones, have the same mean and spread.
  const part = Math.min(1, usual / longest)
  const long = (part * mean) / longest
  const rest = wait - (1 - part) * mean
  const byLong = rest <= 0 ? 1 : 1 - poissonUpTo(Math.ceil(rest / longest) - 1, long)
  return within * Math.max(byLong, chanceOfSum(wait, mean, usual / 2))
}

function poissonUpTo(most: number, mean: number): Share {
  let [term, sum] = [Math.exp(-mean), 0]
  for (let n = 0; n <= most; n++) {
    sum += term
    term *= mean / (n + 1)
  }
  return Math.min(1, sum)
}

/** Chance that a sum of exponential lengths, whose number follows Poisson's law, is more than `wait`. */
function chanceOfSum(wait: Milliseconds, mean: Milliseconds, length: Milliseconds): Share {
  const [expected, x] = [mean / length, wait / length]
  let [some, gamma, upTo, chance] = [Math.exp(-expected), Math.exp(-x), 0, 0]
  for (let n = 0; n <= MOST_WAITS; n++) {
    chance += some * upTo
    // The sum of n + 1 lengths is more than x where no more than n of them have ended by then.
    upTo = Math.min(1, upTo + gamma)
    gamma *= x / (n + 1)
    some *= expected / (n + 1)
  }
  return Math.min(1, chance)
}
