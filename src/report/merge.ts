import type { Budget } from '../budget/budget.ts'
import { failed } from '../ground/errors.ts'
import { intervalOf } from '../load/capacity/outcome.ts'
import { mergeErrorGroups } from '../load/thread/error-groups.ts'
import { mergeSlowest } from '../load/thread/slowest.ts'
import { mergeAnswers } from '../measure/answers.ts'
import { mergeSummaries } from '../measure/histogram.ts'
import type { Capacity, Doubt, Interval, LoadReport, StepStatistics } from '../measure/report.ts'
import { mergeTargets, mergeUsage } from './merge-usage.ts'
import { lengthOf, mergeEnds, mergeLimitChanges, mergeWindows } from './merge-windows.ts'

/**
 * Several runs of one plan as one: shards that ran at the same time, whose rates add up, or halves that ran one after the other,
 * whose times do. Percentiles are those of all samples together. Verdicts are not merged: they are to be judged anew.
 *
 * Throws for runs of different workflows or models, and when there is none. The order in which they are given changes nothing.
 *
 * @param budgets those that the windows of runs at the same time are judged by, once they are added up.
 */
export function mergeReports(reports: readonly LoadReport[], budgets: readonly Budget[] = []): LoadReport {
  for (const other of reports.slice(1)) assertAlike(reports[0]!, other)
  const ran = reports.filter(({ state }) => state !== 'not run')
  const [first, ...others] = sideBySide([...(ran.length > 0 ? ran : reports)].sort(inTime)).map(group =>
    group.reduce((a, b) => mergeTwo(a, b, budgets, true)),
  )
  if (first === undefined) throw new Error(failed('merge', 'results', 'there are none', 'Give at least one.'))
  const merged = others.reduce((a, b) => mergeTwo(a, b, budgets, false), first)
  const states = reports.map(({ state }) => state)
  const lost = states.filter(state => state === 'not run').length
  if (lost === 0 || ran.length === 0) return merged
  const cause = `${lost} of ${reports.length} runs did not run`
  return {
    ...merged,
    state: 'cut short',
    cause: merged.cause === undefined ? cause : `${cause}; ${merged.cause}`,
  }
}

/** Those that ran at the same time, together. */
function sideBySide(reports: readonly LoadReport[]): LoadReport[][] {
  const groups: LoadReport[][] = []
  for (const report of reports) {
    const group = groups.find(members => members.some(member => overlap(member, report)))
    if (group) group.push(report)
    else groups.push([report])
  }
  return groups
}

/** By when they began; of two at the same moment any order will do that is always the same. */
export function inTime(a: LoadReport, b: LoadReport): number {
  const begun = Date.parse(a.startedAt) - Date.parse(b.startedAt)
  if (begun !== 0) return begun
  const [left, right] = [a, b].map(report => JSON.stringify(report)) as [string, string]
  return left < right ? -1 : left > right ? 1 : 0
}

function assertAlike(a: LoadReport, b: LoadReport): void {
  const differ = (what: string, left: string, right: string) => {
    if (left === right) return
    const found = `one is of ${what} ${left}, another of ${right}`
    throw new Error(failed('merge', 'results', found, 'Merge only runs of the same load test.'))
  }
  differ('workflow', a.workflow.workflowId, b.workflow.workflowId)
  differ('model', a.model, b.model)
}

function mergeTwo(a: LoadReport, b: LoadReport, budgets: readonly Budget[], isParallel: boolean): LoadReport {
  const windows = mergeWindows(a, b, isParallel, budgets)
  const limitChanges = mergeLimitChanges(a, b, isParallel)
  const capacity = mergeCapacity(a, b)
  const measured = isParallel ? Math.max(a.measured, b.measured) : a.measured + b.measured
  const measuredArrivals = addCounts(a.measuredArrivals, b.measuredArrivals)
  const { passed, failed } = measuredArrivals
  const requests = a.requests + b.requests
  const bodiesReadInPart = (a.bodiesReadInPart ?? 0) + (b.bodiesReadInPart ?? 0)
  // Of runs side by side the shorter one made its rate for a part of the time only.
  const rate = (of: (report: LoadReport) => number) =>
    measured > 0 ? (of(a) * a.measured) / measured + (of(b) * b.measured) / measured : 0
  const warnings = [...(a.warnings ?? []), ...(b.warnings ?? [])]
  const causes = [a.cause, b.cause].filter(cause => cause !== undefined)
  const target = a.target && b.target ? mergeUsage(a.target, b.target, a, b) : (a.target ?? b.target)
  const targets = mergeTargets(a, b)
  return {
    ...a,
    state: a.state === 'completed' && b.state === 'completed' ? 'completed' : 'cut short',
    ...(causes.length > 0 && { cause: [...new Set(causes)].join('; ') }),
    ...mergeEnds(a, b, isParallel),
    ...((a.warmUpCut ?? b.warmUpCut) && {
      warmUpCut: [a, b].find(isUnsteady)?.warmUpCut ?? a.warmUpCut ?? b.warmUpCut,
    }),
    transport: mergeTransports(a.transport, b.transport),
    measured,
    threads: isParallel ? a.threads + b.threads : Math.max(a.threads, b.threads),
    maxVus: isParallel ? a.maxVus + b.maxVus : Math.max(a.maxVus, b.maxVus),
    arrivals: addCounts(a.arrivals, b.arrivals),
    measuredArrivals,
    requests,
    rps: rate(({ rps }) => rps),
    iterationRate: rate(({ iterationRate }) => iterationRate),
    errorRate: passed + failed > 0 ? failed / (passed + failed) : 0,
    responseTime: mergeSummaries(a.responseTime, b.responseTime),
    serviceTime: mergeSummaries(a.serviceTime, b.serviceTime),
    steps: mergeSteps(a.steps, b.steps),
    errors: mergeErrorGroups([a.errors, b.errors]),
    answers: mergeAnswers([a.answers, b.answers]),
    ...((a.slowest ?? b.slowest) && { slowest: mergeSlowest([a.slowest ?? [], b.slowest ?? []]) }),
    ...(bodiesReadInPart > 0 && { bodiesReadInPart }),
    ...(target && { target }),
    ...(targets && { targets }),
    ...(capacity && { capacity }),
    generator: {
      ...a.generator,
      ...mergeUsage(a.generator, b.generator, a, b),
      lateness: mergeSummaries(a.generator.lateness, b.generator.lateness),
      eventLoopUtilization: Math.max(a.generator.eventLoopUtilization, b.generator.eventLoopUtilization),
      threads: [...a.generator.threads, ...b.generator.threads],
    },
    ...(windows && { windows }),
    ...(limitChanges && { limitChanges }),
    series: isParallel ? addSeries(a.series, b.series) : [...a.series, ...shifted(a.series, b.series)],
    doubts: distinct([...a.doubts, ...b.doubts]),
    verdicts: [],
    ...(warnings.length > 0 && { warnings: [...new Set(warnings)] }),
  }
}

/** Of searches one after the other: a rate holds or not by what both found. Side by side each would have been the other's limit. */
function mergeCapacity({ capacity: a, ...first }: LoadReport, second: LoadReport): Capacity | undefined {
  const { capacity: b } = second
  if (a === undefined || b === undefined) return a ?? b
  const [firstEnd, secondBegin] = [
    Date.parse(first.startedAt) + lengthOf(first),
    Date.parse(second.startedAt),
  ]
  if (secondBegin < firstEnd) {
    const found = 'two searches for the capacity ran at the same time, and each was a limit of the other'
    throw new Error(failed('merge', 'results', found, 'Run them one after the other.'))
  }
  const later = b.probes.map(probe => ({ ...probe, at: probe.at + lengthOf(first) }))
  const probes = [...a.probes, ...later]
  const { latency, errorRate, within, to, hold } = a
  const shared = { latency, errorRate, within, to, ...(hold !== undefined && { hold }) }
  return { ...shared, ...intervalOf(probes, hold ?? Math.max(...probes.map(({ length }) => length))), probes }
}

type Connections = LoadReport['transport']

function mergeTransports(a: Connections, b: Connections): Connections {
  const resent = (a.requestsResent ?? 0) + (b.requestsResent ?? 0)
  return {
    name: a.name === b.name ? a.name : `${a.name} and ${b.name}`,
    why: a.why === b.why ? a.why : `${a.why}; ${b.why}`,
    connectionsOpened: a.connectionsOpened + b.connectionsOpened,
    connectionsLost: a.connectionsLost + b.connectionsLost,
    connectionsReopened: a.connectionsReopened + b.connectionsReopened,
    requestsReused: a.requestsReused + b.requestsReused,
    ...(resent > 0 && { requestsResent: resent }),
    requestsWaited: a.requestsWaited + b.requestsWaited,
    waitingTime: a.waitingTime + b.waitingTime,
  }
}

/** A warm-up that never ended says more than one that did. */
function isUnsteady({ warmUpCut }: LoadReport): boolean {
  return warmUpCut?.steady === false
}

/** Whether most of the shorter run took place during the other. */
function overlap(a: LoadReport, b: LoadReport): boolean {
  const window = (report: LoadReport) => {
    const from = Date.parse(report.startedAt) + report.warmUp
    return { from, to: from + report.measured }
  }
  const [left, right] = [window(a), window(b)]
  const shared = Math.min(left.to, right.to) - Math.max(left.from, right.from)
  return shared > Math.min(a.measured, b.measured) / 2
}

type Counts = LoadReport['arrivals']

function addCounts(a: Counts, b: Counts): Counts {
  return {
    due: a.due + b.due,
    dropped: a.dropped + b.dropped,
    started: a.started + b.started,
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    aborted: a.aborted + b.aborted,
  }
}

function mergeSteps(a: LoadReport['steps'], b: LoadReport['steps']): LoadReport['steps'] {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  const both = (left: StepStatistics | undefined, right: StepStatistics | undefined) => {
    if (left === undefined || right === undefined) return (left ?? right)!
    return {
      ...left,
      requests: left.requests + right.requests,
      errors: left.errors + right.errors,
      serviceTime: mergeSummaries(left.serviceTime, right.serviceTime),
    }
  }
  return Object.fromEntries(keys.map(key => [key, both(a[key], b[key])]))
}

function shifted(before: readonly Interval[], after: readonly Interval[]): Interval[] {
  const by = lengthOf({ series: before })
  return after.map(interval => ({ ...interval, start: interval.start + by }))
}

/** Second by second. Percentiles of two seconds do not add up: the higher stands. */
function addSeries(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const length = Math.max(a.length, b.length)
  return Array.from({ length }, (_, i) => {
    const [left, right] = [a[i], b[i]]
    if (left === undefined || right === undefined) return (left ?? right)!
    const finished = { left: left.passed + left.failed, right: right.passed + right.failed }
    const all = finished.left + finished.right
    return {
      ...left,
      due: left.due + right.due,
      started: left.started + right.started,
      dropped: left.dropped + right.dropped,
      passed: left.passed + right.passed,
      failed: left.failed + right.failed,
      requests: left.requests + right.requests,
      errors: left.errors + right.errors,
      inFlight: left.inFlight + right.inFlight,
      ...((left.limit ?? right.limit) !== undefined && { limit: (left.limit ?? 0) + (right.limit ?? 0) }),
      ...((left.target ?? right.target) && { target: left.target ?? right.target }),
      ...((left.targets ?? right.targets) && { targets: { ...right.targets, ...left.targets } }),
      p50: Math.max(left.p50, right.p50),
      p95: Math.max(left.p95, right.p95),
      p99: Math.max(left.p99, right.p99),
      ...((left.lateness ?? right.lateness) !== undefined && {
        lateness: Math.max(left.lateness ?? 0, right.lateness ?? 0),
      }),
      mean: all > 0 ? (left.mean * finished.left + right.mean * finished.right) / all : 0,
    }
  })
}

/** Each once. Two that read alike, for figures are rounded there, are as large as the larger. */
function distinct(doubts: readonly Doubt[]): Doubt[] {
  const found = new Map<string, Doubt>()
  for (const doubt of doubts) {
    const key = JSON.stringify([doubt.kind, 'target' in doubt && doubt.target, doubt.text])
    const known = found.get(key)
    found.set(key, known === undefined ? doubt : larger(known, doubt))
  }
  return [...found.values()]
}

function larger(known: Doubt, other: Doubt): Doubt {
  const figures = Object.entries(known).flatMap(([name, value]) => {
    const also: unknown = other[name as keyof Doubt]
    return typeof value === 'number' && typeof also === 'number' ? [[name, Math.max(value, also)]] : []
  })
  return { ...other, ...Object.fromEntries(figures) }
}
