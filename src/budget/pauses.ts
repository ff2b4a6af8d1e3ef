import type { Milliseconds, Share } from '../ground/units.ts'
import { percentileOf, ranksOf, undelayedOf } from '../measure/histogram.ts'
import type { LatencySummary, LoadReport } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { turnaround } from './closed-loop.ts'
import { type Measured, summaryOf } from './measured.ts'
import { knowsItsDelays } from './own-delay.ts'
import type { Size } from './size.ts'

/**
 * The figure without stretches in which nothing could be done. A request of length R meets them in a share of about
 * `share (2 + R / stretch)` of all cases: it is due in one, is to end in one, or spans some. All make it longer by
 * `longest` and its share at most.
 * @param stretch the shortest of them; the longest where they are alike.
 */
export function withoutPauses(
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
  const { valueAt } = ranksOf(summary)
  const values = Array.from({ length: RANKS }, (_, i) =>
    valueAt(Math.max(1, Math.ceil(((i + 0.5) / RANKS) * rank * count))),
  )
  const isPossible = (figure: Milliseconds) => {
    const above = values.reduce((sum, one) => sum + Math.max(0, one - figure), 0)
    return (above / RANKS) * rank <= BESIDES * share * mean
  }
  return leastWhere(isPossible, value)
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
  const { valueAt } = ranksOf(summary)
  // What is no longer than the true figure is touched by the share for that length: the rest of it was measured as it
  // is.
  const isPossible = (figure: Milliseconds) => {
    const touched = Math.max(0, share * (2 + figure / Math.min(stretch, longest)))
    const rank = quantile * (1 - Math.min(1, touched))
    const untouched = rank - confidence * Math.sqrt(Math.max(0, rank * (1 - rank)) / count)
    return !(untouched > 0) || valueAt(Math.ceil(untouched * count)) <= figure
  }
  return leastWhere(isPossible, value)
}

/** Standard deviations of a rank: 95 % and more. */
const CONFIDENCE = 2

/**
 * What the figure is not below without such stretches, chance and the generator's own delays included: chance has its
 * part at the rank of what was not touched, where samples are many, and not at the budget's own.
 */
export function floorOf(
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
 * An iteration meets its own waits and those of the ones before it, and an API that then gets its requests in lumps.
 */
const TIMES = 3

/**
 * The figure without what a starved generator, and an application beside it that may have been starved as much, had to
 * wait. How long one wait was is not known, only how long all of a second were: long ones are in few requests, short
 * ones in many, each in its way changes another percentile, and the least figure of all counts. The generator's own
 * part is in the samples where it was kept.
 */
export function withoutWaits(
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
