import type { Budget } from '../../budget/budget.ts'
import { isOfRequests } from '../../budget/budget-kinds.ts'
import { samplesNeeded } from '../../budget/limits.ts'
import { ended, failed } from '../../ground/fault.ts'
import { given } from '../../ground/given.ts'
import { formatCount, formatMs, formatRate, formatShare, type Milliseconds, type Share } from '../../ground/units.ts'
import { capitalized, counted, lowered } from '../../ground/words.ts'
import { CROWDED, isStarved } from '../../measure/cpu-wait.ts'
import type { MachineHealth } from '../../measure/machine-watch.ts'
import { OTHERS, type Starvation } from '../../measure/neighbours.ts'
import type { TargetChange } from '../../measure/process-changes.ts'
import type { Capacity, Doubt, LatencySummary, LoadReport, ThreadHealth } from '../../measure/report.ts'
import { usableCores } from '../plan/cores.ts'
import { type LoadPlan, windowOf } from '../plan/load-plan.ts'
import { type Course, describeCourse, describeDrift, isShort } from '../warm-up/steadiness.ts'
import type { LostHost } from './lost-hosts.ts'
import type { HostOfRun } from './pool.ts'

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
    ...targetChanged(findings),
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
  return [
    given({
      ...{ kind: 'cut short' as const, measured, planned: plan.duration, found, cause },
      advice: isGone ? undefined : advice,
    }),
  ]
}

function neverSteady(findings: Findings): Doubt[] {
  const { plan, warmUpCut, course } = findings
  if (warmUpCut === undefined || (warmUpCut.steady && !course?.hasChanged)) return []
  const { drift } = warmUpCut
  const waited = plan.warmUp
  const wait = `warmUp: { ${warmUpCut.steady ? 'atLeast' : 'atMost'}: '${Math.ceil((2 * waited) / 1_000)}s' }`
  const longer = `wait longer (${wait})`
  const less = [longer, 'ask for less load if a queue grows']
  const [what, advice] =
    warmUpCut.steady && course
      ? [`After ${formatMs(waited)} of warm-up the load was steady, but not in the measured window`, less]
      : isShort(drift)
        ? [
            `In ${formatMs(waited)} of warm-up too few iterations ended to be sure that the load was steady`,
            [longer, 'ask for more load', 'give the warm-up a fixed length'],
          ]
        : [`After ${formatMs(waited)} of warm-up the load was not steady`, less]
  const figures = warmUpCut.steady && course ? describeCourse(course) : drift && describeDrift(drift)
  const seen = figures === undefined ? '' : ` (${figures})`
  const all = warmUpCut.steady ? '' : ', and the measured window began all the same'
  const cause = advice === less ? 'the API still got faster or slower (compilers, caches, pools, a queue)' : undefined
  const found = `${what}${seen}${all}`
  const reaches = course && { latency: course.latency, tail: course.tail, rate: course.rate }
  if (reaches && isQueueThatMayEnd(findings)) reaches.latency = reaches.tail = { ...reaches.latency, below: ALL }
  return [{ kind: 'warm-up never steady', waited, change: drift?.change, ...reaches, found, cause, advice }]
}

/** Reach of a latency that may be all wait. */
const ALL: Share = 1e6

/**
 * Whether all of the window was spent in a queue of an open model: its shortest response took longer than those at the
 * start of the warm-up, when no queue had grown yet. If the application has caught up with it, nothing of the latency
 * may be left. One that gets less done than is due, and no faster, is too slow for the load.
 */
function isQueueThatMayEnd({ plan, arrivals, measured, course, responseTime }: Findings): boolean {
  if (plan.model !== 'open' || course?.begin === undefined) return false
  const { begin, ended, rate } = course
  return responseTime.min > begin && ended * (1 + rate.above) * measured >= arrivals.due * 1_000
}

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

function targetChanged({ changed = [] }: Findings): Doubt[] {
  return changed.map(doubtOfChange)
}

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

/** Share of time above which responses wait for the generator, and their time is measured with that wait in it. */
export const BUSY: Share = 0.9
/** Long pauses that make up less than this cannot be seen in a p99. */
const FEW: Share = 0.001
/** A wait of this share is met by one in a hundred requests. */
const SEEN_IN_P99: Share = 0.005
/** A thread that does nothing for so long was not merely busy. */
const STILL: Milliseconds = 1_000

/** Doubts about the load threads themselves. */
function doubtsOfThreads(findings: Findings): Doubt[] {
  if (findings.threads.length === 0) return []
  return [
    ...saturated(findings),
    ...starved(findings),
    ...applicationStarved(findings),
    ...lateResponses(findings),
    ...stoodStill(findings),
    ...collected(findings),
  ]
}

function saturated({ plan, threads }: Findings): Doubt[] {
  const busy = threads.filter(thread => thread.eventLoopUtilization > BUSY)
  if (busy.length === 0) return []
  const eventLoopUtilization = worst(threads, thread => thread.eventLoopUtilization)
  const share = formatShare(eventLoopUtilization)
  const who =
    threads.length === 1
      ? `The load thread was busy ${share} of the time`
      : busy.length === 1
        ? `1 of ${threads.length} load threads${hostsOf(busy)} was busy ${share} of the time`
        : `${busy.length} of ${threads.length} load threads${hostsOf(busy)} were busy up to ${share} of the time`
  const found = `${who}, so that responses had to wait for ${busy.length === 1 ? 'it' : 'them'}`
  const cause = "the figures may be the generator's rather than the API's"
  const advice = [moreThreads(plan), 'ask for less load', 'run the generator on a machine of its own']
  return [{ kind: 'generator saturated', eventLoopUtilization, found, cause, advice }]
}

/** ` (on eu-1)`, where threads are on several hosts. */
function hostsOf(threads: readonly ThreadHealth[]): string {
  const names = [...new Set(threads.flatMap(({ host }) => host ?? []))].sort()
  return names.length === 0 ? '' : ` (on ${names.join(', ')})`
}

function starved(findings: Findings): Doubt[] {
  const { threads } = findings
  const isLocal = findings.isLocal && findings.starvation === undefined
  const hungry = hungryOf(threads)
  if (hungry.length === 0) return []
  const share = worst(hungry, thread => thread.waited ?? 0)
  const longest = worst(hungry, thread => thread.longestWait ?? 0)
  const thread = threads.length === 1 ? 'The load thread' : `One of ${threads.length} load threads${hostsOf(hungry)}`
  const found = `${thread} had work to do but no core for ${formatShare(share)} of the time, ${withinSecond(longest)}`
  const whose = isLocal ? "the generator's CPU, and the application's on the same machine" : "the generator's CPU"
  const cause = `something else takes ${whose}, and that wait is in every latency`
  const advice = ['end other programs', 'give the generator a core of its own']
  return [{ kind: 'generator starved', share, longest, isShared: isLocal || undefined, found, cause, advice }]
}

const SECOND: Milliseconds = 1_000

/** A look that comes late counts the waits of more than a second. */
const withinSecond = (longest: Milliseconds) =>
  longest < SECOND ? `up to ${formatMs(longest)} of a second` : 'at times for a whole second'

/** ` on eu-1`: the host of the thread of which most is, where threads are on several. */
function hostOfWorst(threads: readonly ThreadHealth[], of: (thread: ThreadHealth) => number): string {
  const most = worst(threads, of)
  const host = threads.find(thread => of(thread) === most)?.host
  return host === undefined ? '' : ` on ${host}`
}

function hungryOf(threads: Findings['threads']): readonly ThreadHealth[] {
  return threads.filter(({ waited = 0, spareCores: spare }) => isStarved({ share: waited, spare }))
}

/**
 * Waits of an application for other programs, not for itself: as many busy threads as cores wait for one another. Next
 * to a starved generator, waits of up to the size that a p99 allows.
 */
function applicationStarved({ threads, starvation }: Findings): Doubt[] {
  if (starvation === undefined || starvation.others < OTHERS) return []
  const { spare, others, ...waits } = starvation
  const { share, longest } = waits
  const isHungry = hungryOf(threads).length > 0 ? share > SEEN_IN_P99 : isStarved({ share, spare })
  if (!isHungry) return []
  const found =
    `The application had work to do but no core for ${formatShare(share)} of the time, ${withinSecond(longest)}, ` +
    `while other programs used ${formatShare(others)} of one`
  const advice = ['end other programs', 'give the application cores of its own']
  return [{ kind: 'application starved', ...waits, found, cause: 'that wait is in every latency', advice }]
}

/** Also of closed models, where no start is late: it is the responses that wait. */
function lateResponses({ plan, threads, responseTime }: Findings): Doubt[] {
  const delay = (thread: ThreadHealth) => thread.delay.p99
  const p99 = worst(threads, delay)
  const waited = worst(threads, thread => thread.waited ?? 0)
  if (p99 <= notable(responseTime)) return []
  const crowded = waited > CROWDED
  const cause = crowded
    ? `for ${formatShare(waited, 2)} of the time it was ready to run, other programs had the cores`
    : 'its work comes in lumps, or it stood still'
  const advice = crowded
    ? ['end other programs', 'give the generator cores of its own', moreThreads(plan)]
    : [moreThreads(plan), 'ask for less load']
  const where = hostOfWorst(threads, delay)
  const found = `At one in a hundred moments a load thread${where} got to what was due more than ${formatMs(p99)} late`
  return [{ kind: 'late answers', p99, waited: crowded ? waited : undefined, found, cause, advice }]
}

function stoodStill({ threads, measured }: Findings): Doubt[] {
  const delay = (thread: ThreadHealth) => thread.delay.longest
  const longest = worst(threads, delay)
  if (longest < STILL) return []
  const found = `A load thread${hostOfWorst(threads, delay)} stood still for ${formatMs(longest)}`
  const cause = 'the process was stopped or swapped out, its machine slept, or it was long without a core'
  const advice = ['let nothing else run on the machine, and run again']
  return [{ kind: 'stood still', longest, share: shareOf(longest, measured), found, cause, advice }]
}

function collected({ threads, measured, responseTime }: Findings): Doubt[] {
  const longestOf = ({ gc }: ThreadHealth) => gc.longest
  const longest = worst(threads, longestOf)
  const long = worst(threads, ({ gc }) => gc.long)
  const share = shareOf(long, measured)
  if (longest <= notable(responseTime) || (share < FEW && longest <= responseTime.max / 2)) return []
  const pauses = worst(threads, ({ gc }) => gc.count)
  const total = formatMs(worst(threads, ({ gc }) => gc.total))
  const times = `${formatCount(pauses)} times, for ${formatMs(longest)} at the longest and ${total} in all`
  const where = hostOfWorst(threads, longestOf)
  const often = pauses === 1 ? `once, for ${total}` : times
  const found = `The garbage collector of a load thread${where} paused it ${often}`
  const advice = [
    'take smaller inputs and responses',
    'use more threads',
    'give Node more room (NODE_OPTIONS=--max-semi-space-size=64)',
  ]
  return [{ kind: 'GC pauses', longest, share, found, cause: 'responses waited meanwhile', advice }]
}

function worst(threads: readonly ThreadHealth[], of: (thread: ThreadHealth) => number): number {
  return Math.max(...threads.map(of))
}

function shareOf(time: Milliseconds, measured: Milliseconds): Share {
  return measured > 0 ? Math.min(1, time / measured) : 0
}

/** Less than this the host always takes. */
const STOLEN: Share = 0.01
/** Wall clocks are set in steps from about an eighth of a second on; less is made up for slowly. */
const JUMP: Milliseconds = 100

/** Doubts about the machine under the generator (and, where both are on one, under the application). */
function doubtsOfMachine({ machine, measured }: { machine: MachineHealth; measured: Milliseconds }): Doubt[] {
  return [...stolen(machine), ...throttled(machine, measured), ...clockJump(machine, measured)]
}

function stolen({ stolen }: MachineHealth): Doubt[] {
  if (stolen === undefined || stolen.share < STOLEN) return []
  const { share, longest } = stolen
  const found =
    `The host took ${formatShare(share, 2)} of this machine's CPU time for others (steal), up to ` +
    `${formatMs(longest)} at a time`
  const cause = 'both generator and API stood still meanwhile'
  const advice = ['run again', 'run on a machine with cores of its own']
  return [{ kind: 'stolen CPU', longest, share, found, cause, advice }]
}

function throttled({ throttled }: MachineHealth, measured: Milliseconds): Doubt[] {
  if (throttled === undefined || throttled.throttled === 0) return []
  const { throttled: times, periods, time } = throttled
  const longest = time / times
  const found =
    `The CPU quota of this container was used up in ${formatCount(times)} of ${formatCount(periods)} periods, and ` +
    `all in it stood still for ${formatMs(time)} altogether`
  const share = shareOf(time, measured)
  return [{ kind: 'throttled CPU', longest, share, found, advice: ['raise the quota (cpu.max)', 'ask for less load'] }]
}

function clockJump({ clockJump }: MachineHealth, measured: Milliseconds): Doubt[] {
  const longest = Math.abs(clockJump)
  if (longest < JUMP) return []
  const way = clockJump > 0 ? 'forwards' : 'back'
  const found = `The wall clock jumped ${formatMs(longest)} ${way}`
  const cause =
    'it was set, or the machine slept. Latencies are taken from another clock, but connections and the API may not ' +
    'have been the same after it'
  const share = shareOf(longest, measured)
  return [{ kind: 'clock jump', longest, share, found, cause, advice: ['run again'] }]
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

/** Hosts that were lost by the same within so long were lost at once. */
const AT_ONCE: Milliseconds = 1_000

/** Why no load began: what each host had to say. */
export function lostBefore(lost: readonly LostHost[]): string {
  return lost.map(({ host, why }) => ended(failed('run', `the share of agent ${host}`, why))).join(' ')
}

/** The share of a lost host is not given to another host: it is missing from load and figures. */
export function doubtsOfLost({ lost = [], hosts = [], arrivals, plan }: Findings): Doubt[] {
  return atOnce(lost).map(group => {
    const { at } = group[0]!
    const host = group
      .map(({ host }) => host)
      .sort()
      .join(', ')
    const share = group.reduce((sum, { share }) => sum + share, 0)
    const isKnown = group.every(({ missing }) => missing !== undefined)
    const missing = isKnown ? group.reduce((sum, { missing = 0 }) => sum + missing, 0) : undefined
    const isOne = group.length === 1
    const why = whyOf(group[0]!)
    const ofAll = missing === undefined ? '' : `, ${formatShare(missing / (arrivals.due + missing))} of all at the most`
    const were = `${group.length} of ${hosts.length} hosts ${isOne ? 'was' : 'were'} lost ${momentOf(at, plan)}`
    const what = `${formatShare(share)} of ${plan.model === 'open' ? 'arrivals' : 'users'} from then on${ofAll}`
    const found = `${were} (${host}, ${why}), and with ${isOne ? 'it' : 'them'} ${what}`
    return { kind: 'lost host' as const, host, at, share, missing, found, advice: [adviceFor(group)] }
  })
}

/** Reason as a part of a sentence, without the text after a colon. */
const whyOf = ({ why }: LostHost) => why.replace(/^it (was )?/, '').replace(/[.:](?= )/g, ',')

function atOnce(lost: readonly LostHost[]): LostHost[][] {
  const groups: LostHost[][] = []
  for (const one of lost) {
    const group = groups.find(([first]) => first!.why === one.why && Math.abs(first!.at - one.at) < AT_ONCE)
    if (group) group.push(one)
    else groups.push([one])
  }
  return groups
}

/** `12.0 s after the start, 10.0 s into the measured window`. */
function momentOf(at: Milliseconds, plan: Findings['plan']): string {
  const start = `${formatMs(at)} after the start`
  const { from, to } = windowOf(plan)
  if (from === 0 || plan.kind === 'capacity') return start
  if (at < from) return `${start}, in the warm-up`
  return at < to ? `${start}, ${formatMs(at - from)} into the measured window` : `${start}, after the measured window`
}

function adviceFor(group: readonly LostHost[]): string {
  if (group.some(({ why }) => /\bNATS\b/.test(why))) return 'see that NATS stays within reach, and run again'
  return `look at ${group.length === 1 ? `the log of ${group[0]!.host}` : 'their logs'}, and run again`
}

/** Delays above this count, if they also exceed a tenth of the measured latency. */
const LATE: Milliseconds = 5
const LATE_SHARE: Share = 0.1

/** Delay from which on a doubt is worth telling. */
function notable(responseTime: LatencySummary): Milliseconds {
  return Math.max(LATE, LATE_SHARE * responseTime.p99)
}

function moreThreads({ threads }: LoadPlan): string {
  const cores = usableCores()
  return threads < cores
    ? `use more threads (threads: ${Math.min(cores, threads * 2)})`
    : 'use a machine with more cores'
}
