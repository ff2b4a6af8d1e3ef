import { formatAttempts, messageOf, placeOf } from '../budget/cause.ts'
import { workOf } from '../budget/metrics/resources.ts'
import { wordsOfTrips } from '../budget/metrics/round-trips.ts'
import { uncheckedIn } from '../budget/metrics/share.ts'
import { continued } from '../ground/fault.ts'
import { plain } from '../ground/plain.ts'
import {
  formatBytes,
  formatCount,
  formatMs,
  formatNumber,
  formatRate,
  formatShare,
  type Milliseconds,
} from '../ground/units.ts'
import { counted } from '../ground/words.ts'
import { describeLoad } from '../load/plan/load-plan.ts'
import { readShape } from '../load/plan/shape.ts'
import { percentileOf, undelayedOf } from '../measure/histogram.ts'
import { worstFirst } from '../measure/report/bounds.ts'
import type {
  Budget,
  Capacity,
  CapacityProbe,
  ErrorGroup,
  Growth,
  HookFigures,
  HostFigures,
  LatencySummary,
  LoadReport,
  ResourceUsage,
  RoundTrips,
  SlowRequest,
} from '../measure/report.ts'
import type { LoadShape } from '../measure/shape.ts'
import type { Colors } from './color.ts'
import { alignColumns, type Entry, padEnd, padStart, widthOf } from './text.ts'

const MOST_ERRORS = 10
const WIDEST_INDENT = 20

/** The ledger of the measured window. */
export function ledgerEntry({ measuredArrivals, iterationRate, model }: LoadReport): Entry {
  const { due, dropped, started, passed, failed, aborted } = measuredArrivals
  const ended =
    `${formatCount(started)} (${formatRate(iterationRate)}): ${formatCount(passed)} passed, ${formatCount(failed)} ` +
    'failed'
  const cut = aborted > 0 ? `, ${formatCount(aborted)} aborted` : ''
  const lost = model === 'open' ? `; ${formatCount(dropped)} of ${formatCount(due)} due were dropped` : ''
  return { text: ended + cut + lost }
}

/** `cut 3.2 s into the run: steady after 3.2 s: mean latency 12.1 ms, then 12.4 ms, …`. */
export function warmUpEntries({ warmUpCut }: LoadReport): Entry[] {
  return warmUpCut === undefined ? [] : [{ text: `cut ${formatMs(warmUpCut.at)} into the run: ${warmUpCut.because}` }]
}

/**
 * Errors, the most frequent first:
 * `5 attempts  criterion  item: $statusCode == 200 is not met (503), shop.arazzo.yaml:31:9`.
 */
export function errorEntries(errors: readonly ErrorGroup[], colors: Colors): Entry[] {
  const shown = worstFirst(errors).slice(0, MOST_ERRORS)
  const counts = shown.map(({ count }) => formatAttempts(count))
  const countWidth = Math.max(...counts.map(widthOf))
  const kindWidth = Math.max(...shown.map(({ kind }) => widthOf(plain(kind))))
  const entries = shown.map((error, i): Entry => {
    const { step, kind, at, exemplars, retried } = error
    const place = at === undefined ? '' : `, ${placeOf(at)}`
    const again = retried === undefined ? '' : `, ${formatCount(retried)} retried`
    const trace = exemplars[0]?.trace === undefined ? '' : `, trace ${exemplars[0].trace}`
    const lead = `${padStart(counts[i] ?? '', countWidth)}  ${padEnd(plain(kind), kindWidth)}  `
    return { lead, text: plain(`${step}: ${continued(messageOf(error), place + again + trace)}`), paint: colors.red }
  })
  const others = errors.length - shown.length
  return others > 0 ? [...entries, { text: `and ${others} more kinds of error` }] : entries
}

/** @param lead stands before its first line: the name, where there are several. */
export function targetEntries(usage: ResourceUsage, lead = ''): Entry[] {
  const [first, ...more] = [`${resourcesOf(usage)}; ${usage.of}`, ...detailsOf(usage)]
  const indent = ' '.repeat(Math.min(widthOf(lead), WIDEST_INDENT))
  return [{ lead, text: plain(first!) }, ...more.map(text => ({ lead: indent, text: plain(text) }))]
}

/** Targets with a name, each after its name. */
export function namedTargetEntries(targets: readonly [name: string, usage: ResourceUsage][]): Entry[] {
  const named = targets.map(([name, usage]) => [plain(name), usage] as const)
  const width = Math.max(...named.map(([name]) => widthOf(name)))
  return named.flatMap(([name, usage]) => targetEntries(usage, `${padEnd(name, width)}  `))
}

/** `64 opened, 2 lost and 2 of them opened again; 12 requests waited 3.4 ms in all for one`. */
export function connectionsEntry({ transport, hosts = [] }: LoadReport): Entry {
  const gone = hosts.filter(({ lostAt }) => lostAt !== undefined).map(({ host }) => host)
  if (gone.length > 0 && gone.length === hosts.length) return { text: 'not known: no host is left' }
  const { connectionsOpened, connectionsLost, connectionsReopened, requestsWaited, waitingTime } = transport
  const over = transport.protocol?.includes('h2') ? ` over ${spoken(transport.protocol)}` : ''
  const { streams } = transport
  const atOnce = streams
    ? `, ${formatNumber(streams.mean)} streams at once on one in the mean and ${formatCount(streams.most)} at most`
    : ''
  const reused = `, ${formatCount(transport.requestsReused)} requests on one used before`
  const lost = connectionsLost > 0 ? `, ${formatCount(connectionsLost)} lost` : ''
  const reopened = connectionsReopened > 0 ? `, ${formatCount(connectionsReopened)} opened again` : ''
  const waited =
    requestsWaited > 0 ? `; ${formatCount(requestsWaited)} requests waited ${formatMs(waitingTime)} in all for one` : ''
  const { requestsResent = 0, requestsRefused = 0 } = transport
  const again = (count: number, why: string) => (count > 0 ? `; ${counted(count, 'request')} sent again ${why}` : '')
  const resent =
    again(requestsResent, 'after an idle connection had ended') +
    again(requestsRefused, 'which the server had not processed')
  const without = gone.length > 0 ? `; without ${plain(gone.join(', '))}` : ''
  const said = `${formatCount(connectionsOpened)} opened${over}${atOnce}${reused}${lost}${reopened}${resent}${waited}`
  return { text: `${said}${without}` }
}

/** Versions of HTTP by the names that people know. */
const spoken = (protocol: string) => plain(protocol).replace('h1', 'HTTP/1.1').replace('h2', 'HTTP/2')

export function generatorEntry({ generator, threads, transport, responseTime, hosts = [] }: LoadReport): Entry {
  if (hosts.length > 0 && hosts.every(({ lostAt }) => lostAt !== undefined))
    return { text: 'not known: no host is left' }
  const { eventLoopUtilization, lateness, ...usage } = generator
  const who = `${counted(threads, 'thread')}, ${plain(transport.name)}; ${resourcesOf(usage)}`
  const late = lateness.count === 0 ? '' : `, 99 % of starts at most ${formatMs(lateness.p99)} late`
  return { text: `${who}; event loop busy ${formatShare(eventLoopUtilization)}${late}${ownDelayIn(responseTime)}` }
}

/** `; without its own delay p99 8.92 ms instead of 12.3 ms`: of percentiles that it makes longer by 1 ms and 2 %. */
function ownDelayIn(latencies: LatencySummary): string {
  const least = undelayedOf(latencies) ?? latencies
  const said = [0.5, 0.9, 0.99, 0.999].flatMap(q => {
    const [value, without] = [percentileOf(latencies, q), percentileOf(least, q)]
    const isNotable = value > without * 1.02 + 1
    return isNotable ? [`p${formatNumber(q * 100)} ${formatMs(without)} instead of ${formatMs(value)}`] : []
  })
  return said.length === 0 ? '' : `; without its own delay ${said.join(', ')}`
}

export function warningEntries(warnings: readonly string[], colors: Colors): Entry[] {
  return warnings.map(text => ({ lead: '! ', text: plain(text), paint: colors.yellow }))
}

/**
 * `settled: 36 to 42 users since 4.2 s`, then `36 to 42 users, 39 on average; 17 changes, the last at 14 s from 38 to
 * 42: mean 44 ms is under 50 ms`.
 */
export function limitEntries({ limitChanges, limitSettling, series, state }: LoadReport): Entry[] {
  if (limitChanges === undefined || state === 'not run') return []
  const last = limitChanges.at(-1)
  const changes =
    last === undefined
      ? 'it never changed'
      : `${counted(limitChanges.length, 'change')}, the last at ` +
        `${formatMs(last.at)} from ${formatCount(last.from)} to ${formatCount(last.to)}: ${last.because}`
  const all = [{ text: [...levelOf(series), changes].join('; ') }]
  if (limitSettling === undefined) return all
  return [{ text: plain(`${limitSettling.settled ? '' : 'not '}settled: ${limitSettling.because}`) }, ...all]
}

/** Over the measured window. */
function levelOf(series: LoadReport['series']): string[] {
  const measured = series.flatMap(({ limit, phase, length }) =>
    limit === undefined || phase !== 'measured' ? [] : [{ limit, length }],
  )
  if (measured.length === 0) return []
  const limits = measured.map(({ limit }) => limit)
  const [least, most] = [Math.min(...limits), Math.max(...limits)]
  if (least === most) return [counted(most, 'user')]
  const time = measured.reduce((sum, { length }) => sum + length, 0)
  const mean = measured.reduce((sum, { limit, length }) => sum + limit * length, 0) / time
  return [`${formatCount(least)} to ${formatCount(most)} users, ${formatCount(mean)} on average`]
}

const MOST = 5

/** `212 ms  pay: POST http://127.0.0.1:3000/pay -> 200, sent at 12.3 s by thread 2`; of one thread, without it. */
export function describeSlow(
  { latency, step, request, status, failure, at, thread, host, trace }: SlowRequest,
  { threads }: { threads: number },
): string {
  const response = status === undefined ? '' : ` -> ${status}`
  const end = failure === undefined ? '' : ` (${failure})`
  const by = threads > 1 ? ` by thread ${threadName({ thread, host })}` : ''
  const of = trace === undefined ? '' : `, trace ${trace}`
  return plain(`${formatMs(latency)}  ${step}: ${request}${response}${end}, sent at ${formatMs(at)}${by}${of}`)
}

/** Slowest requests of the run, if they may matter: without a budget, or with one that was not kept. */
export function slowestEntries(report: LoadReport): Entry[] {
  const { slowest, verdicts } = report
  if (verdicts.length > 0 && verdicts.every(({ verdict }) => verdict === 'pass')) return []
  return slowest.slice(0, MOST).map(slow => ({ text: describeSlow(slow, report) }))
}

/** `954 attempts at wait`: what the document itself tried again, and no error. */
export function retriedIn({ steps }: LoadReport): string[] {
  const polling = Object.entries(steps).flatMap(([key, { retried }]) =>
    retried ? [`${formatAttempts(retried)} at ${plain(key)}`] : [],
  )
  return polling.length === 0 ? [] : [`${polling.join(', ')}, with a status that the description lists`]
}

/** How large the bodies of each step's responses were, a line a step. */
export function bodySizes({ steps }: LoadReport): string[] {
  return Object.entries(steps).flatMap(([key, { bodies }]) => {
    if (bodies === undefined) return []
    const { responses, bytes, least, most } = bodies
    const size = least === most ? formatBytes(most) : `${formatBytes(least)} to ${formatBytes(most)}`
    const mean = least === most ? '' : `, ${formatBytes(bytes / responses)} in the mean`
    return [`${plain(key)} ${size}${mean}`]
  })
}

/** Bodies, or parts of them, that were not checked. */
export function bodiesInPart(report: LoadReport): string[] {
  const { bodiesReadInPart = 0 } = report
  const bodies = bodiesReadInPart === 1 ? '1 JSON body was' : `${formatCount(bodiesReadInPart)} JSON bodies were`
  const inPart = `${bodies} not checked in full: a fault in what is not read was not seen there`
  const unchecked = uncheckedIn(report.allRequests)
  const found = [...unchecked, ...(bodiesReadInPart > 0 ? [inPart] : [])]
  return found.length === 0 ? [] : [found.join('; ')]
}

/** `memory 60.3 MB at most, CPU 7.6 % of one core`. */
export function resourcesOf({ samples, memoryPeak, memoryMeasure, cpu, missing, lost }: ResourceUsage): string {
  if (samples === 0) return lost === undefined ? 'memory and CPU were not read' : `not read: ${lost}`
  const measure = memoryMeasure === undefined || memoryMeasure === 'RSS' ? '' : ` (${memoryMeasure})`
  const memory = missing?.memory === undefined ? `memory${measure} ${formatBytes(memoryPeak)} at most` : 'no memory'
  return `${memory}, ${missing?.cpu === undefined ? `CPU ${formatShare(cpu)} of one core` : 'no CPU'}`
}

/** Further figures of a target, one line each: costs of a request, Node figures, series. */
export function detailsOf(usage: ResourceUsage): string[] {
  const { memoryGrowth, node, series = {}, replaced, openFiles, lost, samples } = usage
  const work = workOf(usage)
  const cost = work === undefined ? [] : [`${formatMs(work)} of CPU a request`]
  const values = Object.entries(series).map(
    ([name, { min, mean, max }]) =>
      `${name} ${[min, mean, max].map(value => formatNumber(value)).join(' / ')} (least / mean / most)`,
  )
  return [
    [...cost, ...growths(memoryGrowth)].join('; '),
    node === undefined ? '' : nodeOf(node),
    tripsOf(node?.roundTrips),
    values.join(', '),
    replaced === undefined ? '' : `${processes(replaced.ended)} of it ended and ${replaced.began} began during the run`,
    openFiles === undefined
      ? ''
      : `${formatCount(openFiles.most)} open files at most, of ${formatCount(openFiles.limit)} allowed`,
    lost === undefined || samples === 0 ? '' : `readings ended early: ${lost}`,
  ].filter(line => line !== '')
}

const processes = (count: number): string => `${formatCount(count)} ${count === 1 ? 'process' : 'processes'}`

function growths(growth: ResourceUsage['memoryGrowth']): string[] {
  if (growth === undefined) return []
  const { perMinute, per1000Requests } = growth
  const units = [growthOf(perMinute, 'a minute')]
  if (per1000Requests) units.push(growthOf(per1000Requests, 'for 1,000 requests'))
  return [`memory grows by ${units.join(', ')}`]
}

/** `1.02 MB for 1,000 requests (0.98 MB to 1.05 MB)`: with its 95 % confidence limits. */
function growthOf({ value, lower, upper }: Growth, unit: string): string {
  const limits = lower === undefined || upper === undefined ? '' : ` (${formatBytes(lower)} to ${formatBytes(upper)})`
  return `${formatBytes(value)} ${unit}${limits}`
}

function nodeOf({ eventLoopDelay, eventLoopUtilization, heapPeak, gc }: NonNullable<ResourceUsage['node']>): string {
  const late =
    `event loop busy ${formatShare(eventLoopUtilization)}, 99 % of the time at most ${formatMs(eventLoopDelay.p99)} ` +
    'late'
  const pauses = gc.count === 0 ? 'no GC pauses' : `${counted(gc.count, 'GC pause')} of at most ${formatMs(gc.longest)}`
  return `${late}; heap ${formatBytes(heapPeak)} at most; ${pauses}`
}

const MOST_DESTINATIONS = 3

/** `round trips for each request: 12 to 127.0.0.1:5432, waited 4.1 ms`; empty if there were none. */
function tripsOf({ requests, to }: RoundTrips = { requests: 0, to: {} }): string {
  const all = Object.entries(to).sort(([, a], [, b]) => b.count - a.count)
  if (requests === 0 || all.length === 0) return ''
  const shown = all.slice(0, MOST_DESTINATIONS).map(([name, trips]) => wordsOfTrips(name, trips, requests))
  const more = all.length - shown.length
  const rest = more > 0 ? [`and ${counted(more, 'more destination')}`] : []
  return `round trips for each request: ${[...shown, ...rest].join('; ')}`
}

/** In a shorter window memory grows since caches fill and heaps have not been collected yet. */
const LEAST_FOR_GROWTH: Milliseconds = 60_000

/**
 * Targets of a run: the application first, then the others by name. Growth of memory is left out if no budget is about
 * it and the window is too short.
 */
export function targetsOf(report: LoadReport): [name: string, usage: ResourceUsage][] {
  const { target, targets = {}, measured, budgets = [] } = report
  const quiet = (usage: ResourceUsage, name?: string): ResourceUsage => {
    const isAsked = budgets.some(budget => budget.metric === 'memoryGrowth' && budget.target === name)
    if (isAsked || measured >= LEAST_FOR_GROWTH) return usage
    const { memoryGrowth: _, ...others } = usage
    return others
  }
  return [
    ...(target ? [['application', quiet(target)] as [string, ResourceUsage]] : []),
    ...Object.entries(targets).map(([name, usage]): [string, ResourceUsage] => [name, quiet(usage, name)]),
  ]
}

/** First words about a failed hook: `setup failed`, `teardown failed`. */
export function headOfHooks({ hooks = [] }: Pick<LoadReport, 'hooks'>): string | undefined {
  const failed = hooks.find(({ failed }) => failed > 0)
  return failed && `${failed.hook} failed`
}

/** Hooks of a load in one line: `setup.vu (#login) 4 times, 4 requests`. */
export function describeHooks(hooks: readonly HookFigures[]): string {
  return hooks.map(describeHook).join(' · ')
}

function describeHook({ hook, per, name, runs, failed, skipped, requests }: HookFigures): string {
  const parts = [
    runs === 1 ? 'once' : `${formatCount(runs)} times`,
    ...(requests > 0 ? [counted(requests, 'request')] : []),
    ...(failed > 0 ? [`${formatCount(failed)} failed`] : []),
    ...(skipped > 0 ? [`left out ${skipped === 1 ? 'once' : `${formatCount(skipped)} times`}`] : []),
  ]
  return `${hook}.${per} (${name}) ${parts.join(', ')}`
}

/** `2`, or `2 (eu-1)` of a run of several hosts. */
export const threadName = ({ thread, host }: Pick<SlowRequest, 'thread' | 'host'>): string =>
  host === undefined ? String(thread) : `${thread} (${host})`

const LIMITS = {
  latency: 'the latency',
  errorRate: 'errors',
  generator: 'the load generator',
  machine: 'others on the machine',
} as const

/** `5,120/s held, 5,380/s did not: limited by the latency, p99 131 ms is over 100 ms; 12 rates tried`. */
export function capacityEntries({ capacity, state }: LoadReport): Entry[] {
  if (capacity === undefined || state === 'not run') return []
  const text = plain(describeCapacity(capacity))
  return [{ text: capacity.probes.length === 0 ? text : `${text}; ${counted(capacity.probes.length, 'rate')} tried` }]
}

/** Tells the capacity in a sentence, without what was tried. */
export function describeCapacity(capacity: Capacity): string {
  const { held, missed, because, probes } = capacity
  if (probes.length === 0) return 'no rate was tried to its end'
  const again = probes.find(probe => probe.isMeasured && !probe.held)
  const upTo = held > 0 ? `${formatRate(held)} held` : 'no rate held'
  const contradiction = again === undefined ? '' : `, but not in the measured window (${again.because})`
  const certain = certainOf(capacity)
  if (missed === undefined) return `${upTo}${contradiction}, and no higher rate was missed${certain}`
  const limit = limitOf(capacity)
  return `${upTo}${contradiction}, ${formatRate(missed)} did not${certain}${limit ? `: ${limit}, ${because}` : ''}`
}

/** How much of it is certain, where that is less: ` (for certain at least 3,900/s and less than 4,600/s)`. */
function certainOf({ certain, held, missed }: Capacity): string {
  if (certain.from === held && certain.to === missed) return ''
  const { from, to } = certain
  const above = from > 0 ? `at least ${formatRate(from)}` : 'no rate at all'
  const below = to === undefined ? ', with no rate that is too much for certain' : ` and less than ${formatRate(to)}`
  return ` (for certain only ${above}${below})`
}

/** `limited by the latency`; undefined while nothing limited it. */
export function limitOf({ limitedBy }: Capacity): string | undefined {
  return limitedBy && `limited by ${LIMITS[limitedBy]}`
}

/** The columns of the curve. */
export const CURVE_HEADS = ['rate', 'achieved', 'latency', 'errors', 'held for', ''] as const

/** Row of a probe; the last column is its result. */
export function curveRow(probe: CapacityProbe): string[] {
  const { rate, achieved, latency, errorRate, length } = probe
  return [
    formatRate(rate),
    formatRate(achieved),
    formatMs(latency),
    formatShare(errorRate),
    formatMs(length),
    outcomeOf(probe),
  ]
}

function outcomeOf({ held, isShort, isMeasured, because }: CapacityProbe): string {
  if (!held) return isMeasured ? `measured: ${because}` : because
  return isMeasured ? 'measured, held' : isShort ? 'a look was enough' : 'held'
}

/** Every probe by its rate: how latency grows with it. */
export function curveOfProbes({ probes }: Capacity): CapacityProbe[] {
  return [...probes].sort((a, b) => a.rate - b.rate || a.at - b.at)
}

/** Places of columns that a narrow terminal has no room for, the name left out. */
const SPARE_OF_RATES = [3, 0]

/** The curve of rate against latency as a table for terminals. */
export function curveTable({ capacity, state }: LoadReport, width: number, colors: Colors): string[] {
  if (capacity === undefined || capacity.probes.length === 0 || state === 'not run') return []
  const rows = curveOfProbes(capacity).map(probe => {
    const [rate = '', ...cells] = curveRow({ ...probe, because: missOf(probe) })
    return { name: rate, cells, ...(!probe.held && { paint: colors.yellow }) }
  })
  const [rate, ...heads] = CURVE_HEADS
  return alignColumns([{ name: rate, cells: heads, paint: colors.dim }, ...rows], width, SPARE_OF_RATES)
}

/** The figures are in the columns already. */
function missOf({ limitedBy, ranAway }: CapacityProbe): string {
  if (limitedBy === 'latency') return ranAway ? 'ran away' : 'too slow'
  if (limitedBy === 'machine') return 'disturbed'
  return limitedBy === 'errorRate' ? 'too many errors' : 'the generator'
}

export const HOST_HEADS = ['share', 'begun', 'late', 'busy', 'CPU', 'memory', 'connections', 'clock']

/** Places of columns that a narrow terminal has no room for: a clock that went apart is a doubt, too. */
const SPARE_OF_HOSTS = [6, 7, 5, 4, 3]

/**
 * A row of the table of hosts, in the order of its heads: part of the load, iterations begun in the whole run, how
 * late 99 of 100 of them began, how busy its busiest thread was, CPU (of one core) and memory of its process,
 * connections, and how far its clock was from the coordinator's, with how that changed.
 */
export function hostCells(host: HostFigures): string[] {
  const { share, started, lateness, eventLoopUtilization, cpu, memory, connectionsOpened, clock, lostAt } = host
  const known = <T>(value: T | undefined, write: (value: T) => string) => (value === undefined ? '-' : write(value))
  return [
    formatShare(share),
    formatCount(started),
    lostAt === undefined ? known(lateness, formatMs) : lostAt < 0 ? 'not begun' : `lost at ${formatMs(lostAt)}`,
    known(eventLoopUtilization, value => formatShare(value)),
    known(cpu, value => formatShare(value)),
    known(memory, value => formatBytes(value)),
    known(connectionsOpened, formatCount),
    clockOf(clock),
  ]
}

/** `+12.4 ms, drift 0.2 ms`. */
function clockOf({ offset, drift }: HostFigures['clock']): string {
  const ahead = `${offset < 0 ? '-' : '+'}${formatMs(Math.abs(offset))}`
  return drift === undefined ? ahead : `${ahead}, drift ${formatMs(Math.abs(drift))}`
}

/** The hosts of a run as a table for terminals; nothing where it ran in one process. */
export function hostTable({ hosts = [] }: LoadReport, width: number, colors: Colors): string[] {
  if (hosts.length === 0) return []
  const rows = hosts.map(host => ({
    name: plain(host.host),
    cells: hostCells(host),
    ...(host.lostAt !== undefined && { paint: colors.red }),
  }))
  // Rows of one kind, if they differ.
  return alignColumns(
    [{ name: 'hosts', cells: HOST_HEADS, paint: colors.dim }, ...rows],
    width,
    SPARE_OF_HOSTS,
    'whole',
  )
}

/** A shape in words: `2,000 requests/s for 30 s`, `50 users for 20 s`, `4 users, 25 iterations each`. */
export function describeShape(shape: LoadShape): string {
  // Cores decide on threads, which no word is about: those of this machine need not be read.
  const { plan } = readShape(shape, { cores: 1 })
  return plan === undefined ? 'load' : describeLoad(plan, 'user')
}

/** Latency that iterations must keep in a search for the capacity; undefined for other loads. */
export function wantedLatencyOf(shape: LoadShape): Budget | undefined {
  const { plan } = readShape(shape, { cores: 1 })
  return plan?.kind === 'capacity' ? plan.latency : undefined
}
