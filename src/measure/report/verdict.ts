import { isObject } from '../../ground/object.ts'
import {
  anyOf,
  count,
  type Kind,
  list,
  milliseconds,
  number,
  type Of,
  object,
  oneOf,
  only,
  optional,
  perSecond,
  quantile,
  share,
  text,
  type ValueOf,
} from '../kinds.ts'
import { keyed, lesser, type Rule } from '../rules.ts'
import { cause } from './cause.ts'

const REACH = { below: share, above: share }

/** Shares by which a figure that still changes may come to lie below what was measured, and above. */
export interface Reach extends Of<typeof REACH> {}

const WORDS = {
  /** Observation with its figures: the beginning of a sentence. */
  found: text,
  /** Likely cause; absent if the observation names it. */
  cause: optional(text),
  /** Possible measures, the simplest first. */
  advice: optional(list(text)),
}

/** A doubt in words, by its parts. */
export interface DoubtWords extends Of<typeof WORDS> {}

const reach = optional(object(REACH))
const known = anyOf(
  object({ kind: oneOf('generator saturated'), eventLoopUtilization: share, ...WORDS }),
  object({
    kind: oneOf('generator starved'),
    share,
    longest: milliseconds,
    /** The application runs on the same machine, and may have been starved as much; what it waited is not known. */
    isShared: optional(only(true)),
    ...WORDS,
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
    ...WORDS,
  }),
  object({ kind: oneOf('late starts'), p99: milliseconds, ...WORDS }),
  /** The load threads got late to responses that were there: `waited` is the share of the window they had no core. */
  object({ kind: oneOf('late answers'), p99: milliseconds, waited: optional(share), ...WORDS }),
  /** The search for the capacity ended at what the generator can make. */
  object({ kind: oneOf('generator limit'), rate: perSecond, ...WORDS }),
  /** The search for the capacity ended at a rate that was missed only while others on the machine had the CPU. */
  object({ kind: oneOf('machine limit'), rate: perSecond, ...WORDS }),
  object({ kind: oneOf('dropped arrivals'), dropped: count, due: count, ...WORDS }),
  /** Arrivals that found all virtual users busy, and began when one was free. */
  object({ kind: oneOf('waits for users'), waited: count, due: count, ...WORDS }),
  object({ kind: oneOf('too few samples'), quantile: number, count, needed: number, ...WORDS }),
  object({
    kind: oneOf('warm-up never steady'),
    waited: milliseconds,
    /** Change as in `warmUpCut.drift`. The other values come from the measured window itself. */
    change: optional(share),
    latency: reach,
    /** Reach of high percentiles, which may be those of its beginning. */
    tail: reach,
    rate: reach,
    ...WORDS,
  }),
  /** One or several hosts were lost, with their share of the arrivals from a moment of the run on. */
  object({
    kind: oneOf('lost host'),
    host: text,
    at: milliseconds,
    share,
    /** Arrivals of the measured window that are missing, at the most; absent where that has no bound. */
    missing: optional(count),
    ...WORDS,
  }),
  /** The clocks of two hosts went apart while the load ran: the moments of the one are not those of the other. */
  object({ kind: oneOf('clock drift'), host: text, drift: number, ...WORDS }),
  object({ kind: oneOf('cut short'), measured: milliseconds, planned: milliseconds, ...WORDS }),
  /** Stretches of time in which nothing could be done: the longest, and which share of the window they make up. */
  object({
    kind: oneOf('GC pauses', 'stolen CPU', 'throttled CPU', 'stood still', 'clock jump'),
    longest: milliseconds,
    share,
    /** Affected host. `share` is then relative to its part of the load. */
    host: optional(text),
    ...WORDS,
  }),
  /**
   * Processes of the application, or of a named target, ended in the measured window, and others may have taken their
   * place.
   */
  object({ kind: oneOf('target changed'), ended: list(number), began: list(number), target: optional(text), ...WORDS }),
)

/** A reason to distrust the numbers. */
export type Doubt = ValueOf<typeof known>

/** Doubt of a kind that this version does not know, kept as it is. */
const later = object({ kind: text, ...WORDS })
export const doubt = { ...known, schema: anyOf(known, later).schema }

/**
 * Each once, in an order that is always the same. Two that read alike, for figures are rounded there, are as large as
 * the larger.
 */
export const mergeDoubts: Rule<Doubt[]> = (a, b, at) => {
  const key = (doubt: Doubt) => {
    // Hosts that two runs lost at about the same moment are two.
    const apart = doubt.kind === 'lost host' ? doubt.at : 'target' in doubt && doubt.target
    return JSON.stringify([doubt.kind, apart, doubt.found, doubt.cause])
  }
  return keyed<Doubt>(key, larger)(a, b, at)
}

/** Merges figures one by one. Other fields keep either of the two values, which are always equal. */
function larger<T>(a: T, b: T): T {
  if (typeof a === 'number' && typeof b === 'number') return Math.max(a, b) as T
  if (!isObject(a) || !isObject(b)) return lesser(a, b)
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return Object.fromEntries(
    names.map(name => [
      name,
      a[name] !== undefined && b[name] !== undefined ? larger(a[name], b[name]) : (a[name] ?? b[name]),
    ]),
  ) as T
}

/** Metrics of budgets: of iterations and steps, of the run, and of targets. */
export const METRICS = [
  ...(['rps', 'iterationRate', 'capacity', 'mean', 'max', 'percentile', 'errorRate', 'dropped'] as const),
  ...(['resent', 'eventsRate', 'bytesRate', 'contract'] as const),
  ...(['memory', 'memoryGrowth', 'cpu', 'cpuPerRequest', 'eventLoopDelay'] as const),
  ...(['heap', 'series', 'roundTrips'] as const),
]

/** Units of bounds. */
export const UNITS = [
  ...(['milliseconds', 'per second', 'share', 'count', 'cores', 'number'] as const),
  ...(['bytes', 'bytes per second', 'bytes per minute', 'bytes per 1000 requests'] as const),
]

export const OPERATORS = ['<', '<=', '>', '>='] as const

const BUDGET = {
  /** `p99`, `steps.login.p99`, `generator.cpu`. */
  key: text,
  /**
   * Keys below `budgets` that lead to it: `['steps', 'login', 'p99']`. Names of steps, targets and series may hold
   * dots.
   */
  path: list(text) as Kind<readonly string[], false>,
  /** The figure that is judged. */
  metric: oneOf(...METRICS),
  /** Subject of the figure. */
  of: oneOf('iterations', 'requests', 'step', 'target', 'generator'),
  /** Key of a step. */
  step: optional(text),
  /** Name of the target, where it has one. */
  target: optional(text),
  /** Name of the series. */
  series: optional(text),
  /** Destination of round trips: `127.0.0.1:5432`. Absent: all. */
  destination: optional(text),
  /** Kind of latency. Absent: the whole request. */
  latency: optional(oneOf('firstEvent')),
  /** 0 to 1, for percentiles. */
  quantile: optional(quantile),
  /** How the value has to compare with the bound. */
  operator: oneOf(...OPERATORS),
  /** Bound in the unit. */
  bound: number,
  /** Unit of the bound. */
  unit: optional(oneOf(...UNITS)),
  /** How `dropped` and `resent` are bounded; absent for the other metrics. */
  as: optional(oneOf('count', 'share')),
  /** The bound of `cpu` as a share of the machine, if it was written so. */
  ofMachine: optional(share),
  /** Unit of the growth of memory. */
  per: optional(oneOf('minute', '1000 requests')),
  /** When it ends the run. */
  abort: optional(object({ hold: milliseconds })),
  /** Length of the windows, in each of which the budget has to hold. */
  everyWindow: optional(milliseconds),
  /** `p99 <= 100 ms`. */
  title: text,
}

/** One budget, read and checked: plain data. */
export interface Budget extends Of<typeof BUDGET> {}

export const budget = object(BUDGET)

const ends = { lower: optional(number), upper: optional(number) }

export const VERDICTS = ['pass', 'fail', 'inconclusive'] as const
export const DOUBTED = list(object({ kind: text as Kind<Doubt['kind'] | 'own delay' | 'failures', false>, ...ends }))

const REASON = {
  /**
   * `doubt`: a doubt of the run, or the load generator's own delay. `range`: where the value would lie without doubts.
   * `few samples`: there are too few for the percentile. `error`: the most common error. `cause`: the cause in the
   * application, in words. `other`: all else.
   */
  kind: oneOf('doubt', 'range', 'few samples', 'error', 'cause', 'other'),
  /** Kind of the doubt, or the error. */
  of: optional(text),
  /** One or more sentences. */
  text,
}

/** Why a verdict is not a pass. */
export interface Reason extends Of<typeof REASON> {}

const JUDGED = {
  /** Measured value. */
  value: number,
  /** Bound of the budget. */
  bound: number,
  /** By which share of the bound the value is above it, below it where negative; absent where the bound is 0. */
  margin: optional(number),
  /**
   * Lower end of the range in which the value would lie without the doubts, and with as many samples as one likes (95 %
   * confidence). An end that is absent is not known. If both keep to the bound, or neither does, the verdict is
   * certain.
   */
  lower: optional(number),
  /** Upper end of that range. */
  upper: optional(number),
  /** The doubts that touch the value, and between which values it would lie without each. */
  doubts: DOUBTED,
}

/** Numbers behind a verdict, in the metric's own unit: milliseconds, per second, shares of one, bytes. */
export interface Judged extends Of<typeof JUDGED> {}

const VERDICT = {
  /** `p99`, `steps.login.p99`, `memory`. */
  budget: text,
  /** `p99 <= 100 ms`. */
  title: text,
  /** Value as text with its unit: `87.2 ms`; `no data` if it is missing. */
  value: text,
  /** `inconclusive`: what was measured does not tell. */
  verdict: oneOf(...VERDICTS),
  /** One or more sentences, worded from the parts: what was seen, why, what to do. Empty for a pass. */
  because: text,
  /**
   * Figures that belong next to a value that misses its bound: `service time 198 ms: …`. Next to an error rate that
   * keeps to its bound: the upper limit of so few (95 % confidence), if that is above the bound.
   */
  aside: optional(text),
  /** Why there are no data, why it decides nothing, or where to look; none of a pass. */
  reasons: list(object(REASON)),
  /** A footnote: doubts that touch the value and do not change the verdict, with what it would be without them. */
  note: optional(text),
  /** Figures behind the verdict; absent where there are no data. */
  judged: optional(object(JUDGED)),
  /** Cause in the application, as far as one was looked for. */
  cause: optional(cause),
}

/** One budget, judged. */
export interface Verdict extends Of<typeof VERDICT> {}

export const verdict = object(VERDICT)
