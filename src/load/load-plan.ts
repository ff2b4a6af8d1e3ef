import type { Interval } from '../measure/report.ts'
import type { Milliseconds, PerSecond } from '../units.ts'
import { formatCount, formatMs, formatRate } from '../units.ts'
import type { AdaptivePlan } from './limit/plan.ts'
import { nameOfSignal } from './limit/plan.ts'

/**
 * A load shape, read: plain data in milliseconds and events a second, complete, so that a thread can be handed one.
 * In time: ramp-up, warm-up, the measured plateau (`duration`), ramp-down, and at most `gracefulStop` to drain.
 */
export type LoadPlan = PlanTimes & (OpenPlan | ClosedPlan | CountedPlan | AdaptivePlan)

export interface PlanTimes {
  rampUp: Milliseconds
  warmUp: Milliseconds
  /** The measured plateau. For a number of iterations: the longest it may take. */
  duration: Milliseconds
  rampDown: Milliseconds
  gracefulStop: Milliseconds
  /** Worker threads, at least 1. */
  threads: number
  /** Most virtual users at once, over all threads. */
  maxVus: number
}

/** Arrivals come whether or not earlier ones are done. `rps` counts requests, `rate` iterations. */
export interface OpenPlan {
  model: 'open'
  kind: 'rps' | 'rate'
  rate: PerSecond
}

/** Virtual users loop as fast as they are answered. */
export interface ClosedPlan {
  model: 'closed'
  kind: 'vus'
  vus: number
}

/** Every virtual user runs so many iterations. */
export interface CountedPlan {
  model: 'closed'
  kind: 'iterations'
  vus: number
  iterations: number
}

export type PhaseName = Interval['phase']

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
  add('ramp-up', plan.rampUp)
  add('warm-up', plan.warmUp)
  add('measured', plan.duration)
  add('ramp-down', plan.rampDown)
  return phases
}

/** Where the measured window begins and ends, from the start of the run. */
export function windowOf(plan: LoadPlan): { from: Milliseconds; to: Milliseconds } {
  const from = plan.rampUp + plan.warmUp
  return { from, to: from + plan.duration }
}

/** From the start until no new iteration begins. */
export function lengthOf(plan: LoadPlan): Milliseconds {
  return plan.rampUp + plan.warmUp + plan.duration + plan.rampDown
}

/** The longest a run of the plan may take, draining included: a test's time-out is this and some slack. */
export function longestRun(plan: LoadPlan): Milliseconds {
  return lengthOf(plan) + plan.gracefulStop
}

/** Virtual users that one thread may have: its part of those of all threads. */
export function usersOfThread(
  { maxVus }: LoadPlan,
  { index, count }: { index: number; count: number },
): number {
  return Math.floor(maxVus / count) + (index < maxVus % count ? 1 : 0)
}

/** `200 requests/s for 30 s (ramp up 5 s, warm-up 3 s)`. */
export function describePlan(plan: LoadPlan): string {
  const around = [
    plan.rampUp > 0 ? `ramp up ${formatMs(plan.rampUp)}` : '',
    plan.warmUp > 0 ? `warm-up ${formatMs(plan.warmUp)}` : '',
    plan.rampDown > 0 ? `ramp down ${formatMs(plan.rampDown)}` : '',
  ].filter(part => part !== '')
  return describeLoad(plan) + (around.length > 0 ? ` (${around.join(', ')})` : '')
}

function describeLoad(plan: LoadPlan): string {
  switch (plan.kind) {
    case 'rps':
      return `${formatRate(plan.rate).replace('/s', '')} requests/s for ${formatMs(plan.duration)}`
    case 'rate':
      return `${formatRate(plan.rate).replace('/s', '')} iterations/s for ${formatMs(plan.duration)}`
    case 'vus':
      return `${count(plan.vus, 'virtual user')} for ${formatMs(plan.duration)}`
    case 'iterations':
      return `${count(plan.vus, 'virtual user')}, ${count(plan.iterations, 'iteration')} each`
    case 'adaptive':
      return `up to ${count(plan.maxVus, 'virtual user')} at a ${nameOfSignal(plan.signal)} of ${formatMs(plan.latency)} for ${formatMs(plan.duration)}`
  }
}

function count(n: number, what: string): string {
  return `${formatCount(n)} ${what}${n === 1 ? '' : 's'}`
}
