import type { Share } from '../ground/units.ts'
import { requestsOf } from '../measure/all-requests.ts'
import type { Judged, LoadReport, Reach, Reason } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { requestsFor } from './figures.ts'
import type { Lost } from './metrics/metric.ts'

/**
 * How far a doubt can have moved a value: without it the value lies between `value - less` and `value + more`.
 * Infinite: not known.
 */
export interface Size {
  less: number
  more: number
  /** Lower limit of the value without the doubt, from the samples; if it is not `less` than their lower limit. */
  floor?: number
  /** Limit above, as `floor` is one below. */
  ceiling?: number
}

/** A doubt, or several that are one, with how far it can have moved the value. */
export interface Sized extends Size {
  kind: Judged['doubts'][number]['kind']
  /** Observation and advice, one or two sentences each. */
  reasons: readonly (string | Reason)[]
  /** The range of the samples has it already. */
  isCounted?: boolean
  /** Whether a doubt of the run says it. */
  isTold: boolean
}

export const UNKNOWN: Size = { less: Number.POSITIVE_INFINITY, more: Number.POSITIVE_INFINITY }

/**
 * A figure that goes on changing, up or down: as far as the measured window tells, else by as much as it did, twice
 * over.
 */
export function drifted(
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

/** Iterations of a lost host may have had so many times the requests of the known ones. */
const MORE_REQUESTS = 2

/** Maximum effect of lost hosts on the samples of a figure. */
export type LostOf = (lost: Lost, report: LoadReport, budget: Budget, value: number) => Lost

/**
 * Iterations that a load has lost with its hosts. In an open model their maximum number is known. All may have been
 * faultless and fast; or all may have failed or been slow, together with all later ones, because the whole load would
 * have been harder on the application. In a closed model fast users would have come more often: undefined.
 */
export function lostIterations({ doubts, measuredArrivals: { passed, failed } }: LoadReport): Lost | undefined {
  const sum: Lost = { missing: 0, lighter: 0 }
  if (passed + failed === 0) return undefined
  for (const doubt of doubts) {
    if (doubt.kind !== 'lost host') continue
    const { missing, share } = doubt
    if (missing === undefined || share <= 0) return undefined
    sum.missing += missing
    // After the first loss of any host, nothing is known about it.
    sum.lighter = Math.max(sum.lighter, missing / share - missing)
  }
  return sum
}

/**
 * An iteration may have had as many requests as one that is known has, which twice over where nothing is known of it;
 * but also each step once, for what is known may have failed early, or gone another way.
 */
export function lostRequests(lost: Lost, report: LoadReport, requests: number, steps: number): Lost {
  const { passed, failed } = report.measuredArrivals
  const known = requests / (passed + failed)
  return {
    missing: lost.missing * Math.max(MORE_REQUESTS * known, steps),
    lighter: lost.lighter * Math.max(known, steps),
  }
}

/** In samples of a budget: iterations, or requests; undefined of others. */
export function lostSamples(lost: Lost, report: LoadReport, budget: Budget): Lost | undefined {
  if (budget.latency !== undefined) return undefined
  if (budget.of === 'iterations') return lost
  if (budget.of === 'step') return lostRequests(lost, report, requestsFor(report, budget)?.requests ?? 0, 1)
  return lostRequests(lost, report, requestsOf(report).requests, Object.keys(report.steps).length)
}
