import { failure } from '../../ground/fault.ts'
import { count, flag, list, milliseconds, type Of, object, oneOf, optional, perSecond, share, text } from '../kinds.ts'
import type { Rule } from '../rules.ts'

const limitedBy = oneOf('latency', 'errorRate', 'generator', 'machine')

/**
 * Reason why a rate does not hold: responses take too long, too many fail, the generator cannot make it, or others on
 * the machine had the CPU.
 */
export type CapacityLimit = 'latency' | 'errorRate' | 'generator' | 'machine'

const PROBE = {
  /** Time from the start of the run, when its arrivals began to count. */
  at: milliseconds,
  /** Time for which its arrivals counted. */
  length: milliseconds,
  /** Requests a second that were aimed at. */
  rate: perSecond,
  /** Requests a second that got a response. */
  achieved: perSecond,
  /** Iterations that were due in it and ended. */
  iterations: count,
  /** The figure that is judged, of their response times (within 2.2 %). */
  latency: milliseconds,
  errorRate: share,
  /** Whether it kept what iterations had to keep. */
  held: flag,
  /** Whether the rate was held for a part of the time only, which was enough to go higher. */
  isShort: flag,
  /** Requests piled up. */
  ranAway: flag,
  /** Why it was not held. */
  limitedBy: optional(limitedBy),
  /** `p99 312 ms is over 100 ms (given up after 1.2 s)`. */
  because: text,
  /**
   * Other programs or pauses that used the CPU while the rate was missed. Such a miss says nothing about the
   * application.
   */
  disturbedBy: optional(text),
  /** Whether the probe is the measured window. */
  isMeasured: optional(flag),
}

/** One rate that a search for the capacity tried. */
export interface CapacityProbe extends Of<typeof PROBE> {}

const CERTAIN = { from: perSecond, to: optional(perSecond) }

const CAPACITY = {
  /** Latency that iterations had to keep: `p99 < 100 ms`. */
  latency: text,
  /** Maximum share of iterations that may fail. */
  errorRate: share,
  /** The highest rate that the search might try. */
  to: perSecond,
  /** How long a rate had to hold. */
  hold: milliseconds,
  /**
   * The highest rate that held; 0 when none did. Whether it did so once more in the measured window, its probe tells.
   */
  held: perSecond,
  /** The lowest rate that did not; absent when all that were tried did. */
  missed: optional(perSecond),
  /**
   * Range that two or three tries would have to contradict: rates up to `from` hold, rates from `to` on do not (absent:
   * for no rate is that certain). Wider than from `held` to `missed` if rates held one time and were missed another.
   */
  certain: object(CERTAIN),
  /** Why `missed` was missed, in a word. */
  limitedBy: optional(limitedBy),
  /** Why `missed` was missed, in a sentence. */
  because: optional(text),
  /** Every rate that was tried, in the order of time: the curve of rate against latency. */
  probes: list(object(PROBE)),
}

/** The highest rate that holds, found by trying. Rates are requests a second. */
export interface Capacity extends Of<typeof CAPACITY> {}

export const capacity = object(CAPACITY)

/**
 * Merges searches one after the other: a rate holds or not by what both found. Side by side each would have been the
 * other's limit.
 */
export const mergeCapacity: Rule<Capacity> = (a, b, { spans: [first, second], settle }) => {
  if (second.begun < first.begun + first.length) {
    const found = 'two searches for the capacity ran at the same time, and each was a limit of the other'
    throw failure('merge', 'results', found, 'Run them one after the other.')
  }
  const probes = [...a.probes, ...b.probes.map(probe => ({ ...probe, at: probe.at + first.length }))]
  const { latency, errorRate, to, hold } = a
  const found = settle(probes, hold)
  return { latency, errorRate, to, hold, ...found, probes }
}
