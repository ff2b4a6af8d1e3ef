import type { Share } from '../ground/units.ts'
import type { Doubt, LoadReport } from '../measure/report.ts'
import type { Budget } from './budget.ts'
import { MOST_LOST, quicker, sooner } from './closed-loop.ts'
import { knowsItsDelays } from './own-delay.ts'
import { drifted, type Size } from './size.ts'

/** A pause also costs what it takes to come back: twice the time that it lasts. */
const COST = 2

export function sizeForRate(doubt: Doubt, report: LoadReport, budget: Budget, value: number): Size | undefined {
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
    case 'clock drift': {
      const change = report.measured > 0 ? (value * Math.abs(doubt.drift)) / report.measured : Number.POSITIVE_INFINITY
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

/** An open model makes no more than is due. */
function askedFor({ model, measuredArrivals, measured, requests, iterationRate }: LoadReport, { metric }: Budget) {
  const { due } = measuredArrivals
  // How many events there are is the application's to say.
  if (model === 'closed' || measured === 0 || metric === 'eventsRate') return Number.POSITIVE_INFINITY
  const iterations = (due * 1_000) / measured
  if (metric === 'iterationRate') return iterations
  // Both rates count iterations and requests that ended in the window: late iterations have ended after it.
  return iterationRate === 0 ? Number.POSITIVE_INFINITY : (iterations * requests * 1_000) / (iterationRate * measured)
}
