import type { Budget } from '../../measure/report.ts'
import { bytesRate } from './bytes-rate.ts'
import { capacity } from './capacity.ts'
import { latencies } from './latency.ts'
import type { Compared, Metric, Place } from './metric.ts'
import { rates } from './rate.ts'
import { resources } from './resources.ts'
import { roundTrips } from './round-trips.ts'
import { shares } from './share.ts'
import type { Unit } from './units.ts'

type Key = Budget['metric']

/** All metrics, in the order in which messages name them. */
export const METRICS: Readonly<Record<Key, Metric>> = {
  ...rates,
  bytesRate,
  capacity,
  ...latencies,
  ...shares,
  ...resources,
  roundTrips,
}

export const metricOf = ({ metric }: Pick<Budget, 'metric'>): Metric => METRICS[metric]

/** Names of the metrics that may stand in a group of budgets. */
export const namesIn = (place: Place): Key[] =>
  (Object.keys(METRICS) as Key[]).filter(key => METRICS[key].places.includes(place))

/** Units of a budget's bound and value. */
export function unitOf(budget: Pick<Budget, 'metric' | 'as' | 'per'>): Unit {
  const { unit, unitOf = () => unit } = metricOf(budget)
  return unitOf(budget)
}

export const isLatency = (budget: Pick<Budget, 'metric'>): boolean => metricOf(budget).family === 'latency'

export const isRate = (budget: Pick<Budget, 'metric'>): boolean => metricOf(budget).family === 'rate'

/** How the figure of head compares with that of base; undefined if it cannot. */
export function comparedOf(budget: Pick<Budget, 'metric'>): Compared | undefined {
  const { compared } = metricOf(budget)
  return typeof compared === 'string' ? undefined : compared
}
