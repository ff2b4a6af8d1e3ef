import type { LaunchFigures, Pair, SideName } from '../../src/compare/pair.ts'
import { LatencyRecorder } from '../../src/measure/histogram.ts'

export interface Written extends Partial<LaunchFigures> {
  /** Response time of every request. */
  latency?: number
  /** Share of failed iterations and requests. */
  failing?: number
  /** Requests of the step for each iteration. */
  perIteration?: number
  /** Of all responses. */
  status?: number
  /** Share of arrivals that found no user. */
  dropping?: number
  /** Share of requests that were cut after a second; they are the slowest. */
  cut?: number
}

const answer = { step: 'search', method: 'get', durations: 0, buckets: [], errors: {} }

/** A launch with one step, `search`, as it would be measured. */
function launchWith({
  latency = 5,
  failing = 0,
  perIteration = 1,
  status = 200,
  dropping = 0,
  cut = 0,
  ...rest
}: Written = {}): LaunchFigures {
  const requests = rest.requests ?? 400
  const times = new LatencyRecorder()
  for (let i = 0; i < requests; i++) {
    const isCut = i < requests * cut
    times.record(isCut ? 1_000 : latency, 0, isCut)
  }
  const summary = times.summary()
  const failed = Math.round(requests * failing)
  const dropped = Math.round((requests * dropping) / (1 - dropping))
  const arrivals = {
    due: requests + dropped,
    dropped,
    started: requests,
    passed: requests - failed,
    failed,
    aborted: 0,
  }
  return {
    measured: 1000,
    requests,
    iterations: arrivals,
    responseTime: summary,
    serviceTime: summary,
    warmedUp: 100,
    askedInAll: 100 + requests * perIteration,
    started: requests,
    steps: { search: { requests: requests * perIteration, errors: failed, serviceTime: summary } },
    errors: failed > 0 ? [errorOf(failed)] : [],
    answers: [{ ...answer, status: String(status), requests: requests * perIteration }],
    cpuTime: requests,
    asked: requests,
    memory: 80e6,
    ...rest,
  }
}

function errorOf(count: number): LaunchFigures['errors'][number] {
  return { step: 'search', kind: 'criterion', message: 'Expected status 200, received 404', count, exemplars: [] }
}

export function pairWith(base: Written, head: Written): Pair {
  const sides = { base: launchWith(base), head: launchWith(head) }
  return { ...sides, took: 4000, blocks: { pairs: 10, length: 100, took: 200, deviation: {} } }
}

/** Pairs of which `of` says the sides by their number. */
export const pairs = (count: number, of: (n: number) => Record<SideName, Written>): Pair[] =>
  Array.from({ length: count }, (_, n) => {
    const { base, head } = of(n)
    return pairWith(base, head)
  })

/** Noise of a launch that is the same in each run: -1 to 1, and zero on average over five. */
export const wave = (n: number): number => [0.9, -1, 0.2, -0.6, 0.5][n % 5]!
