import { formatCount, formatMs, formatRate, type PerSecond, type Share } from '../../ground/units.ts'
import { counted } from '../../ground/words.ts'
import type { Budget, LoadReport } from '../../measure/report.ts'
import { isAtMost } from '../budget-kinds.ts'
import { errorsBehind } from '../cause.ts'
import { MOST_LOST, quicker, sooner } from '../closed-loop.ts'
import { ifAny, NONE, noneEnded, ofStep, requestsFor } from '../figures.ts'
import { knowsItsDelays } from '../own-delay.ts'
import { drifted, type LostOf, lostRequests, type Size } from '../size.ts'
import { slowest } from './latency.ts'
import type { Compared, Metric, SideFigures } from './metric.ts'
import { WORK } from './resources.ts'
import { perSecond } from './units.ts'

/** A rate with a larger share of failures does not count as achieved. */
const MOST_FAILED: Share = 0.5

export const rateFamily = {
  family: 'rate',
  unit: perSecond,
  natural: '>=',
  wrongBound: ({ bound, operator }) =>
    bound === 0 && operator === '<='
      ? {
          found: 'a run in which nothing comes has no data, which keeps no budget',
          advice: 'Write what it may be at most.',
        }
      : undefined,
  flattered: 'rate',
} as const satisfies Partial<Metric>

const COMPARE_RPS = 'Compare rps of a load with virtual users.'

/** Rate relative to the rate of the load. */
function ofLoad(
  {
    asked,
    due,
    lost,
    ...metric
  }: Pick<Metric, 'measure' | 'noData'> & {
    /** Rate of the load by its shape. */
    asked: (report: LoadReport) => PerSecond | false | undefined
    /** The most that was due in an open model, for so many iterations a second. */
    due: (iterations: PerSecond, report: LoadReport) => PerSecond
    lost: LostOf
  },
  counted: (side: SideFigures) => [count: number, rate: PerSecond | undefined],
) {
  return {
    ...rateFamily,
    ...metric,
    cause: 'time',
    places: ['iterations'],
    reach: reachUpTo(report => {
      const { model, measuredArrivals, measured } = report
      if (model === 'closed' || measured === 0) return Number.POSITIVE_INFINITY
      return due((measuredArrivals.due * 1_000) / measured, report)
    }),
    reachOfLoss: (of, report, budget, { value }) => {
      const { missing, lighter } = lost(of, report, budget, value)
      const perSecond = 1_000 / report.measured
      return { less: Math.min(value, lighter * perSecond), more: missing * perSecond }
    },
    reachOfFailures: (_, budget, value, share) =>
      share > MOST_FAILED && !isAtMost(budget) ? { less: value * share, more: 0 } : undefined,
    causes: (report, budget) => {
      const tooLittle = askedTooLittle(asked(report), metric.measure(report, budget).value ?? 0, budget)
      if (tooLittle !== undefined) return [tooLittle]
      return [...paceOf(report), ...slowest(report, budget), ...errorsBehind(report, budget)]
    },
    compared: {
      figure: side => {
        const [count, rate] = counted(side)
        return count > 0 ? (rate ?? (side.measured > 0 ? (count * 1_000) / side.measured : undefined)) : undefined
      },
      words: { worse: 'head is slower', none: 'no loss' },
      takesTime: true,
      takesWarmth: true,
      isOfGenerator: true,
      wrongLoad: model =>
        model === 'open'
          ? {
              found: 'the load has a fixed rate, regardless of the application',
              advice: `Compare ${WORK} or p99, or load with virtual users: { vus: 10, duration: "5s" }.`,
            }
          : undefined,
    },
  } as const satisfies Metric & { compared: Compared }
}

const finished = ({ passed, failed }: LoadReport['measuredArrivals']) => passed + failed

export const rates = {
  rps: ofLoad(
    {
      measure: ({ requests, rps }) => ifAny(requests, rps),
      noData: () => 'no request got a response in the measured window.',
      asked: requestsAsked,
      // Both rates count iterations and requests that ended in the window: late iterations have ended after it.
      due: (iterations, { requests, iterationRate, measured }) =>
        iterationRate === 0 ? Number.POSITIVE_INFINITY : (iterations * requests * 1_000) / (iterationRate * measured),
      lost: (of, report) => lostRequests(of, report, report.requests, Object.keys(report.steps).length),
    },
    ({ requests, requestRate }) => [requests, requestRate],
  ),
  iterationRate: ofLoad(
    {
      measure: ({ measuredArrivals, iterationRate }) => ifAny(finished(measuredArrivals), iterationRate),
      noData: (_, budget) => noneEnded(budget),
      asked: ({ shape }) => 'rate' in shape && shape.rate,
      due: iterations => iterations,
      // More may end in the window than were due in it.
      lost: ({ missing, lighter }, { measured, measuredArrivals }, _, value) => {
        const each = Math.max(1, (value * measured) / 1_000 / finished(measuredArrivals))
        return { missing: missing * each, lighter: lighter * each }
      },
    },
    ({ iterations, iterationRate }) => [finished(iterations), iterationRate],
  ),
  eventsRate: {
    ...rateFamily,
    places: ['iterations', 'step'],
    needs: 'stream',
    measure: (figures, budget) => {
      const count = requestsFor(figures, budget)?.events?.count ?? 0
      const { measured } = figures
      return measured > 0 ? ifAny(count, (count * 1_000) / measured) : { ...NONE, count }
    },
    noData: (_, budget) => `no event${ofStep(budget)} came in the measured window.`,
    reach: reachUpTo(),
    compared: COMPARE_RPS,
  },
} satisfies Partial<Record<Budget['metric'], Metric>>

/** A pause also costs the time to recover: twice its length. */
const COST = 2

/** How far doubts reach of a rate that may be so high. Default: it is not known how high. */
export function reachUpTo(highest = (_: LoadReport): PerSecond => Number.POSITIVE_INFINITY): Metric['reach'] & object {
  return (doubt, report, _, { value }): Size | undefined => {
    const most = Math.max(0, highest(report) - value)
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
      case 'clock drift': {
        const { measured } = report
        const change = measured > 0 ? (value * Math.abs(doubt.drift)) / measured : Number.POSITIVE_INFINITY
        return { less: change, more: change }
      }
      case 'dropped arrivals':
      case 'waits for users':
        return upTo(Number.POSITIVE_INFINITY)
      case 'warm-up never steady':
        return drifted(doubt, doubt.rate, value, most)
      default:
        return undefined
    }
  }
}

/** An open model makes no more than it is asked for, and a little less when the last responses are still out. */
function askedTooLittle(asked: PerSecond | false | undefined, made: number, { bound }: Budget): string | undefined {
  if (!asked) return undefined
  if (asked < bound) return `The load asks for ${formatRate(asked)} only: let it ask for more than the budget.`
  if (made < asked * 0.99) return undefined
  return `The load asks for ${formatRate(asked)}, and no run makes more than that: leave some room between the two.`
}

/** Requests a second that a load asks for; of one in iterations, by what these had. */
function requestsAsked({ shape, requests, iterationRate, measured }: LoadReport): PerSecond | undefined {
  if ('rps' in shape) return shape.rps
  const ended = (iterationRate * measured) / 1_000
  return 'rate' in shape && shape.rate !== undefined && ended > 0 ? (shape.rate * requests) / ended : undefined
}

function paceOf({ shape, model, measuredArrivals, serviceTime }: LoadReport): string[] {
  const { due, dropped } = measuredArrivals
  if (model === 'open' && dropped > 0)
    return [`${formatCount(dropped)} of ${formatCount(due)} arrivals were never started.`]
  if (shape.vus === undefined || serviceTime.count === 0) return []
  const users = counted(shape.vus, 'user')
  return [
    `In a closed model the responses set the pace: ${users}, ${formatMs(serviceTime.mean)} an iteration on average.`,
  ]
}
