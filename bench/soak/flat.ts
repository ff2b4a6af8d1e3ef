import type { Moment } from './plan.ts'

/** What may differ between the first quarter and the last: by a share, or by so much, whichever is more. */
export interface Bar {
  share: number
  more: number
  /**
   * Which reading stands for a quarter. The median: one garbage collection more or less is not memory lost. The least:
   * connections that a burst opened are closed when they have been idle for 4 s, and what leaks never is. The most: V8
   * gives the halves of the young generation back in quiet minutes and takes them again, and a leak adds to all. The
   * last, of what is looked at anew towards the end of each quarter.
   */
  of: 'median' | 'least' | 'most' | 'last'
}

/** What was seen once a second. */
export interface Reading {
  /** From the start of the load. */
  at: number
  value: number
}

export interface Flatness {
  first: number
  last: number
  isFlat: boolean
}

/** The first and the last quarter of the time from `from` to `to`. */
export function flatness(readings: readonly Reading[], from: number, to: number, bar: Bar): Flatness {
  const quarter = (to - from) / 4
  const first = figureOf(bar.of, between(readings, from, from + quarter))
  const last = figureOf(bar.of, between(readings, to - quarter, to))
  // A quarter without readings is NaN, which is no flatness.
  return { first, last, isFlat: last - first <= Math.max(first * bar.share, bar.more) }
}

/** How long a moment is, in readings before it. */
export const MOMENT = 5_000

/** At each moment the median of its readings, NaN where there is none; at the first the first of all. */
export function courseOf(readings: readonly Reading[], moments: readonly Moment[]): number[] {
  return moments.map(({ at }) =>
    at === 0 ? (readings[0]?.value ?? Number.NaN) : figureOf('median', between(readings, at - MOMENT, at)),
  )
}

const between = (readings: readonly Reading[], from: number, to: number): number[] =>
  readings.filter(({ at }) => at >= from && at < to).map(({ value }) => value)

function figureOf(of: Bar['of'], values: readonly number[]): number {
  if (of === 'last') return values.at(-1) ?? Number.NaN
  const sorted = values.toSorted((a, b) => a - b)
  const place = { least: 0, median: Math.floor(sorted.length / 2), most: sorted.length - 1 }[of]
  return sorted[place] ?? Number.NaN
}
