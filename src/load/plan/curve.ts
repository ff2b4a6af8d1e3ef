import type { Milliseconds } from '../../ground/units.ts'

/**
 * A stretch in which a figure goes from one value to another in a straight line: a rate a second, or a number of
 * virtual users.
 */
export interface Ramp {
  from: number
  to: number
  length: Milliseconds
}

/** A load over time: stretches one after another. It may jump from one to the next. */
export type Curve = readonly Ramp[]

export const hold = (value: number, length: Milliseconds): Ramp => ({ from: value, to: value, length })

/** Curve without empty stretches, and with neighbours that hold the same value made one. */
export function curveOf(ramps: readonly Ramp[]): Ramp[] {
  const curve: Ramp[] = []
  for (const ramp of ramps) {
    if (ramp.length <= 0) continue
    const last = curve.at(-1)
    if (last && [last.from, last.to, ramp.from].every(value => value === ramp.to)) last.length += ramp.length
    else curve.push({ from: ramp.from, to: ramp.to, length: ramp.length })
  }
  return curve
}

/** The highest value that is reached, be it for a moment. */
export function peakOf(curve: Curve): number {
  return Math.max(0, ...curve.flatMap(({ from, to }) => [from, to]))
}

/** The part of a curve from one moment to another. */
export function partOf(curve: Curve, from: Milliseconds, to: Milliseconds): Ramp[] {
  const part: Ramp[] = []
  let start = 0
  for (const ramp of curve) {
    const [a, b] = [Math.max(from, start) - start, Math.min(to, start + ramp.length) - start]
    if (b > a) part.push({ from: valueWithin(ramp, a), to: valueWithin(ramp, b), length: b - a })
    start += ramp.length
  }
  return part
}

/** Its mean from one moment to another; undefined beyond its ends. */
export function meanOf(curve: Curve, from: Milliseconds, to: Milliseconds): number | undefined {
  const part = partOf(curve, from, to)
  const length = part.reduce((sum, ramp) => sum + ramp.length, 0)
  if (length === 0) return undefined
  return part.reduce((sum, ramp) => sum + ((ramp.from + ramp.to) / 2) * ramp.length, 0) / length
}

function valueWithin({ from, to, length }: Ramp, at: Milliseconds): number {
  return from + ((to - from) * at) / length
}

/** When a curve is above a level, as spans in time; one that falls to the level only is above it until then. */
export function spansAbove(curve: Curve, level: number): { from: Milliseconds; to: Milliseconds }[] {
  const spans: { from: Milliseconds; to: Milliseconds }[] = []
  let start = 0
  for (const { from, to, length } of curve) {
    const crossing = start + (length * (level - from)) / (to - from)
    const isAbove = [from > level || (from === level && to > level), to > level] as const
    const span = isAbove[0] || isAbove[1] ? { from: start, to: start + length } : undefined
    if (span && !isAbove[1]) span.to = crossing
    else if (span && !isAbove[0]) span.from = crossing
    start += length
    if (span === undefined || span.to <= span.from) continue
    const last = spans.at(-1)
    if (last?.to === span.from) last.to = span.to
    else spans.push(span)
  }
  return spans
}
