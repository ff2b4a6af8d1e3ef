import {
  byName,
  bytes,
  count,
  field,
  flag,
  list,
  milliseconds,
  number,
  type Of,
  object,
  oneOf,
  optional,
  share,
  text,
} from '../kinds.ts'
import { addedTexts } from '../latency-counts.ts'
import { all, fields, greater, max, mean, min, names, places, type Rule, shifted, sum, turns } from '../rules.ts'

const TARGET = {
  memory: field(bytes, max),
  cpu: field(share, max),
  heap: field(optional(bytes), max),
  /** Series of a Prometheus target, by name. */
  series: field(optional(byName(number)), names(max)),
}

/** Resources of a target in one second. */
export interface TargetInterval extends Of<typeof TARGET> {}

const PHASES = ['warm-up', 'ramp-up', 'search', 'measured', 'ramp-down'] as const
type Phase = (typeof PHASES)[number]

/** Intervals of runs side by side add up. Percentiles of two intervals do not: the higher stands. */
const FIGURES = {
  length: field(milliseconds, max),
  /** Iterations that were to start. */
  due: field(count, sum),
  /** Iterations that did. */
  started: field(count, sum),
  /** Iterations that never will. */
  dropped: field(count, sum),
  /** Iterations that ended well. */
  passed: field(count, sum),
  /** Iterations that ended otherwise. */
  failed: field(count, sum),
  /** Requests that got a response. */
  requests: field(count, sum),
  /** Attempts at a step that failed. */
  errors: field(count, sum),
  /** Iteration latency within it (response time in open models, service time in closed ones). */
  p50: field(milliseconds, max),
  p95: field(milliseconds, max),
  p99: field(milliseconds, max),
  mean: field(
    milliseconds,
    mean<Record<'passed' | 'failed', number>>(({ passed, failed }) => passed + failed),
  ),
  /**
   * Iteration latencies by size, `40:1,3,12`: the number of the first bucket, and how many fell into it and into those
   * that follow. Bucket 4n begins at 2^n us, and a doubling has four of the same width. Absent when none ended.
   */
  latencyCounts: field(optional(text), addedTexts),
}

const PART = {
  /** Time from the beginning of its second. */
  start: field(milliseconds, min),
  ...FIGURES,
}

const INTERVAL = {
  /** Time from the start of the run (warm-up included). */
  start: field(milliseconds, min),
  /** Phase of the plan. */
  phase: field(
    oneOf(...PHASES),
    greater<Phase>(phase => PHASES.indexOf(phase)),
  ),
  ...FIGURES,
  /** Attempts that poll, as `retried` of a step; absent when there were none. */
  retried: field(optional(count), sum),
  /** Iterations in flight at its end. */
  inFlight: field(number, sum),
  /** Iterations in flight, the mean over it; absent of one without length. */
  concurrency: field(optional(number), sum),
  /** Requests by step, with a response or without. */
  stepRequests: field(optional(byName(count)), names(sum)),
  /** Sum of service times by step, for requests that reached a server. */
  stepTimes: field(optional(byName(milliseconds)), names(sum)),
  /** Attempts that failed by kind, as in `errors`; absent when none did. */
  errorKinds: field(optional(byName(count)), names(sum)),
  /**
   * 99 of 100 iterations that began in it did so at most so late, by the generator's own doing; absent where none can
   * be late.
   */
  lateness: field(optional(milliseconds), max),
  /** Resources of the application. */
  target: field(optional(object(TARGET)), fields(TARGET)),
  /** Usage of the named targets. */
  targets: field(optional(byName(object(TARGET))), names(fields(TARGET))),
  /** Virtual users allowed at its end, in adaptive runs. */
  limit: field(optional(number), sum),
  /** Its parts of a quarter of a second; absent of runs that were to take more than 20 s. */
  parts: field(optional(list(object(PART))), places(fields(PART))),
}

/** One second of a run. Counts are of that second. */
export interface Interval extends Of<typeof INTERVAL> {}

export const interval = object(INTERVAL)
export const mergeSeries = turns(places(fields(INTERVAL)), shifted<Interval>('start', 'length'))

const CHANGE = {
  /** Time from the start of the run. */
  at: milliseconds,
  /** Virtual users before. */
  from: number,
  /** Virtual users after. */
  to: number,
  /** Mean or percentile of the service time of the iterations that ended in the window before. */
  signal: milliseconds,
  /** `mean 62.3 ms is over 50 ms`. */
  because: text,
}

/** A change of the limit of an adaptive run. */
export interface LimitChange extends Of<typeof CHANGE> {}

export const change = object(CHANGE)
export const mergeChanges = turns(all<LimitChange>('at'), shifted<LimitChange>('at', 'length'))

const SETTLING = {
  /** Whether it came to where the latency is what was asked for, and stayed there. */
  settled: flag,
  /** Time from the start of the run; absent where it has not settled. */
  since: optional(milliseconds),
  /** `36 to 42 users since 4.2 s`, or why it has not. */
  because: text,
}

/** Whether the limit of an adaptive run has settled. */
export interface LimitSettling extends Of<typeof SETTLING> {}

export const settling = object(SETTLING)

const WINDOW = {
  /** Time from the beginning of the measured window. */
  start: milliseconds,
  length: milliseconds,
  /** Value in the budget's own unit; absent when there is nothing to judge. */
  value: optional(number),
  /** How many values it was judged by. */
  count,
  /** Whether it was kept: `open` where a percentile's confidence limits lie on both sides of the bound. */
  standing: oneOf('kept', 'missed', 'open'),
  /** Whether the value is a lower bound: it lies among requests that were cut. */
  isLeast: optional(flag),
}

/** How a budget of windows did in each of them. */
export interface WindowFigure extends Of<typeof WINDOW> {}

export const window = object(WINDOW)

const isRate = (key: string): boolean => key === 'rps' || key === 'iterationRate'
const follow = shifted<WindowFigure>('start', 'measured')

/**
 * Windows of runs one after the other follow one another. Of runs side by side a budget has to hold in those of each;
 * only rates add up, for each run made a part of the load.
 */
export const mergeWindows: Rule<Record<string, WindowFigure[]>> = (a, b, at) => {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  const rule = (key: string) =>
    !at.isParallel ? follow : isRate(key) ? places(addedRate(key)) : all<WindowFigure>('start')
  return Object.fromEntries(keys.map(key => [key, rule(key)(a[key] ?? [], b[key] ?? [], at)!]))
}

/** Worst first. */
const STANDINGS = ['missed', 'open', 'kept'] as const

function addedRate(key: string): Rule<WindowFigure> {
  return (a, b, { keeps }) => {
    const value = a.value === undefined || b.value === undefined ? undefined : a.value + b.value
    const isKept = value !== undefined && keeps(key, value)
    const worst = STANDINGS.find(standing => a.standing === standing || b.standing === standing)!
    return {
      start: Math.min(a.start, b.start),
      length: Math.max(a.length, b.length),
      value,
      count: a.count + b.count,
      standing: isKept === undefined ? worst : isKept ? 'kept' : 'missed',
    }
  }
}
