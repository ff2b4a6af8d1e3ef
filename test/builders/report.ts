import { requestsOf } from '../../src/measure/all-requests.ts'
import { LatencyRecorder } from '../../src/measure/histogram.ts'
import type {
  LatencySummary,
  LoadReport,
  ResourceUsage,
  StepStatistics,
  ThreadHealth,
} from '../../src/measure/report.ts'
import type { Merging } from '../../src/measure/rules.ts'

export const aMachine = {
  ...{ node: 'v20.20.2', system: 'Linux 6.1.0', architecture: 'x64', processor: 'AMD EPYC', cores: 2 },
  memory: 8e9,
}

const noTime = { measured: 0, length: 0, begun: 0, requests: 0 }

/** Of parts of one run. */
export const sideBySide: Merging = {
  isParallel: true,
  spans: [noTime, noTime],
  keeps: () => undefined,
  settle: () => ({ held: 0, certain: { from: 0 } }),
}

/** A summary of these latencies, in milliseconds, recorded as a run records them. */
export function latencies(samples: Iterable<number>): LatencySummary {
  const recorder = new LatencyRecorder()
  for (const sample of samples) recorder.record(sample)
  return recorder.summary()
}

/** So many latencies, the same each time, with this median and this 99th percentile, and a tail as servers have it. */
export function* spread(count: number, p50: number, p99: number): Generator<number> {
  for (let i = 0; i < count; i++) {
    const u = Math.min((i + 1) / count, 1 - 0.5 / count)
    yield u < 0.5 ? p50 * (0.5 + u) : p50 * (p99 / p50) ** (Math.log(0.5 / (1 - u)) / Math.log(50))
  }
}

const spreadSummaries = new Map<string, LatencySummary>()

/** The summary of so many latencies, see `spread`. Recorded once: a report has six of them, and tests make thousands. */
export function spreadOut(...of: Parameters<typeof spread>): LatencySummary {
  const key = of.join()
  const known = spreadSummaries.get(key) ?? latencies(spread(...of))
  spreadSummaries.set(key, known)
  return { ...known }
}

export function aStep(over: Partial<StepStatistics> = {}): StepStatistics {
  const requests = over.requests ?? 6000
  return { requests, errors: 0, serviceTime: spreadOut(requests, 4, 18), ...over }
}

export function someProcesses(over: Partial<ResourceUsage> = {}): ResourceUsage {
  return {
    memoryPeak: 181_000_000,
    memoryMean: 150_000_000,
    memoryStart: 90_000_000,
    memoryEnd: 176_000_000,
    cpu: 0.61,
    cores: 2,
    samples: 120,
    of: 'pid 4711 and 2 children',
    ...over,
  }
}

/** An application of two Node processes that tell of themselves, and whose memory grows. */
export function aNodeTarget(over: Partial<ResourceUsage> = {}): ResourceUsage {
  return someProcesses({
    cpuPerRequest: 0.92,
    memoryGrowth: {
      perMinute: { value: 2.4e6, lower: 1.8e6, upper: 2.9e6 },
      per1000Requests: { value: 66_000, lower: 51_000, upper: 80_000 },
    },
    node: {
      eventLoopDelay: { p50: 0.2, p99: 14.5, max: 61 },
      eventLoopUtilization: 0.55,
      heap: 60e6,
      heapPeak: 71e6,
      gc: { count: 40, total: 95, longest: 7.5 },
      processes: 2,
    },
    ...over,
  })
}

/** What an endpoint for Prometheus exposes: no CPU, but a queue. */
export function anEndpoint(over: Partial<ResourceUsage> = {}): ResourceUsage {
  const of = 'http://127.0.0.1:9090/metrics'
  return someProcesses({
    of,
    cpu: 0,
    series: { queue: { min: 0, mean: 3.25, max: 14, last: 2 }, free: { min: 3, mean: 8, max: 9, last: 8 } },
    missing: {
      cpu: `Failed to measure ${of}: there is no process_cpu_seconds_total. Have the application expose it, or name another series.`,
    },
    ...over,
  })
}

/** A load thread that had an easy time. */
export function aThread(over: Partial<ThreadHealth> = {}): ThreadHealth {
  return {
    eventLoopUtilization: 0.42,
    delay: { p99: 1.8, longest: 4 },
    gc: { count: 31, total: 24, longest: 2.1, long: 0 },
    waited: 0.01,
    ...over,
  }
}

/**
 * A report of an open run of three steps that went well: 6,000 iterations of 3 requests in 30 s. `over` replaces whole
 * fields; counts that follow from one another are the caller's to keep in step.
 */
export function aReport(over: Partial<LoadReport> = {}): LoadReport {
  const arrivals = { due: 6000, dropped: 0, started: 6000, passed: 6000, failed: 0, aborted: 0 }
  const steps = {
    login: aStep({ serviceTime: spreadOut(6000, 3, 14) }),
    list: aStep(),
    pay: aStep({ serviceTime: spreadOut(6000, 5, 22) }),
  }
  return {
    state: 'completed',
    workflow: { file: '/project/shop.arazzo.yaml', workflowId: 'checkout' },
    shape: { rps: 600, duration: '30s', rampUp: '5s' },
    model: 'open',
    transport: {
      name: 'undici',
      why: 'asked for',
      connectionsOpened: 12,
      connectionsLost: 0,
      connectionsReopened: 0,
      requestsReused: 17_988,
      requestsSent: 18_000,
      requestsWaited: 0,
      waitingTime: 0,
    },
    startedAt: '2026-03-01T12:00:00.000Z',
    environment: aMachine,
    measured: 30_000,
    warmUp: 8_000,
    threads: 1,
    maxVus: 1000,
    arrivals: { due: 7400, dropped: 0, started: 7400, passed: 7400, failed: 0, aborted: 0 },
    measuredArrivals: arrivals,
    requests: 18_000,
    rps: 600,
    iterationRate: 200,
    errorRate: 0,
    responseTime: spreadOut(6000, 13, 49),
    serviceTime: spreadOut(6000, 12.5, 48),
    steps,
    allRequests: requestsOf({ steps: over.steps ?? steps }),
    errors: [],
    answers: [],
    iterationTimes: { durations: 0, buckets: [] },
    slowest: [],
    examples: [],
    budgets: [],
    target: someProcesses(),
    generator: {
      ...someProcesses({ memoryPeak: 95_000_000, cpu: 0.45, of: 'pid 4700' }),
      lateness: spreadOut(6000, 0.1, 1.2),
      eventLoopUtilization: 0.42,
      threads: [aThread()],
    },
    series: [],
    doubts: [],
    verdicts: [],
    ...over,
  }
}
