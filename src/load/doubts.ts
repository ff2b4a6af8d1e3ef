import { availableParallelism } from 'node:os'
import type { Budget } from '../budget/budget.ts'
import { samplesNeeded } from '../budget/measured.ts'
import type { Doubt, LatencySummary, LoadReport } from '../measure/report.ts'
import type { Milliseconds, Share } from '../units.ts'
import { formatCount, formatMs, formatShare } from '../units.ts'
import type { LoadPlan } from './load-plan.ts'

/** What there is to doubt by. */
export interface Findings {
  plan: LoadPlan
  state: LoadReport['state']
  cause?: string
  measured: Milliseconds
  arrivals: LoadReport['measuredArrivals']
  responseTime: LatencySummary
  steps: LoadReport['steps']
  lateness: LatencySummary
  /** Of the busiest thread. */
  eventLoopUtilization: Share
  budgets: readonly Budget[]
}

/** Above this share answers wait for the generator, and their time is measured with that wait in it. */
const BUSY: Share = 0.9
/** Starts later than this count, if they are also more than a tenth of the latency that is measured. */
const LATE: Milliseconds = 5
const LATE_SHARE: Share = 0.1

/** Reasons to distrust the figures. Each says what was seen, what is the likely cause, and what to do about it. */
export function doubtsOf(findings: Findings): Doubt[] {
  if (findings.state === 'not run') return []
  return [
    ...cutShort(findings),
    ...saturated(findings),
    ...lateStarts(findings),
    ...droppedArrivals(findings),
    ...tooFewSamples(findings),
  ]
}

function cutShort({ state, cause, measured, plan }: Findings): Doubt[] {
  if (state !== 'cut short') return []
  const of = plan.kind === 'iterations' ? '' : ` of ${formatMs(plan.duration)}`
  const found = `The run was cut short after ${formatMs(measured)}${of}`
  const tooLong = plan.kind === 'iterations' && measured >= plan.duration
  const advice = tooLong ? 'Ask for fewer iterations, or raise maxDuration.' : 'Let it run to its end.'
  const text = `${found}${cause === undefined ? '' : `: ${cause.replace(/\.$/, '')}`}. ${advice}`
  return [{ kind: 'cut short', measured, planned: plan.duration, text }]
}

function saturated({ plan, eventLoopUtilization }: Findings): Doubt[] {
  if (eventLoopUtilization <= BUSY) return []
  const threads = plan.threads === 1 ? 'The load thread' : `The busiest of ${plan.threads} load threads`
  const found = `${threads} was busy ${formatShare(eventLoopUtilization)} of the time, so that answers had to wait for it`
  const text = `${found}: the figures may be the generator's rather than the API's. ${moreThreads(plan)}, ask for less load, or run the generator on a machine of its own.`
  return [{ kind: 'generator saturated', eventLoopUtilization, text }]
}

function lateStarts({ plan, lateness, responseTime }: Findings): Doubt[] {
  const p99 = lateness.p99
  if (lateness.count === 0 || p99 <= Math.max(LATE, LATE_SHARE * responseTime.p99)) return []
  const found = `One in a hundred iterations started more than ${formatMs(p99)} late although a virtual user was free`
  const text = `${found}: the machine was busy with something else, or the load is too much for ${count(plan.threads, 'thread')}. End other programs, ${lower(moreThreads(plan))}, or ask for less load.`
  return [{ kind: 'late starts', p99, text }]
}

function droppedArrivals({ plan, arrivals }: Findings): Doubt[] {
  const { dropped, due } = arrivals
  if (dropped === 0) return []
  const found = `${formatCount(dropped)} of ${formatCount(due)} arrivals (${formatShare(dropped / due)}) were never started, because all ${formatCount(plan.maxVus)} virtual users were busy`
  const text = `${found}: the API answered more slowly than arrivals came, or maxVus is too low for this rate. Raise maxVus to start them too, or ask for less load.`
  return [{ kind: 'dropped arrivals', dropped, due, text }]
}

/** For each percentile that is judged; once for each pair of percentile and number of samples. */
function tooFewSamples({ budgets, responseTime, steps }: Findings): Doubt[] {
  const doubts = new Map<string, Doubt>()
  for (const { quantile, of, step } of budgets) {
    if (quantile === undefined) continue
    const samples = (of === 'step' ? steps[step ?? '']?.serviceTime : responseTime)?.count ?? 0
    const needed = samplesNeeded(quantile)
    if (samples >= needed) continue
    const name = `p${Number((quantile * 100).toPrecision(12))}${of === 'step' ? ` of ${step}` : ''}`
    const text = `${count(samples, 'sample')} of ${formatCount(needed)} that ${name} needs to mean anything: the load is too short or too little. Measure longer, or judge a lower percentile.`
    doubts.set(name, { kind: 'too few samples', quantile, count: samples, needed, text })
  }
  return [...doubts.values()]
}

function moreThreads({ threads }: LoadPlan): string {
  const cores = availableParallelism()
  return threads < cores
    ? `Use more threads (threads: ${Math.min(cores, threads * 2)})`
    : 'Use a machine with more cores'
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1)
}

function count(n: number, what: string): string {
  return `${formatCount(n)} ${what}${n === 1 ? '' : 's'}`
}
