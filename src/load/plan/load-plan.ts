import type { Budget } from '../../budget/budget.ts'
import type { Random } from '../../ground/random.ts'
import {
  formatCount,
  formatMs,
  formatNumber,
  formatShare,
  type Milliseconds,
  type PerSecond,
  type Share,
} from '../../ground/units.ts'
import { counted } from '../../ground/words.ts'
import type { Interval } from '../../measure/report.ts'

/**
 * A load shape, read: plain data in milliseconds and events a second, complete, so that a thread can be handed one.
 * In time: ramp-up, warm-up, the measured plateau (`duration`), ramp-down, and at most `gracefulStop` to drain.
 */
export type LoadPlan = PlanTimes & (OpenPlan | ClosedPlan | CountedPlan | AdaptivePlan | CapacityPlan)

export interface PlanTimes {
  rampUp: Milliseconds
  /** Maximum length, if it lasts until the load is `steady`, until the end is known. */
  warmUp: Milliseconds
  /** The warm-up ends when the load is steady, but lasts at least so long. */
  steady?: { atLeast: Milliseconds }
  /** The measured plateau. For a number of iterations: the longest it may take. */
  duration: Milliseconds
  rampDown: Milliseconds
  /** How long iterations in flight may finish after the plan. */
  gracefulStop: Milliseconds
  /** Worker threads, at least 1. */
  threads: number
  /** Maximum virtual users at once, over all threads. */
  maxVus: number
  /** Seed of random values: the load is the same with any number of threads. */
  seed: number
  /** Pause of a virtual user between the requests of an iteration. */
  thinkTime?: Pause
}

/** Arrivals come whether or not earlier ones are done. `rps` counts requests, `rate` iterations. */
export interface OpenPlan {
  model: 'open'
  kind: 'rps' | 'rate'
  /** The highest of the plan. */
  rate: PerSecond
  /** The rate over the whole plan, ramps and warm-up included. */
  curve: Curve
}

/** Virtual users loop as fast as responses come. */
interface ClosedPlan {
  model: 'closed'
  kind: 'vus'
  /** Maximum users over the whole plan. */
  vus: number
  /** Users over the whole plan, ramps and warm-up included. */
  curve: Curve
  /** Time from the beginning of a user's iteration to the beginning of its next one, at least. */
  pacing?: Pause
}

/** Every virtual user runs so many iterations, or (`shared`, in rounds of comparisons) those of a thread together. */
interface CountedPlan extends Pick<ClosedPlan, 'model' | 'vus' | 'pacing'> {
  kind: 'iterations'
  iterations: number
  shared?: true
}

type PhaseName = Interval['phase']

/** A stretch of a plan; `to` is not part of it. */
export interface Phase {
  name: PhaseName
  from: Milliseconds
  to: Milliseconds
}

/** The plan's phases in time, empty ones left out. */
export function phasesOf(plan: LoadPlan): Phase[] {
  const phases: Phase[] = []
  let from = 0
  const add = (name: PhaseName, length: Milliseconds) => {
    if (length > 0) phases.push({ name, from, to: from + length })
    from += length
  }
  if (plan.kind === 'capacity') {
    add('warm-up', plan.warmUp)
    add('search', plan.rampUp)
  } else {
    add('ramp-up', plan.rampUp)
    add('warm-up', plan.warmUp)
  }
  add('measured', plan.duration)
  add('ramp-down', plan.rampDown)
  return phases
}

/** Start and end of the measured window, from the start of the run. */
export function windowOf(plan: PlanTimes): { from: Milliseconds; to: Milliseconds } {
  const from = plan.rampUp + plan.warmUp
  return { from, to: from + plan.duration }
}

/** Time from the start until no new iteration begins. */
export function lengthOf(plan: PlanTimes): Milliseconds {
  return plan.rampUp + plan.warmUp + plan.duration + plan.rampDown
}

/**
 * The plan with a warm-up, or a search, that ends at a moment before its own end: the load goes on from there as it
 * would have from that.
 */
export function settledAt(plan: LoadPlan, at: Milliseconds): LoadPlan {
  if (plan.kind === 'capacity') return { ...plan, rampUp: Math.max(0, at - plan.warmUp) }
  const settled = { ...plan, warmUp: Math.max(0, at - plan.rampUp) }
  if (!('curve' in settled)) return settled
  const { from } = windowOf(plan)
  return {
    ...settled,
    curve: curveOf([...partOf(settled.curve, 0, at), ...partOf(settled.curve, from, lengthOf(plan))]),
  }
}

/** Whether the load is to be the same from the beginning of the measured window to its end. */
export function isLevel(plan: LoadPlan): boolean {
  if (!('curve' in plan)) return plan.kind === 'iterations'
  const { from, to } = windowOf(plan)
  const ramps = partOf(plan.curve, from, to)
  return ramps.every(ramp => ramp.from === ramps[0]!.from && ramp.to === ramps[0]!.from)
}

/** The longest a run of the plan may take, draining included: a test's time-out is this and some slack. */
export const longestRun = (plan: LoadPlan): Milliseconds => lengthOf(plan) + plan.gracefulStop

/** Iterations of all users together within the measured window. */
export const iterationsOf = ({ vus, iterations }: CountedPlan): number => vus * iterations

/** Virtual users that are there from the beginning; undefined where their number follows from the load. */
export function steadyUsers({ model, kind, maxVus }: LoadPlan): number | undefined {
  return model === 'open' || kind === 'adaptive' ? undefined : maxVus
}

/** Virtual users that one thread may have: its part of those of all threads. */
export function usersOfThread({ maxVus }: LoadPlan, { index, count }: { index: number; count: number }): number {
  return Math.floor(maxVus / count) + (index < maxVus % count ? 1 : 0)
}

/** `200 requests/s for 30 s (ramp up 5 s, warm-up 3 s)`. */
export function describePlan(plan: LoadPlan): string {
  const around = [
    plan.kind === 'capacity' ? `at most ${formatMs(plan.limit)}` : '',
    plan.rampUp > 0 && plan.kind !== 'capacity' ? `ramp up ${formatMs(plan.rampUp)}` : '',
    plan.steady
      ? `warm-up until steady, ${formatMs(plan.warmUp)} at most`
      : plan.warmUp > 0
        ? `warm-up ${formatMs(plan.warmUp)}`
        : '',
    plan.rampDown > 0 ? `ramp down ${formatMs(plan.rampDown)}` : '',
  ].filter(part => part !== '')
  return describeLoad(plan) + (around.length > 0 ? ` (${around.join(', ')})` : '')
}

/**
 * `200 requests/s for 30 s`.
 *
 * @param user what a virtual user is called.
 */
export function describeLoad(plan: LoadPlan, user = 'virtual user'): string {
  const time = `for ${formatMs(plan.duration)}`
  switch (plan.kind) {
    case 'rps':
      return `${levels(plan, perSecond)} requests/s ${time}`
    case 'rate':
      return `${levels(plan, perSecond)} iterations/s ${time}`
    case 'vus':
      return `${levels(plan, formatCount)} ${user}${plan.vus === 1 ? '' : 's'} ${time}`
    case 'iterations':
      return `${counted(plan.vus, user)}, ${counted(plan.iterations, 'iteration')} each`
    case 'capacity':
      return (
        'highest rate at ' +
        `${plan.latency.title}${plan.errorRate < 1 ? ` and errors <= ${formatShare(plan.errorRate)}` : ''}, held ` +
        `for ${formatMs(plan.hold)}`
      )
    case 'adaptive':
      return `up to ${counted(plan.maxVus, user)} at a mean of ${formatMs(plan.latency)} ${time}`
  }
}

const MOST_LEVELS = 6

/** Levels of the measured window: `100`, `100 → 1,000 → 100`. */
function levels(plan: PlanTimes & (OpenPlan | ClosedPlan), show: (value: number) => string): string {
  const { from, to } = windowOf(plan)
  const values = partOf(plan.curve, from, to).flatMap(ramp => [ramp.from, ramp.to])
  const passed = values.filter((value, index) => value !== values[index - 1]).map(show)
  const shown = passed.length > MOST_LEVELS ? [...passed.slice(0, MOST_LEVELS - 2), '…', passed.at(-1)] : passed
  return shown.join(' → ')
}

const perSecond = (rate: PerSecond) => formatNumber(rate)

/**
 * A search for the highest rate that holds. In time: the warm-up at `from`, the search (`rampUp`, at the longest), and
 * the measured window at the rate that was found (`duration`), which begins when the search is over.
 */
export interface CapacityPlan {
  model: 'open'
  kind: 'capacity'
  /** Bound for the response time of iterations at a rate that holds. */
  latency: Budget
  /** Failed iterations that are allowed, as a share of finished ones. */
  errorRate: Share
  /** Requests a second at the beginning. */
  from: PerSecond
  /** No higher rate is tried. */
  to: PerSecond
  /** How long a rate has to hold. */
  hold: Milliseconds
  /** No probe begins later. */
  limit: Milliseconds
}

/** Rates are not looked for below this. */
export const LOWEST_RATE: PerSecond = 0.1

/** Probes of one search at most. */
export const MOST_PROBES = 64

/**
 * Virtual users that loop, as many as a limit allows, which follows the latency. Their number is the plan's `maxVus` at
 * most.
 */
export interface AdaptivePlan {
  model: 'closed'
  kind: 'adaptive'
  latency: Milliseconds
  /** Virtual users at the start. */
  from: number
}

/** A length of time that may be drawn anew each time. Plain data. */
export type Pause =
  | { kind: 'fixed'; length: Milliseconds }
  /** Any of a range, all alike. */
  | { kind: 'uniform'; from: Milliseconds; to: Milliseconds }
  /** The normal distribution, with what is below zero taken for zero. */
  | { kind: 'normal'; mean: Milliseconds; deviation: Milliseconds }

export function drawPause(pause: Pause, random: Random): Milliseconds {
  switch (pause.kind) {
    case 'fixed':
      return pause.length
    case 'uniform':
      return pause.from + (pause.to - pause.from) * random.next()
    case 'normal':
      return Math.max(0, pause.mean + pause.deviation * random.normal())
  }
}

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

/** Highest value that is reached, also for a moment. */
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

const valueWithin = ({ from, to, length }: Ramp, at: Milliseconds): number => from + ((to - from) * at) / length

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
