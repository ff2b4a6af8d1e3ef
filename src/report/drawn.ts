import { medianOf } from '../ground/group.ts'
import type { Interval } from '../measure/report.ts'

/** A last second shorter than this share is not shown. */
const PARTIAL = 0.95
const SECOND = 1000
/** Points that a chart shows one by one; of more, several become one. */
const MOST_SINGLE = 600
const MOST_STRETCHES = 300

/** Seconds of a run that charts show: without an incomplete last one, whose rates and percentiles jump. */
export function drawnSeries(series: readonly Interval[]): readonly Interval[] {
  const last = series.at(-1)
  return series.length > 1 && last!.length < SECOND * PARTIAL ? series.slice(0, -1) : series
}

/** Seconds that are one point of a chart. */
export type Stretch = readonly [Interval, ...Interval[]]

/**
 * Stretches of one phase each, so that a chart has some hundreds of points however long the run was.
 *
 * @param most points; a few more where phases end. Default: 600 seconds one by one, or about 300 stretches.
 */
export function stretchesOf(series: readonly Interval[], most?: number): Stretch[] {
  const size = series.length <= (most ?? MOST_SINGLE) ? 1 : Math.ceil(series.length / (most ?? MOST_STRETCHES))
  const stretches: [Interval, ...Interval[]][] = []
  for (const interval of series) {
    const last = stretches.at(-1)
    if (last !== undefined && last.length < size && last[0].phase === interval.phase) last.push(interval)
    else stretches.push([interval])
  }
  return stretches
}

/** Middle and ends of values; undefined without values. */
export function spreadOf(values: readonly (number | undefined)[]) {
  const known = values.filter(value => value !== undefined && Number.isFinite(value)) as number[]
  if (known.length === 0) return undefined
  known.sort((a, b) => a - b)
  return { low: known[0]!, middle: medianOf(known), high: known.at(-1)! }
}
