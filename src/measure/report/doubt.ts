import { isObject } from '../../ground/object.ts'
import {
  anyOf,
  count,
  list,
  milliseconds,
  number,
  type Of,
  object,
  oneOf,
  only,
  optional,
  perSecond,
  share,
  text,
  type ValueOf,
} from '../kinds.ts'
import { keyed, lesser, type Rule } from '../rules.ts'

const REACH = { below: share, above: share }

/** Shares by which a figure that still changes may come to lie below what was measured, and above. */
export interface Reach extends Of<typeof REACH> {}

const reach = optional(object(REACH))
const known = anyOf(
  object({ kind: oneOf('generator saturated'), eventLoopUtilization: share, text }),
  object({
    kind: oneOf('generator starved'),
    share,
    longest: milliseconds,
    /** The application runs on the same machine, and may have been starved as much; what it waited is not known. */
    isShared: optional(only(true)),
    text,
  }),
  /** Others on the machine had the application's CPU: `longest` is the most that its threads waited within a second. */
  object({
    kind: oneOf('application starved'),
    share,
    longest: milliseconds,
    /** The most by which the waits of any stretch of time are more than `share` of it. */
    burst: optional(milliseconds),
    /** The longest wait of one thread, at the most. */
    single: optional(milliseconds),
    /** The mean length of a wait, each counted by its length. */
    usual: optional(milliseconds),
    /** Share of the time in which its busiest process used its core, or all of them the machine's. */
    busy: optional(share),
    /** Stretches of time outside of which its threads hardly waited: their share of the window, and how many. */
    crowded: optional(
      object({
        share,
        /** How many. */
        stretches: count,
      }),
    ),
    text,
  }),
  object({ kind: oneOf('late starts'), p99: milliseconds, text }),
  /** The load threads got late to responses that were there: `waited` is the share of the window they had no core. */
  object({ kind: oneOf('late answers'), p99: milliseconds, waited: optional(share), text }),
  /** The search for the capacity ended at what the generator can make. */
  object({ kind: oneOf('generator limit'), rate: perSecond, text }),
  /** The search for the capacity ended at a rate that was missed only while others on the machine had the CPU. */
  object({ kind: oneOf('machine limit'), rate: perSecond, text }),
  object({ kind: oneOf('dropped arrivals'), dropped: count, due: count, text }),
  /** Arrivals that found all virtual users busy, and began when one was free. */
  object({ kind: oneOf('waits for users'), waited: count, due: count, text }),
  object({ kind: oneOf('too few samples'), quantile: number, count, needed: number, text }),
  object({
    kind: oneOf('warm-up never steady'),
    waited: milliseconds,
    /** Change as in `warmUpCut.drift`; the others are what the measured window itself tells of how it went on. */
    change: optional(share),
    latency: reach,
    /** Reach of high percentiles, which may be those of its beginning. */
    tail: reach,
    rate: reach,
    text,
  }),
  /** Of several hosts one was lost, or some at once, with their share of the arrivals from a moment of the run on. */
  object({
    kind: oneOf('lost host'),
    host: text,
    at: milliseconds,
    share,
    /** Arrivals of the measured window that are missing, at the most; absent where that has no bound. */
    missing: optional(count),
    text,
  }),
  /** The clocks of two hosts went apart while the load ran: the moments of the one are not those of the other. */
  object({ kind: oneOf('clock drift'), host: text, drift: number, text }),
  object({ kind: oneOf('cut short'), measured: milliseconds, planned: milliseconds, text }),
  /** Stretches of time in which nothing could be done: the longest, and which share of the window they make up. */
  object({
    kind: oneOf('GC pauses', 'stolen CPU', 'throttled CPU', 'stood still', 'clock jump'),
    longest: milliseconds,
    share,
    /** Of several hosts, the one that it happened to: `share` is then by its part of the load. */
    host: optional(text),
    text,
  }),
  /**
   * Processes of the application, or of a named target, ended in the measured window, and others may have taken their
   * place.
   */
  object({ kind: oneOf('target changed'), ended: list(number), began: list(number), target: optional(text), text }),
)

/** A reason to distrust the numbers. */
export type Doubt = ValueOf<typeof known>

/** Doubt of a kind that this version does not know, kept as it is. */
const later = object({ kind: text, text })
export const doubt = { ...known, schema: anyOf(known, later).schema }

/**
 * Each once, in an order that is always the same. Two that read alike, for figures are rounded there, are as large as
 * the larger.
 */
export const mergeDoubts: Rule<Doubt[]> = (a, b, at) => {
  const key = (doubt: Doubt) => {
    // Hosts that two runs lost at about the same moment are two.
    const apart = doubt.kind === 'lost host' ? doubt.at : 'target' in doubt && doubt.target
    return JSON.stringify([doubt.kind, apart, doubt.text])
  }
  return keyed<Doubt>(key, larger)(a, b, at)
}

/** Figure by figure; of what is not a figure, any of the two that is always the same. */
function larger<T>(a: T, b: T): T {
  if (typeof a === 'number' && typeof b === 'number') return Math.max(a, b) as T
  if (!isObject(a) || !isObject(b)) return lesser(a, b)
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return Object.fromEntries(
    names.map(name => [name, name in a && name in b ? larger(a[name], b[name]) : (a[name] ?? b[name])]),
  ) as T
}
