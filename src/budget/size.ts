import type { Share } from '../ground/units.ts'
import type { Judged, Reach } from '../measure/report.ts'

/**
 * How far a doubt can have moved a value: without it the value lies between `value - less` and `value + more`.
 * Infinite: not known.
 */
export interface Size {
  less: number
  more: number
  /** Lower limit of the value without the doubt, from the samples; if it is not `less` than their lower limit. */
  floor?: number
  /** Limit above, as `floor` is one below. */
  ceiling?: number
}

/** A doubt, or several that are one, with how far it can have moved the value. */
export interface Sized extends Size {
  kind: Judged['doubts'][number]['kind']
  /** Observation and advice, one or two sentences each. */
  texts: readonly string[]
  /** The range of the samples has it already. */
  isCounted?: boolean
  /** Whether a doubt of the run says it. */
  isTold: boolean
}

export const UNKNOWN: Size = { less: Number.POSITIVE_INFINITY, more: Number.POSITIVE_INFINITY }

/**
 * A figure that goes on changing, up or down: as far as the measured window tells, else by as much as it did, twice
 * over.
 */
export function drifted(
  { change }: { change?: Share },
  reach: Reach | undefined,
  value: number,
  most = Number.POSITIVE_INFINITY,
): Size {
  if (change === undefined && reach === undefined) return { less: UNKNOWN.less, more: most }
  const twice = (1 + (change ?? 0)) ** 2 - 1
  const { below, above } = reach ?? { below: twice, above: twice }
  return { less: value - value / (1 + below), more: Math.min(most, value * above) }
}
