import type { Milliseconds } from '../../ground/units.ts'
import { noCounts } from '../../http/pooled-transport.ts'
import type { TransportCounters } from '../../http/transport.ts'
import { requestsOf } from '../../measure/all-requests.ts'
import { errorRateOf } from '../../measure/error-rate.ts'
import { emptySummary, mergeSummaries } from '../../measure/histogram.ts'
import { type LoadReport, mergeReport } from '../../measure/report.ts'
import type { Merging, Span } from '../../measure/rules.ts'
import { intervalOf } from '../capacity/search.ts'
import { type Ledger, NOTHING_ARRIVED } from '../thread/ledger.ts'
import type { ThreadResult } from '../thread/protocol.ts'

/** Parts of a report that come from threads, as they are. */
type Part = Pick<
  LoadReport,
  | ('measured' | 'arrivals' | 'measuredArrivals' | 'requests' | 'responseTime' | 'serviceTime')
  | ('steps' | 'errors' | 'slowest' | 'examples' | 'iterations' | 'bodiesReadInPart' | 'transport')
>
const span: Span = { measured: 0, length: 0, begun: 0, requests: 0 }

/** Merges figures that were measured at the same time. */
export const SIDE_BY_SIDE: Merging = {
  isParallel: true,
  spans: [span, span],
  keeps: () => undefined,
  settle: intervalOf,
}

/**
 * Adds up what the threads measured, by the rules of the report. The ledgers are of all threads; a thread that was lost
 * has no results, and its latencies are missing from the histograms but for what it had `told`.
 */
export function mergeThreads(
  stepKeys: readonly string[],
  ledgers: readonly Ledger[],
  results: readonly ThreadResult[],
  told: readonly Partial<LoadReport>[] = [],
) {
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
    // Iterations with a response time, of threads that reported start delays: those of lost hosts do not.
    timed: results.reduce((sum, { recorded }) => sum + recorded.responseTime.count, 0),
    threads: results.flatMap(({ health }) => health ?? []),
    connections,
  }
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
    examples: [],
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
  const { responseTime, serviceTime, steps, errors, slowest, examples, iterations, window } = recorded
  const { host } = health ?? {}
  const onHost = <T>(one: T): T => (host === undefined ? one : { ...one, host })
  return {
    measured: window.to - window.from,
    responseTime,
    serviceTime,
    errors: errors.map(group => ({ ...group, exemplars: group.exemplars.map(onHost) })),
    slowest: slowest.map(onHost),
    examples: examples.map(onHost),
    ...(iterations && { iterations: { typical: onHost(iterations.typical), slowest: onHost(iterations.slowest) } }),
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

const ratePerSecond = (count: number, length: Milliseconds): number => (length > 0 ? (count * 1000) / length : 0)
