import { performance } from 'node:perf_hooks'
import { judge } from '../../budget/judge.ts'
import { given } from '../../ground/given.ts'
import { formatCount, formatMs, type Milliseconds, type Share } from '../../ground/units.ts'
import { counted } from '../../ground/words.ts'
import { isLoopback } from '../../http/loopback.ts'
import { noCounts } from '../../http/pooled-transport.ts'
import type { TransportCounters } from '../../http/transport.ts'
import { requestsOf } from '../../measure/all-requests.ts'
import { errorRateOf } from '../../measure/error-rate.ts'
import { emptySummary, mergeSummaries } from '../../measure/histogram.ts'
import type { Starvation } from '../../measure/neighbours.ts'
import { mergeUsage } from '../../measure/report/usage.ts'
import {
  type AnswerGroup,
  type HostFigures,
  type LatencySummary,
  type LoadReport,
  mergeReport,
  type ResourceUsage,
  type ThreadHealth,
} from '../../measure/report.ts'
import type { Merging, Span } from '../../measure/rules.ts'
import { countedAnew } from '../../measure/usage-window.ts'
import type { Plan } from '../../workflow/plan.ts'
import { intervalOf } from '../capacity/search.ts'
import type { RunFigures } from '../metrics/figures.ts'
import { iterationsOf, type LoadPlan, lengthOf, windowOf } from '../plan/load-plan.ts'
import type { TransportChoice } from '../plan/transport-choice.ts'
import { assertBalanced, type Ledger, type Ledgers, NOTHING_ARRIVED } from '../thread/ledger.ts'
import type { ThreadEnd, ThreadResult } from '../thread/protocol.ts'
import type { Course } from '../warm-up/steadiness.ts'
import { doubtsOf } from './doubts.ts'
import type { LostHost, LostHosts } from './lost-hosts.ts'
import type { Usage } from './meters.ts'
import type { HostOfRun } from './pool.ts'
import type { Prepared } from './prepare.ts'

/** All that a run has measured, as its report is made of it. */
export interface RawRun {
  prepared: Pick<Prepared, 'plan' | 'shape' | 'budgets' | 'inputs' | 'runHooks'>
  /** Plan, with the measured window where it really was. */
  load: LoadPlan
  /** Why it ended before its plan, if it did. */
  end: RunEnd
  ends: readonly ThreadEnd[]
  ledgers: Ledgers
  lost: Pick<LostHosts, 'books' | 'figures' | 'hosts'>
  /** Hosts that threads were on, where these were others. */
  hosts: readonly HostOfRun[] | undefined
  usage: Usage
  /** Targets that could not be read, in words. */
  unread: readonly string[]
  /** Whether the load or the application was on this machine. */
  isNear: boolean
  /** How the application was starved between two clock readings, if that was watched. */
  starvation: ((from: Milliseconds, to: Milliseconds) => Starvation | undefined) | undefined
  transport: TransportChoice
  /** Milliseconds since the epoch. */
  startedAt: Milliseconds
  course: Course | undefined
  /** Parts of the report as they are. */
  seen: Pick<
    LoadReport,
    | ('environment' | 'warmUpCut' | 'answers' | 'iterationTimes' | 'series' | 'windows')
    | ('limitChanges' | 'limitSettling' | 'capacity')
  >
}

/** The report of a run, with its doubts and verdicts. Throws when the books do not balance. */
export function reportOf(raw: RawRun): LoadReport {
  const { prepared, load, ends, ledgers, hosts, usage, transport, startedAt, seen } = raw
  const { plan, shape, budgets } = prepared
  const results = ends.flatMap(end => (end.state === 'done' ? [end.result] : []))
  const books = raw.lost.books(ledgers.all)
  const stepKeys = plan.steps.map(({ key }) => key)
  const merged = mergeThreads(stepKeys, books, results, raw.lost.figures())
  assertBalanced(merged.arrivals, 'the run')
  assertBalanced(merged.measuredArrivals, 'the measured window')
  const end = settledEnd(raw.end, prepared, load, ledgers, results, merged.measuredArrivals)
  const { lateness, timed: _, threads, connections, ...figures } = merged
  const eventLoopUtilization = Math.max(0, ...threads.map(thread => thread.eventLoopUtilization))
  const hooks = prepared.runHooks.ofThreads(ends)
  const warnings = [...raw.unread, ...undocumentedPasses(plan, seen.answers)]
  const isUsedUp = results.some(({ ended }) => ended.isUsedUp || ended.withoutRow !== undefined)
  const lost = raw.lost.hosts(books, { load, isUsedUp, measured: merged.measured })
  const from = startedAt - performance.timeOrigin + windowOf(load).from
  const report: LoadReport = given({
    ...end,
    workflow: { file: plan.document.file, workflowId: plan.workflowId },
    shape,
    model: load.model,
    transport: { name: speakersOf(results) || transport.name, why: transport.why, ...connections },
    startedAt: new Date(startedAt).toISOString(),
    warmUp: load.rampUp + load.warmUp,
    threads: load.threads,
    maxVus: load.maxVus,
    ...figures,
    ...seen,
    ...usageBy(hosts !== undefined, { target: usage.target, targets: usage.targets }, figures),
    generator: { ...(hosts ? generatorOf(hosts) : usage.generator), lateness, eventLoopUtilization, threads },
    hooks: hooks.length > 0 ? hooks : undefined,
    budgets,
    hosts: hosts && hostFigures(hosts, books, ends, lost),
    doubts: doubtsOf({
      plan: load,
      ...end,
      budgets,
      ...merged,
      arrivals: merged.measuredArrivals,
      machine: raw.isNear ? usage.machine : undefined,
      changed: usage.changed,
      ...{ lost, isUsedUp },
      hosts,
      warmUpCut: seen.warmUpCut,
      capacity: seen.capacity,
      isLocal: plan.origins.some(isLoopback),
      starvation: raw.starvation?.(from, from + figures.measured),
      course: raw.course,
    }),
    verdicts: [],
    warnings: warnings.length > 0 ? warnings : undefined,
  })
  return { ...report, verdicts: judge(report, budgets) }
}

/**
 * Responses that passed though OpenAPI does not document their status: a warning for each step and status. Where
 * redirects are followed it is not known which responses are of the operation's own resource, and nothing is said.
 */
function undocumentedPasses(
  { steps, followRedirects }: Pick<Plan, 'steps' | 'followRedirects'>,
  groups: readonly AnswerGroup[],
): string[] {
  if (followRedirects) return []
  return groups.flatMap(({ step, status, requests, errors }) => {
    const checks = steps.find(({ key }) => key === step)?.checks
    const failed = Object.values(errors).reduce((sum, count) => sum + count, 0)
    const passed = requests - failed
    if (checks === undefined || passed <= 0 || !/^\d+$/.test(status)) return []
    const documented = checks.documentedBeside(Number(status))
    if (documented === undefined) return []
    return [
      `${counted(passed, 'response')} of ${step} passed with status ${status}, which OpenAPI does not document ` +
        `(only ${documented})`,
    ]
  })
}

/** A load that has waited for inputs for so long, and such a share of its length, when it ends is not whole. */
const LEAST_STALL: Milliseconds = 500
const STALLED: Share = 0.25

/** How a run ended: by its plan, or before it and why. */
export type RunEnd = Pick<LoadReport, 'state' | 'cause' | 'endedBy'>

/** Why a run is to end before its plan; `endedBy` is the budget that ends it. */
export type EndReason = [state: LoadReport['state'], cause?: string, endedBy?: LoadReport['endedBy']]

/** The first reason counts. */
export function firstEnd(before: RunEnd, [state, cause, endedBy]: EndReason): RunEnd {
  if (before.state === 'completed') return given({ state, cause, endedBy })
  // It is only known by now why there was no response.
  return given({ ...before, cause: before.cause ?? cause })
}

/** Adds what only shows at the end: no response at all, inputs that were used up, a plan that took too long. */
export function settledEnd(
  end: RunEnd,
  { plan, inputs }: Pick<Prepared, 'plan' | 'inputs'>,
  load: LoadPlan,
  ledgers: Ledgers,
  results: readonly ThreadResult[],
  measured: Pick<LoadReport['measuredArrivals'], 'started' | 'dropped'>,
): RunEnd {
  const cutShort = (cause: string) => firstEnd(end, ['cut short', cause])
  const stalled = Math.max(0, ...results.map(({ ended }) => ended.stalled ?? 0))
  const withoutRow = results.reduce((sum, { ended }) => sum + (ended.withoutRow ?? 0), 0)
  if (ledgers.isWithoutResponse && (ledgers.isFailed || end.state === 'completed')) {
    const failure = results.find(({ recorded }) => recorded.firstFailure)?.recorded.firstFailure?.message
    const found = `no request to ${plan.origins.join(', ')} got a response in ${formatMs(lengthOf(load))}`
    return {
      ...end,
      state: 'not run',
      cause: failure ?? end.cause ?? `${found}. Check that the application is not stuck.`,
    }
  }
  // The first response came when the run was being stopped.
  if (end.state === 'not run' && end.cause === undefined)
    return { ...end, state: 'cut short', cause: 'no request had got a response, and several had failed' }
  if (inputs.kind !== 'fixed' && results.some(({ ended }) => ended.isUsedUp)) {
    const { started } = measured
    if (load.kind === 'iterations' ? started >= iterationsOf(load) : hasWholeWindow(load, results)) return end
    const of =
      load.kind === 'iterations'
        ? ` after ${formatCount(started)} of ${formatCount(iterationsOf(load))} iterations`
        : ''
    const isError = inputs.whenExhausted === 'error'
    return cutShort(`all rows of inputs were used${of}${isError ? ' (whenExhausted: error)' : ''}`)
  }
  if (withoutRow > 0 && (load.model === 'closed' || measured.dropped > 0)) {
    const users = `${formatCount(withoutRow)} of ${counted(load.maxVus, 'virtual user')}`
    const isNumberKnown = load.model === 'closed' && load.kind !== 'adaptive'
    return cutShort(`${isNumberKnown ? users : 'further virtual users'} had no row of inputs (per: vu)`)
  }
  if (stalled > Math.max(LEAST_STALL, STALLED * lengthOf(load)))
    return cutShort(`the function of inputs had returned none for ${formatMs(stalled)}. Look what it waits for`)
  if (results.some(({ ended }) => ended.reason === 'cut short')) {
    const longest = load.kind === 'capacity' ? load.limit : load.duration
    return cutShort(`it took longer than its ${formatMs(longest)} (maxDuration)`)
  }
  return end
}

const hasWholeWindow = (load: LoadPlan, results: readonly ThreadResult[]) =>
  results.every(({ recorded }) => recorded.window.to >= windowOf(load).to)

/** Parts of a report that come from threads, as they are. */
type Part = Pick<
  LoadReport,
  | ('measured' | 'arrivals' | 'measuredArrivals' | 'requests' | 'responseTime' | 'serviceTime')
  | ('steps' | 'errors' | 'slowest' | 'bodiesReadInPart' | 'transport')
>

/** The part of a report that comes from the threads. */
interface Merged
  extends Omit<Part, 'transport'>,
    Pick<LoadReport, 'allRequests' | 'rps' | 'iterationRate' | 'errorRate'> {
  lateness: LatencySummary
  /** Iterations with a response time, of threads that reported start delays: those of lost hosts do not. */
  timed: number
  threads: ThreadHealth[]
  /** Transport without who and why. */
  connections: Omit<LoadReport['transport'], 'name' | 'why'>
}

const span: Span = { measured: 0, length: 0, begun: 0, requests: 0 }
/** Merges figures that were measured at the same time. */
const SIDE_BY_SIDE: Merging = { isParallel: true, spans: [span, span], keeps: () => undefined, settle: intervalOf }

/**
 * Adds up what the threads measured, by the rules of the report. The ledgers are of all threads; a thread that was lost
 * has no results, and its latencies are missing from the histograms but for what it had `told`.
 */
export function mergeThreads(
  stepKeys: readonly string[],
  ledgers: readonly Ledger[],
  results: readonly ThreadResult[],
  told: readonly Partial<LoadReport>[] = [],
): Merged {
  const parts = [...ledgers.map(inBooks), ...results.map(result => partOf(stepKeys, result)), ...told]
  const { transport, ...whole } = parts.reduce<Part>(
    (a, b) => mergeReport(a as LoadReport, b as LoadReport, SIDE_BY_SIDE)!,
    nothingOf(stepKeys),
  )
  const { name: _, why: __, ...connections } = transport
  const iterations = ledgers.reduce((sum, ledger) => sum + ledger.throughput().iterations, 0)
  return {
    ...whole,
    allRequests: requestsOf(whole),
    rps: ratePerSecond(whole.requests, whole.measured),
    iterationRate: ratePerSecond(iterations, whole.measured),
    errorRate: errorRateOf(whole.measuredArrivals) ?? 0,
    lateness: results.map(({ recorded }) => recorded.lateness).reduce(mergeSummaries, emptySummary()),
    timed: results.reduce((sum, { recorded }) => sum + recorded.responseTime.count, 0),
    threads: results.flatMap(({ health }) => health ?? []),
    connections,
  }
}

/** HTTP transport. If the version is negotiated, the server decides. */
function speakersOf(results: readonly ThreadResult[]): string {
  const names = results.flatMap(({ transport }) => transport.name.split(' and '))
  return [...new Set(names)].sort().join(' and ')
}

function nothingOf(stepKeys: readonly string[]): Part {
  const none = emptySummary()
  return {
    measured: 0,
    requests: 0,
    arrivals: NOTHING_ARRIVED,
    measuredArrivals: NOTHING_ARRIVED,
    responseTime: none,
    serviceTime: none,
    errors: [],
    slowest: [],
    steps: Object.fromEntries(stepKeys.map(key => [key, { requests: 0, errors: 0, serviceTime: none }])),
    transport: transportOf(noCounts()),
  }
}

function inBooks(ledger: Ledger): Partial<Part> {
  const { requests } = ledger.throughput()
  return { requests, arrivals: ledger.whole(), measuredArrivals: ledger.measured() }
}

function partOf(
  stepKeys: readonly string[],
  { recorded, transport, bodiesReadInPart, health }: ThreadResult,
): Partial<Part> {
  const { responseTime, serviceTime, steps, errors, slowest, window } = recorded
  const { host } = health ?? {}
  const onHost = <T>(one: T): T => (host === undefined ? one : { ...one, host })
  return {
    measured: window.to - window.from,
    responseTime,
    serviceTime,
    errors: errors.map(group => ({ ...group, exemplars: group.exemplars.map(onHost) })),
    slowest: slowest.map(onHost),
    steps: Object.fromEntries(stepKeys.map((key, step) => [key, steps[step]!])),
    ...(bodiesReadInPart > 0 && { bodiesReadInPart }),
    transport: transportOf(transport.counters, transport),
  }
}

function transportOf(
  counters: TransportCounters,
  { name, protocols = ['h1'] }: Partial<ThreadResult['transport']> = {},
): LoadReport['transport'] {
  const { streams, streamsAtOnce, mostStreams } = counters
  return {
    name: name ?? '',
    why: '',
    protocol: name === undefined ? undefined : protocols.join(' and ') || undefined,
    streams: streams > 0 ? { count: streams, mean: streamsAtOnce / streams, most: mostStreams } : undefined,
    connectionsOpened: counters.opened,
    connectionsLost: counters.lost,
    connectionsReopened: counters.reconnected,
    requestsReused: counters.reused,
    requestsSent: counters.requests,
    requestsResent: counters.resent || undefined,
    requestsRefused: counters.refused || undefined,
    requestsWaited: counters.waits,
    waitingTime: counters.waited,
  }
}

function ratePerSecond(count: number, length: Milliseconds): number {
  return length > 0 ? (count * 1000) / length : 0
}

type Used = Pick<LoadReport, 'target' | 'targets'>
type Counted = Pick<LoadReport, 'requests' | 'measured'>

/** Figures of each host of a run. Ledgers and ends are those of all threads, by their numbers. */
function hostFigures(
  hosts: readonly HostOfRun[],
  ledgers: readonly Ledger[],
  ends: readonly ThreadEnd[],
  lost: readonly LostHost[],
): HostFigures[] {
  return hosts.map(({ host, machine, clock, first, threads, used }) => {
    const own = ends.slice(first, first + threads).flatMap(end => (end.state === 'done' ? [end.result] : []))
    const lateness = own.map(({ recorded }) => recorded.lateness).reduce(mergeSummaries, emptySummary())
    const busy = own.flatMap(({ health }) => (health ? [health.eventLoopUtilization] : []))
    const opened = own.map(({ transport }) => transport.counters.opened)
    const generator = used?.generator
    return {
      host,
      threads,
      share: threads / ledgers.length,
      lostAt: lost.find(one => one.host === host)?.at,
      machine,
      clock,
      started: startedOf(ledgers, first, threads),
      lateness: lateness.count > 0 ? lateness.p99 : undefined,
      eventLoopUtilization: busy.length > 0 ? Math.max(...busy) : undefined,
      cpu: isRead(generator, 'cpu') ? generator.cpu : undefined,
      memory: isRead(generator, 'memory') ? generator.memoryPeak : undefined,
      connectionsOpened: own.length > 0 ? sum(opened) : undefined,
    }
  })
}

/** How many iterations each host has begun by now. */
export function startedBy(
  hosts: readonly HostOfRun[],
  ledgers: readonly Ledger[],
  lost: readonly LostHost[],
): NonNullable<RunFigures['hosts']> {
  return hosts.map(({ host, first, threads }) => ({
    host,
    started: startedOf(ledgers, first, threads),
    isLost: lost.some(one => one.host === host),
  }))
}

const GONE = 'no host is left that would say'
const UNKNOWN: ResourceUsage = {
  ...{ memoryPeak: 0, memoryMean: 0, memoryStart: 0, memoryEnd: 0, cpu: 0, cores: 0, samples: 0 },
  of: 'agents',
  missing: { memory: GONE, cpu: GONE },
}

/** Resources of a load generator on several hosts: each figure is that of the host that used most. */
function generatorOf(hosts: readonly HostOfRun[]): ResourceUsage {
  const all = hosts.flatMap(({ used }) => (used ? [used.generator] : []))
  if (all.length === 0) return UNKNOWN
  return {
    ...all.reduce((a, b) => mergeUsage(a, b, SIDE_BY_SIDE)!),
    of: `the most that one of ${counted(all.length, 'agent')} used`,
  }
}

/**
 * Usage of the application with CPU per request by the requests that threads of other hosts counted in the window.
 * Their reports at its edges are up to half a second old.
 */
export function usageBy<T extends Used>(isElsewhere: boolean, usage: T, { requests, measured }: Counted): T {
  // The length of a window without a complete host is unknown.
  if (!isElsewhere || requests === 0 || measured === 0) return usage
  const counted = (one: ResourceUsage) => countedAnew(one, measured, requests)
  const { target, targets } = usage
  const named = targets && Object.entries(targets).map(([name, one]) => [name, counted(one)])
  return { ...usage, target: target && counted(target), targets: named && Object.fromEntries(named) }
}

const startedOf = (ledgers: readonly Ledger[], first: number, threads: number): number =>
  sum(ledgers.slice(first, first + threads).map(ledger => ledger.whole().started))

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)

function isRead(usage: ResourceUsage | undefined, name: string): usage is ResourceUsage {
  return usage !== undefined && usage.samples > 0 && usage.missing?.[name] === undefined
}
