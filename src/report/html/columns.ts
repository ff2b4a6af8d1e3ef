import type { Interval } from '../../measure/report.ts'
import type { Column } from '../client/chart-data.ts'
import { type Stretch, spreadOf } from '../drawn.ts'

export type Value = (interval: Interval) => number | undefined
export type MakeColumn = (label: string, value: Value, extra?: Partial<Column>) => Column

/**
 * Makes columns of a chart: a value per second; for longer stretches the median, lowest and highest. Without a selected
 * moment, the mean of the measured seconds is shown. Numbers have four digits, so that long runs stay small.
 */
export function columnsOf(stretches: readonly Stretch[]): MakeColumn {
  const isBanded = stretches.some(stretch => stretch.length > 1)
  const measured = stretches.flat().filter(({ phase }) => phase === 'measured')
  return (label, value, extra = {}) => {
    const spreads = stretches.map(stretch => spreadOf(stretch.map(value)))
    const of = (end: 'low' | 'middle' | 'high') => spreads.map(spread => rounded(spread?.[end]))
    const rest = rounded(meanOf(measured, value))
    return {
      label,
      values: of('middle'),
      ...(isBanded && { low: of('low'), high: of('high') }),
      ...(rest !== null && { rest }),
      ...extra,
    }
  }
}

/** Mean service time of a step in milliseconds; undefined where it had no response. */
export const meanOfStep =
  (key: string): Value =>
  ({ stepTimes, stepRequests }) =>
    stepTimes?.[key] === undefined ? undefined : stepTimes[key] / (stepRequests?.[key] ?? 1)

export function rounded(value: number | undefined): number | null {
  return value === undefined || !Number.isFinite(value) ? null : Number(value.toPrecision(4))
}

/** Over time: a second counts with its length. */
function meanOf(series: readonly Interval[], value: Value): number | undefined {
  let [sum, time] = [0, 0]
  for (const interval of series) {
    const one = value(interval)
    if (one === undefined || !Number.isFinite(one)) continue
    sum += one * interval.length
    time += interval.length
  }
  return time > 0 ? sum / time : undefined
}
