import type { Budget } from '../../budget/budget.ts'
import { isOfRequests } from '../../budget/budget-kinds.ts'
import { samplesNeeded } from '../../budget/limits.ts'
import { given } from '../../ground/given.ts'
import { formatCount, formatMs, formatRate, formatShare, type Milliseconds, type Share } from '../../ground/units.ts'
import { capitalized, counted, lowered } from '../../ground/words.ts'
import type { MachineHealth } from '../../measure/machine-watch.ts'
import type { Starvation } from '../../measure/neighbours.ts'
import type { TargetChange } from '../../measure/process-changes.ts'
import type { Capacity, Doubt, LatencySummary, LoadReport, ThreadHealth } from '../../measure/report.ts'
import type { LoadPlan } from '../plan/load-plan.ts'
import { type Course, describeDrift, isShort } from '../warm-up/steadiness.ts'
import { moreThreads, notable } from './doubt-words.ts'
import { doubtsOfLost } from './lost-host-messages.ts'
import type { LostHost } from './lost-hosts.ts'
import { doubtsOfMachine } from './machine-doubts.ts'
import type { HostOfRun } from './pool.ts'
import { doubtsOfThreads } from './thread-doubts.ts'

/** Data for the doubts. */
export interface Findings {
  plan: LoadPlan
  state: LoadReport['state']
  cause?: string
  measured: Milliseconds
  /** Whether the load ended because there were no more inputs. */
  isUsedUp?: boolean
  arrivals: LoadReport['measuredArrivals']
  responseTime: LatencySummary
  steps: LoadReport['steps']
  allRequests?: LoadReport['allRequests']
  lateness: LatencySummary
  /** Number of iterations with a known delay. Default: all with a response time. */
  timed?: number
  threads: readonly ThreadHealth[]
  /** Whether the application runs on this machine. Default false. */
  isLocal?: boolean
  /** How much of the machine was left to the application, where its processes are known. */
  starvation?: Starvation
  /** State of the machine of the load or the application; absent if neither is on this one. */
  machine?: MachineHealth | undefined
  /** Processes of the application, or of a named target, that ended in the measured window. */
  changed?: readonly (TargetChange & { target?: string })[]
  /** Result of a warm-up until the load is steady. */
  warmUpCut?: LoadReport['warmUpCut']
  /** And how it went on in the measured window. */
  course?: Course | undefined
  budgets: readonly Budget[]
  /** Hosts that were lost while others went on. */
  lost?: readonly LostHost[]
  /** Hosts of a run of several. */
  hosts?: readonly HostOfRun[] | undefined
  /** Result of a search. */
  capacity?: Capacity
}

/** Reasons to distrust the figures. Each says what was seen, what is the likely cause, and what to do about it. */
export function doubtsOf(findings: Findings): Doubt[] {
  if (findings.state === 'not run') return []
  return [
    ...cutShort(findings),
    ...doubtsOfLost(findings),
    ...neverSteady(findings),
    ...generatorLimit(findings),
    ...machineLimit(findings),
    ...doubtsOfThreads(findings),
    ...lateStarts(findings),
    ...droppedArrivals(findings),
    ...waitsForUsers(findings),
    ...(findings.machine ? doubtsOfMachine({ machine: findings.machine, measured: findings.measured }) : []),
    ...doubtsOfHosts(findings),
    ...(findings.changed ?? []).map(doubtOfChange),
    ...tooFewSamples(findings),
  ]
}

function cutShort({ state, cause, measured, plan, isUsedUp, lost = [] }: Findings): Doubt[] {
  if (state !== 'cut short') return []
  const of = plan.kind === 'iterations' || plan.kind === 'capacity' ? '' : ` of ${formatMs(plan.duration)}`
  const found = `The run was cut short after ${formatMs(measured)}${of}`
  const tooLong = plan.kind === 'iterations' && measured >= plan.duration
  const isGone = lost.reduce((sum, { share }) => sum + share, 0) > 0.999
  const advice = isUsedUp
    ? ['give it more inputs', 'ask for less load']
    : tooLong
      ? ['ask for fewer iterations', 'raise maxDuration']
      : ['let it run to its end']
  const told = { kind: 'cut short' as const, measured, planned: plan.duration, found, cause }
  return [given({ ...told, advice: isGone ? undefined : advice })]
}

function neverSteady(findings: Findings): Doubt[] {
  const { plan, warmUpCut, course } = findings
  if (warmUpCut === undefined || (warmUpCut.steady && !course?.hasChanged)) return []
  const { drift } = warmUpCut
  const waited = plan.warmUp
  const longer = `wait longer (warmUp: '${Math.ceil((2 * waited) / 1_000)}s')`
  const less = [longer, 'ask for less load if a queue grows']
  const [what, advice] =
    warmUpCut.steady && course
      ? [`After ${formatMs(waited)} of warm-up the load was steady, but not in the measured window`, less]
      : isShort(drift)
        ? [
            `In ${formatMs(waited)} of warm-up too few iterations ended to be sure that the load was steady`,
            [longer, 'ask for more load'],
          ]
        : [`After ${formatMs(waited)} of warm-up the load was not steady`, less]
  const figures = warmUpCut.steady && course ? describeCourse(course) : drift && describeDrift(drift)
  const seen = figures === undefined ? '' : ` (${figures})`
  const all = warmUpCut.steady ? '' : ', and the measured window began all the same'
  const cause = advice === less ? 'the API still got faster or slower (compilers, caches, pools, a queue)' : undefined
  const found = `${what}${seen}${all}`
  const reaches = course && { latency: course.latency, tail: course.tail, rate: course.rate }
  const below = course && queueIn(findings, course)
  if (reaches && below !== undefined) reaches.latency = reaches.tail = { ...reaches.latency, below }
  return [{ kind: 'warm-up never steady', waited, change: drift?.change, ...reaches, found, cause, advice }]
}

/** Says `mean latency 12.1 ms in its first half, 14.6 ms in the second`. */
function describeCourse({ from, to }: Course): string {
  return `mean latency ${formatMs(from)} in its first half, ${formatMs(to)} in the second`
}

/** Reach of a latency that may be all wait. */
const ALL: Share = 1e6

/**
 * How far latency in an open model may fall if it may be that of a queue; undefined if it is not. Latency that falls by
 * a third within the window may fall to the shortest of it, because a queue empties at an even pace. If even the
 * shortest response took longer than those at the start of the warm-up, when no queue had grown yet, nothing of it may
 * be left. An application that gets less done than is due, and no faster, is too slow for the load.
 */
function queueIn({ plan, arrivals, measured, responseTime }: Findings, course: Course): Share | undefined {
  const { begin, ended, from, to, rate } = course
  if (plan.model !== 'open' || begin === undefined) return undefined
  if (responseTime.min > begin && ended * (1 + rate.above) * measured >= arrivals.due * 1_000) return ALL
  const shortest = (from + to) / 2 / responseTime.min
  return to < from / EMPTYING ? Math.max(shortest, course.latency.below, course.tail.below) : undefined
}

/** Latency that falls by a smaller factor between the halves of the window is not taken for that of a queue. */
const EMPTYING = 1.5

/** A limit of the generator says nothing about the application. */
function generatorLimit({ plan, capacity }: Findings): Doubt[] {
  if (capacity?.limitedBy !== 'generator' || capacity.missed === undefined) return []
  const { missed, because: cause } = capacity
  const found = `At ${formatRate(missed)} the load generator could not tell whether the application keeps up`
  const advice = [
    moreThreads(plan),
    `raise maxVus (${formatCount(plan.maxVus)}) if all users were busy`,
    'end other programs',
    'run the generator on a machine of its own',
  ]
  return [given({ kind: 'generator limit', rate: missed, found, cause, advice })]
}

/** A limit by other programs on the machine says nothing about it either. */
function machineLimit({ capacity }: Findings): Doubt[] {
  if (capacity?.limitedBy !== 'machine' || capacity.missed === undefined) return []
  const { missed, because: cause } = capacity
  const found = `At ${formatRate(missed)} it was not clear whether the application keeps up, however often it was tried`
  const advice = ['end other programs', 'run the search on a machine of its own']
  return [{ kind: 'machine limit', rate: missed, found, cause, advice }]
}

function lateStarts({ plan, lateness, responseTime }: Findings): Doubt[] {
  const p99 = lateness.p99
  if (lateness.count === 0 || p99 <= notable(responseTime)) return []
  const found = `One in a hundred iterations started more than ${formatMs(p99)} late although a virtual user was free`
  const threads = counted(plan.threads, 'thread')
  const cause = `the machine was busy with something else, or the load is too much for ${threads}`
  const advice = ['end other programs', moreThreads(plan), 'ask for less load']
  return [{ kind: 'late starts', p99, found, cause, advice }]
}

function droppedArrivals({ plan, arrivals }: Findings): Doubt[] {
  const { dropped, due } = arrivals
  if (dropped === 0) return []
  const found =
    `${formatCount(dropped)} of ${formatCount(due)} arrivals (${formatShare(dropped / due)}) were never started, ` +
    `because all ${formatCount(plan.maxVus)} virtual users were busy`
  const advice = ['raise maxVus to start them too', 'ask for less load']
  return [{ kind: 'dropped arrivals', dropped, due, found, cause: WHY_BUSY, advice }]
}

/**
 * An iteration that started has a lateness, unless it had to wait for a user. What was dropped says the same of those
 * that were not.
 */
function waitsForUsers({ plan, arrivals, lateness, responseTime, timed = responseTime.count }: Findings): Doubt[] {
  const { dropped, due } = arrivals
  // Delays that a lost host reported are not start delays.
  const waited = timed - lateness.count
  if (plan.model !== 'open' || dropped > 0 || waited <= 0) return []
  const found =
    `${formatCount(waited)} of ${formatCount(due)} arrivals (${formatShare(waited / due)}) began later than they ` +
    `were due, because all ${formatCount(plan.maxVus)} virtual users were busy`
  const advice = ['raise maxVus to start them at once', 'ask for less load']
  return [{ kind: 'waits for users', waited, due, found, cause: WHY_BUSY, advice }]
}

const WHY_BUSY = 'the API responded more slowly than arrivals came, or maxVus is too low for this rate'

function doubtOfChange({ ended, began, how, target }: TargetChange & { target?: string }): Doubt {
  const whose = target ?? 'the application'
  const gone = ended.length === 1 ? `Process ${ended[0]} of ${whose}` : `Processes ${ended.join(', ')} of ${whose}`
  const seen = `${gone} ended in the measured window${began.length === 0 ? '' : `, and ${began.join(', ')} began`}`
  const shown = `${capitalized(whose)} was started again in the measured window, for ${how}`
  const found = how === undefined ? seen : shown
  const cause = 'memory and CPU are those of two lives'
  const advice = ['look why it ended (a crash, a restart on changed files, a limit of memory)']
  return { kind: 'target changed', ended, began, target, found, cause, advice }
}

/** One doubt for each percentile that is judged; once for each pair of percentile and number of samples. */
function tooFewSamples({ budgets, responseTime, steps, allRequests }: Findings): Doubt[] {
  const doubts = new Map<string, Doubt>()
  for (const { quantile, of, step } of budgets) {
    if (quantile === undefined) continue
    const requests = of === 'requests' ? allRequests : of === 'step' ? steps[step ?? ''] : undefined
    const samples = (isOfRequests({ of }) ? requests?.serviceTime : responseTime)?.count ?? 0
    const needed = samplesNeeded(quantile)
    if (samples >= needed) continue
    const name = `p${Number((quantile * 100).toPrecision(12))}${isOfRequests({ of }) ? ` of ${step ?? of}` : ''}`
    const found = `${counted(samples, 'sample')} of ${formatCount(needed)} that ${name} needs to mean anything`
    const cause = 'the load is too short or too little'
    const advice = ['measure longer', 'judge a lower percentile']
    doubts.set(name, { kind: 'too few samples', quantile, count: samples, needed, found, cause, advice })
  }
  return [...doubts.values()]
}

/** Clocks that went apart by less are as good as clocks get. */
const DRIFT: Milliseconds = 5

/** Doubts about the machine under one of several hosts, by its part of the load, and about its clock. */
export function doubtsOfHosts({ hosts = [], measured, plan }: Pick<Findings, 'hosts' | 'measured' | 'plan'>): Doubt[] {
  return hosts.flatMap(host => [...machineOf(host, measured, host.threads / plan.threads), ...driftOf(host)])
}

function machineOf({ host, used }: HostOfRun, measured: Milliseconds, part: number): Doubt[] {
  if (used === undefined) return []
  return doubtsOfMachine({ machine: used.machine, measured }).map(doubt =>
    'share' in doubt && 'longest' in doubt
      ? {
          ...doubt,
          host,
          share: doubt.share * part,
          found: `On ${host}, which had ${formatShare(part)} of the load, ${lowered(doubt.found)}`,
        }
      : doubt,
  )
}

function driftOf({ host, clock: { drift } }: HostOfRun): Doubt[] {
  if (drift === undefined || Math.abs(drift) <= DRIFT) return []
  const found = `The clock of ${host} went ${formatMs(Math.abs(drift))} ${drift > 0 ? 'ahead' : 'behind'} in the run`
  const cause = 'its part of the load began and ended at other moments than that of the others'
  const advice = ['look at its machine and at the network to it (its clock is asked over it), and run again']
  return [{ kind: 'clock drift', host, drift, found, cause, advice }]
}
