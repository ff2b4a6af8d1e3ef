import type { Milliseconds, Share } from '../ground/units.ts'
import { undelayedOf } from '../measure/histogram.ts'
import type { LoadReport } from '../measure/report.ts'
import { knowsItsDelays } from './own-delay.ts'

/** Share of a run, or of a latency, that is taken to be lost at most. */
export const MOST_LOST: Share = 0.95

/**
 * A closed model that is kept from sending sends less, so its responses may come sooner. A user's cycle takes `vus /
 * rate` (Little's law). The part of it outside of the iteration lies between two iterations.
 */
export function turnaround({ shape, iterationRate, serviceTime }: LoadReport): Share {
  if (shape.vus === undefined || shape.thinkTime !== undefined || shape.pacing !== undefined)
    return Number.POSITIVE_INFINITY
  if (iterationRate === 0 || serviceTime.mean === 0) return Number.POSITIVE_INFINITY
  return Math.max(0, (shape.vus * 1_000) / iterationRate / serviceTime.mean - 1)
}

/** Share by which a loop comes round more often when its responses are not kept waiting. */
export function quicker(report: LoadReport, delay: Milliseconds): Share {
  const { mean } = report.serviceTime
  const seen = undelayedOf(report.serviceTime)?.mean ?? (knowsItsDelays(report) ? mean : undefined)
  const least = seen ?? Math.max(mean * (1 - MOST_LOST), mean - delay)
  return least > 0 ? mean / least - 1 : Number.POSITIVE_INFINITY
}

/**
 * Share by which a loop comes round more often that never waits for its generator: it then takes what its responses
 * take, which come no sooner when more is asked for.
 */
export function sooner(report: LoadReport): Share {
  return (1 + quicker(report, Number.POSITIVE_INFINITY)) * (1 + turnaround(report)) - 1
}
