import { performance } from 'node:perf_hooks'
import { judge } from '../../budget/judge.ts'
import { given } from '../../ground/given.ts'
import { formatCount, formatMs, type Milliseconds, type Share } from '../../ground/units.ts'
import { counted } from '../../ground/words.ts'
import { isLoopback } from '../../http/loopback.ts'
import type { Starvation } from '../../measure/neighbours.ts'
import type { AnswerGroup, LoadReport } from '../../measure/report.ts'
import type { Plan } from '../../workflow/plan.ts'
import { iterationsOf, type LoadPlan, lengthOf, windowOf } from '../plan/load-plan.ts'
import type { TransportChoice } from '../plan/transport-choice.ts'
import { assertBalanced, type Ledgers } from '../thread/ledger.ts'
import type { ThreadEnd, ThreadResult } from '../thread/protocol.ts'
import type { Course } from '../warm-up/steadiness.ts'
import { doubtsOf } from './doubts.ts'
import { generatorOf, hostFigures, usageBy } from './host-figures.ts'
import type { LostHosts } from './lost-hosts.ts'
import { mergeThreads } from './merge.ts'
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

/** HTTP transport. If the version is negotiated, the server decides. */
function speakersOf(results: readonly ThreadResult[]): string {
  const names = results.flatMap(({ transport }) => transport.name.split(' and '))
  return [...new Set(names)].sort().join(' and ')
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
    return cutShort(`all rows of inputs were used${of}`)
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
