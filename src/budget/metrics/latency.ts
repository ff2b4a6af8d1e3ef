import { own } from '../../ground/object.ts'
import { formatCount, formatMs } from '../../ground/units.ts'
import { lowered } from '../../ground/words.ts'
import { cutIn, mostAt, percentileOf, undelayedOf } from '../../measure/histogram.ts'
import type { LatencySummary, LoadReport, Reason } from '../../measure/report.ts'
import type { Budget } from '../budget.ts'
import { isOfRequests } from '../budget-kinds.ts'
import { errorsBehind } from '../cause.ts'
import {
  type Figures,
  ifAny,
  type Measure,
  type Measured,
  NONE,
  noneEnded,
  ofStep,
  requestsFor,
  summaryOf,
} from '../figures.ts'
import { sizeForLatency } from '../latency-sizes.ts'
import { limitRanks, limitsOf, samplesNeeded, samplesToDecide } from '../limits.ts'
import { lostSamples, type Size, UNKNOWN } from '../size.ts'
import { holds, standing } from '../standing.ts'
import { type Compared, type Metric, notZero, type SideFigures } from './metric.ts'
import { milliseconds } from './units.ts'

const family = {
  family: 'latency',
  cause: 'time',
  unit: milliseconds,
  natural: '<=',
  places: ['iterations', 'requests', 'step', 'firstEvent'],
  wrongBound: notZero(
    'the bound is 0 ms, and every response takes some time',
    "Write the time it may take, such as '100ms'.",
  ),
  measure,
  noData: (_, budget) =>
    budget.latency === 'firstEvent' ? `no event${ofStep(budget)} came in the measured window.` : noneEnded(budget),
  reach: sizeForLatency,
  reachOfFailures: (report, budget, value, share) => {
    if (budget.latency !== undefined) return undefined
    const summary = summaryOf(report, budget)
    const cut = summary === undefined || summary.count === 0 ? 0 : cutIn(summary)
    if (!isOfRequests(budget)) return hiddenIn(summary, budget, value, share - cut / (summary?.count || 1))
    // Attempts that a retry repaired do not count: each failed iteration has one that was not repaired.
    const { errors = 0, requests = 0 } = requestsFor(report, budget) ?? {}
    const failed = Math.min(errors - cut, report.measuredArrivals.failed)
    return hiddenIn(summary, budget, value, requests === 0 ? 0 : failed / requests)
  },
  flattered: 'latency',
  open: openLatency,
  context: waitOf,
  causes: (report, budget) => [
    ...(budget.of === 'step' || budget.latency !== undefined ? [] : slowest(report, budget)),
    ...errorsBehind(report, budget),
  ],
} as const satisfies Partial<Metric>

const compared: Omit<Compared, 'figure'> = {
  words: { worse: 'head is slower', none: 'no slowdown' },
  takesTime: true,
  takesWarmth: true,
  isOfGenerator: true,
  isOfStarted: true,
}

export const latencies = {
  mean: { ...family, compared: { ...compared, figure: comparing(summary => summary.mean) } },
  max: {
    ...family,
    isForGood: () => true,
    compared: 'One request decides the highest. Compare a percentile, such as p99.',
  },
  percentile: {
    ...family,
    isEstimate: true,
    reachOfLoss: (lost, report, budget, { value }) => {
      const { quantile = 0.5 } = budget
      const [samples, summary] = [lostSamples(lost, report, budget), summaryOf(report, budget)]
      if (samples === undefined || summary === undefined) return UNKNOWN
      const { missing, lighter } = samples
      const rank = (place: number) => place / summary.count
      const lowest = rank(quantile * (summary.count + missing) - missing)
      const highest = rank(quantile * (summary.count + missing) + lighter)
      const shorter = undelayedOf(summary) ?? summary
      return {
        ...(lowest > 0
          ? { less: value - percentileOf(summary, lowest), floor: limitsOf(shorter, lowest, budget.bound).lower }
          : { less: UNKNOWN.less }),
        more: highest < 1 ? mostAt(summary, highest) - value : UNKNOWN.more,
      }
    },
    compared: { ...compared, figure: comparing((summary, { quantile }) => percentileOf(summary, quantile!)) },
  },
} satisfies Partial<Record<Budget['metric'], Metric>>

/**
 * Abandoned requests have a latency. Without any response, the duration of a response is unknown. The same holds for
 * streams and their events.
 */
function measure(figures: Figures, budget: Measure): Measured {
  const { of, latency } = budget
  if (latency === 'firstEvent') {
    const events = requestsFor(figures, budget)?.events
    return events === undefined || events.streams === 0 ? NONE : latencyOf(events.firstEvent, budget)
  }
  const summary = summaryOf(figures, budget)
  if (summary === undefined || (of === 'requests' && figures.requests === 0)) return NONE
  const found = latencyOf(summary, budget)
  if (of !== 'iterations' || figures.model === 'closed') return found
  const { value, limits, undelayed } = latencyOf(figures.serviceTime, budget)
  const service = value === undefined ? undefined : { value, limits, undelayed }
  return { ...found, service }
}

function latencyOf(summary: LatencySummary, of: Pick<Measure, 'metric' | 'quantile' | 'bound'>): Measured {
  const found = latencyIn(summary, of)
  const shorter = undelayedOf(summary)
  if (shorter === undefined || found.value === undefined) return found
  const { value = found.value, limits } = latencyIn(shorter, of)
  return { ...found, undelayed: { value, limits } }
}

function latencyIn(
  summary: LatencySummary,
  { metric, quantile = 0.5, bound }: Pick<Measure, 'metric' | 'quantile' | 'bound'>,
): Measured {
  const cut = cutIn(summary)
  if (metric === 'mean' || metric === 'max') {
    const found = ifAny(summary.count, summary[metric])
    return cut === 0 ? found : { ...found, cut, limits: { lower: summary[metric], upper: Number.POSITIVE_INFINITY } }
  }
  const limits = bound === undefined ? undefined : limitsOf(summary, quantile, bound)
  const found = { ...ifAny(summary.count, percentileOf(summary, quantile)), ...(limits && { limits }) }
  // With few samples, the limit may be infinite without those that were cut.
  const most = limitRanks(summary.count, quantile).upper ?? summary.count
  return most > summary.count - cut ? { ...found, cut } : found
}

/**
 * With k of n failed, the q-quantile of the passed ones is at most the (k + q (n - k))-th of all n, as if each failure
 * was faster than all passes, if enough passed to know one. Their mean is at most n / (n - k) of that of all. Cut
 * samples are not fast failures, and the limits of the samples include them.
 */
export function hiddenIn(
  summary: LatencySummary | undefined,
  { metric, quantile }: Pick<Budget, 'metric' | 'quantile'>,
  value: number,
  share: number,
): Size | undefined {
  if (share >= 1 || share <= 0) return undefined
  if (metric === 'mean') return { less: 0, more: value / (1 - share) - value }
  if (summary === undefined || summary.count === 0 || quantile === undefined) return undefined
  if (Math.round(summary.count * (1 - share)) < samplesNeeded(quantile)) return { less: 0, more: UNKNOWN.more }
  const rank = share + quantile * (1 - share)
  return { less: 0, more: mostAt(summary, rank) - percentileOf(summary, quantile) }
}

/** A response time this much above the service time is worth a word. */
const NOTABLE_WAIT = { factor: 1.1, atLeast: 1 }

function waitOf({ doubts = [] }: Figures, _: Budget, { value, service }: Measured): string | undefined {
  if (value === undefined || service === undefined) return undefined
  const notable = value > service.value * NOTABLE_WAIT.factor && value - service.value >= NOTABLE_WAIT.atLeast
  const waited = doubts.some(({ kind }) => kind === 'waits for users' || kind === 'dropped arrivals')
  const why = waited ? 'arrivals waited for a free user' : 'iterations began later than they were due'
  return notable ? `service time ${formatMs(service.value)}: ${why}` : undefined
}

/** Step with the highest latency, by the same figure; for other metrics by the mean. */
export function slowest(
  { steps }: LoadReport,
  budget: Pick<Budget, 'metric' | 'quantile' | 'path'>,
): (string | Reason)[] {
  if (Object.keys(steps).length < 2) return []
  const figure = own<unknown>(latencies, budget.metric) ? budget : { metric: 'mean' as const }
  const name = figure.metric === 'percentile' ? budget.path.at(-1) : figure.metric
  const [first] = Object.entries(steps)
    .map(([key, { serviceTime }]) => ({ key, value: latencyOf(serviceTime, figure).value ?? 0 }))
    .sort((a, b) => b.value - a.value)
  return first && first.value > 0 ? [`Slowest step: ${first.key}, ${name} ${formatMs(first.value)}.`] : []
}

function comparing(value: (summary: LatencySummary, of: Pick<Budget, 'quantile'>) => number): Compared['figure'] {
  return (side, of) => {
    const summary = latenciesOf(side, of)
    return (summary?.count && value(summary, of)) || undefined
  }
}

/** Latencies of a launch that a comparison is about: of its requests, or of iterations. */
export function latenciesOf(
  side: Pick<SideFigures, 'steps' | 'responseTime'>,
  of: Pick<Budget, 'of' | 'step'>,
): LatencySummary | undefined {
  return isOfRequests(of) ? requestsFor(side, of)?.serviceTime : side.responseTime
}

/** A run so many times as long is no advice any more. */
const LONGEST_FACTOR = 100

/** Why windows leave a budget open, if they do. */
export function openWindows(budget: Budget, measured: Measured): (string | Reason)[] {
  if (measured.windows === undefined || standing(measured, budget) !== 'open') return []
  const { all, tooFew } = measured.windows
  const over = all.filter(({ value }) => value === undefined || !holds(value, budget)).length
  const atLeast = all.filter(({ isLeast }) => isLeast).length
  if (over === 0 && atLeast > 0)
    return [`In ${atLeast} of ${all.length} windows it lies among requests that were cut without a response. ${ADVICE}`]
  if (over === 0) return [tooFewInWindows(budget, all.length, tooFew)]
  return [
    `${over} of ${all.length} windows seem to miss it, but so few samples cannot tell that from chance. Make the ` +
      'windows longer, or leave some room.',
  ]
}

/**
 * Why a percentile near its bound is not judged, if it is not: value, interval, number of samples, and how many more
 * would decide.
 *
 * @param run when it is known, the advice says how long to go on.
 */
function openLatency(budget: Budget, measured: Measured, run?: LoadReport): (string | Reason)[] {
  const { quantile } = budget
  const { count, limits, cut } = measured
  if (standing({ ...measured, undelayed: undefined }, budget) !== 'open') return []
  if (cut !== undefined) return [openByCut(budget, cut, count)]
  if (quantile === undefined || limits?.within === undefined) return []
  const key = percentileIn(budget)
  const needed = samplesNeeded(quantile)
  if (count < needed) {
    const found =
      `${formatCount(count)} ${count === 1 ? 'sample is' : 'samples are'} too few for ${key}, ` +
      `${formatCount(needed)} are needed.`
    const text = run === undefined ? found : `${found} ${advice(run, needed / count)}`
    return [{ kind: 'few samples', text }]
  }
  const found =
    `${key} is only known to be between ${formatMs(limits.lower)} and ${formatMs(limits.upper)} (95 % confidence, ` +
    `${formatCount(count)} samples), and the bound lies between.`
  const more = samplesToDecide(quantile, limits.within / count) - count
  if (more > count * LONGEST_FACTOR)
    return [`${found} More samples will hardly decide: leave some room between the two.`]
  const wanted = Math.max(more, Math.ceil(count * LEAST_MORE))
  const about = `About ${formatCount(Number(wanted.toPrecision(2)))} more would decide if they are like these`
  return [run === undefined ? `${found} ${about}.` : `${found} ${about}: ${lowered(advice(run, 1 + wanted / count))}`]
}

const ADVICE = 'Fix what does not respond, or wait longer for it (timeout).'

function openByCut(budget: Budget, cut: number, count: number): string {
  const what = isOfRequests(budget) ? (budget.latency !== undefined ? 'streams' : 'requests') : 'iterations'
  const name = budget.metric === 'percentile' ? percentileIn(budget) : budget.metric
  return (
    `${formatCount(cut)} of ${formatCount(count)} ${what} were cut without a response: they would have taken longer ` +
    `than they waited, and ${name} lies among them. ${ADVICE}`
  )
}

const percentileIn = ({ key }: Budget): string => key.slice(key.search(/p[\d.]+$/))

function tooFewInWindows(budget: Budget, windows: number, tooFew: NonNullable<Measured['windows']>['tooFew']): string {
  const { quantile = 0.5, everyWindow = 0 } = budget
  const needed = samplesNeeded(quantile)
  const least = Math.min(...tooFew.map(({ count }) => count))
  const longer = Math.ceil((everyWindow * needed) / Math.max(1, least) / 1000) * 1000
  const of = `${tooFew.length} of ${windows} ${windows === 1 ? 'window has' : 'windows have'}`
  return (
    `${of} too few samples for ${percentileIn(budget)}: ${formatCount(least)}, and ${formatCount(needed)} are ` +
    `needed. Make the windows ${formatMs(longer)} or longer at this rate, or judge a lower percentile.`
  )
}

/** The estimate is rough, and one that says "two more" is of no use. */
const LEAST_MORE = 0.1

function advice({ shape, measured }: LoadReport, factor: number): string {
  if (shape.iterations !== undefined)
    return `Run ${formatCount(Math.ceil(shape.iterations * factor))} iterations a user or more.`
  if (measured === 0) return 'Measure longer at this rate.'
  return `Measure for ${formatMs(Math.ceil((measured * factor) / 1000) * 1000)} or longer at this rate.`
}
