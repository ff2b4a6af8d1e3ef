import { formatMs, formatRate, type Milliseconds } from '../../ground/units.ts'
import type { Curve, Ramp } from '../plan/curve.ts'

/** When something is due. A value: asking changes nothing. */
export interface Pacer {
  /**
   * When event `x` (from 0; fractions allowed) is due, from the start; undefined once the plan is over.
   * The inverse of the cumulative curve, so asking for the millionth costs what the first one does.
   */
  dueAt(x: number): Milliseconds | undefined
  /** Events of the whole plan; a fraction of one still makes it due. */
  readonly total: number
  toString(): string
}

/** Events per millisecond add up in floating point: what is this near to the end of a stretch is its end. */
const EPSILON = 1e-9

/**
 * A pacer made of straight stretches of rates a second.
 *
 * Within one, with rates r0 and r1 a millisecond and length L, the slope is s = (r1 - r0) / L and
 * A(t) = r0 t + s t^2 / 2 events have come by t. Solved for t in the form that does not cancel when s is small:
 * t = 2x / (r0 + sqrt(r0^2 + 2 s x)).
 */
export function rampsPacer(ramps: Curve): Pacer {
  const stretches: { r0: number; slope: number; start: Milliseconds; before: number; after: number }[] = []
  let start = 0
  let before = 0
  for (const { from, to, length } of ramps) {
    if (length <= 0) continue
    const r0 = from / 1000
    const after = before + ((from + to) / 2000) * length
    stretches.push({ r0, slope: (to / 1000 - r0) / length, start, before, after })
    start += length
    before = after
  }
  const total = before
  return {
    total,
    dueAt(x) {
      for (const { r0, slope, start, before, after } of stretches) {
        if (x >= after - EPSILON * Math.max(1, after)) continue
        const events = Math.max(0, x - before)
        const divisor = r0 + Math.sqrt(Math.max(0, r0 * r0 + 2 * slope * events))
        return divisor === 0 ? start : start + (2 * events) / divisor
      }
      return undefined
    },
    toString: () =>
      ramps
        .filter(ramp => ramp.length > 0)
        .map(describe)
        .join(', '),
  }
}

function describe({ from, to, length }: Ramp): string {
  if (from === to) return `${formatRate(from)} for ${formatMs(length)}`
  return `from ${formatRate(from)} to ${formatRate(to)} in ${formatMs(length)}`
}
