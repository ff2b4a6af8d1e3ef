import type { Milliseconds } from '../../ground/units.ts'
import { addCounters, noCounts } from '../../http/counters.ts'
import type { TransportCounters } from '../../http/transport.ts'
import { emptySummary, mergeSummaries } from '../../measure/histogram.ts'
import type { LatencySummary, LoadReport, SlowRequest, StepStatistics } from '../../measure/report.ts'
import type { ThreadHealth } from '../../measure/thread-health.ts'
import { mergeErrorGroups } from '../thread/error-groups.ts'
import { addArrived, type Ledger, NOTHING_ARRIVED } from '../thread/ledger.ts'
import type { ThreadResult } from '../thread/protocol.ts'
import { mergeSlowest } from '../thread/slowest.ts'

/** The part of a report that comes from the threads. */
export interface Merged
  extends Pick<
    LoadReport,
    'measured' | 'arrivals' | 'measuredArrivals' | 'requests' | 'rps' | 'iterationRate' | 'errorRate'
  > {
  responseTime: LatencySummary
  serviceTime: LatencySummary
  lateness: LatencySummary
  steps: LoadReport['steps']
  errors: LoadReport['errors']
  slowest: SlowRequest[]
  bodiesReadInPart?: number
  threads: ThreadHealth[]
  /** Without who and why. */
  connections: Omit<LoadReport['transport'], 'name' | 'why'>
}

/**
 * Adds up what the threads measured. The ledgers are of all threads; of a thread that was lost there are no results,
 * and its latencies are missing from the histograms.
 */
export function mergeThreads(
  stepKeys: readonly string[],
  ledgers: readonly Ledger[],
  results: readonly ThreadResult[],
): Merged {
  const recorded = results.map(result => result.recorded)
  const measured = longest(recorded.map(({ window }) => window.to - window.from))
  const throughput = ledgers.map(ledger => ledger.throughput())
  const requests = sum(throughput.map(({ requests }) => requests))
  const measuredArrivals = ledgers.map(ledger => ledger.measured()).reduce(addArrived, NOTHING_ARRIVED)
  const { passed, failed } = measuredArrivals
  const bodiesReadInPart = sum(results.map(result => result.bodiesReadInPart))
  return {
    measured,
    arrivals: ledgers.map(ledger => ledger.whole()).reduce(addArrived, NOTHING_ARRIVED),
    measuredArrivals,
    requests,
    rps: ratePerSecond(requests, measured),
    iterationRate: ratePerSecond(sum(throughput.map(({ iterations }) => iterations)), measured),
    errorRate: passed + failed > 0 ? failed / (passed + failed) : 0,
    responseTime: mergeAll(recorded.map(({ responseTime }) => responseTime)),
    serviceTime: mergeAll(recorded.map(({ serviceTime }) => serviceTime)),
    lateness: mergeAll(recorded.map(({ lateness }) => lateness)),
    steps: Object.fromEntries(
      stepKeys.map((key, step) => [key, mergeSteps(recorded.map(({ steps }) => steps[step]!))]),
    ),
    errors: mergeErrorGroups(recorded.map(({ errors }) => errors)),
    slowest: mergeSlowest(recorded.map(({ slowest }) => slowest)),
    ...(bodiesReadInPart > 0 && { bodiesReadInPart }),
    threads: results.flatMap(({ health }) => health ?? []),
    connections: connectionsOf(
      results.map(({ transport }) => transport.counters).reduce(addCounters, noCounts()),
    ),
  }
}

function connectionsOf(counters: TransportCounters): Merged['connections'] {
  return {
    connectionsOpened: counters.opened,
    connectionsLost: counters.lost,
    connectionsReopened: counters.reconnected,
    requestsReused: counters.reused,
    ...(counters.resent > 0 && { requestsResent: counters.resent }),
    requestsWaited: counters.waits,
    waitingTime: counters.waited,
  }
}

function mergeSteps(steps: readonly StepStatistics[]): StepStatistics {
  return {
    requests: sum(steps.map(({ requests }) => requests)),
    errors: sum(steps.map(({ errors }) => errors)),
    serviceTime: mergeAll(steps.map(({ serviceTime }) => serviceTime)),
  }
}

function mergeAll(summaries: readonly LatencySummary[]): LatencySummary {
  return summaries.length === 0 ? emptySummary() : summaries.reduce(mergeSummaries)
}

function ratePerSecond(count: number, length: Milliseconds): number {
  return length > 0 ? (count * 1000) / length : 0
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function longest(values: readonly number[]): number {
  return Math.max(0, ...values)
}
