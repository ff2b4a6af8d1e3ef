import { judge } from '../../../src/budget/judge.ts'
import { readBudgets } from '../../../src/budget/read.ts'
import { Random } from '../../../src/ground/random.ts'
import { bucketOf, emptyCounts, intervalOf } from '../../../src/load/counts/intervals.ts'
import { LatencyRecorder } from '../../../src/measure/histogram.ts'
import type { Interval, LoadReport, SlowRequest } from '../../../src/measure/report.ts'
import { aReport, someProcesses } from '../../builders/report.ts'

interface Simulated {
  seconds: number
  steps: readonly string[]
  /** Iterations a second. Default 200. */
  rate?: number
  budgets?: object
  seed?: number
  /** By how much all steps are slower than usual. Default 1. */
  slower?: number
  /** Seconds from which and to which everything takes four times as long. */
  slow?: readonly [from: number, to: number]
  /** Seconds from which and to which one of four attempts at the second step fails. */
  failing?: readonly [from: number, to: number]
  /** Milliseconds into the run at which a stall of 800 ms ends. */
  stall?: number
  over?: Partial<LoadReport>
}

/** A report whose figures belong together: every iteration is drawn, recorded and judged as a run would do it. */
export function aSimulatedRun(simulated: Simulated): LoadReport {
  const { steps, budgets: written = {}, over = {}, stall } = simulated
  const drawn = drawAll(simulated)
  const { budgets } = readBudgets(written, { steps, target: true })
  const { series, iterations, failed, count } = drawn
  const measured = series.filter(({ phase }) => phase === 'measured').reduce((sum, { length }) => sum + length, 0)
  const arrivals = { due: count, dropped: 0, started: count, passed: count - failed, failed, aborted: 0 }
  const report = aReport({
    shape: { rate: simulated.rate ?? 200, duration: `${Math.round(measured / 1000)}s`, rampUp: '5s' },
    measured,
    warmUp: series.find(({ phase }) => phase === 'measured')!.start,
    arrivals,
    measuredArrivals: arrivals,
    requests: count * steps.length,
    rps: (count * steps.length) / (measured / 1000),
    iterationRate: count / (measured / 1000),
    errorRate: failed / count,
    responseTime: iterations,
    serviceTime: iterations,
    steps: drawn.steps,
    series,
    errors: errorsOf(steps, drawn.attempts),
    answers: answersOf(steps, count, drawn.attempts),
    slowest: stall === undefined ? drawn.slowest : stalled(steps, stall),
    target: someProcesses(),
    budgets,
    ...over,
  })
  return { ...report, verdicts: judge(report, budgets) }
}

function drawAll({ seconds, steps, rate = 200, seed = 1, slower = 1, slow, failing }: Simulated) {
  const random = new Random(seed, 'thinkTime')
  const iterations = new LatencyRecorder()
  const recorders = steps.map(() => new LatencyRecorder())
  const series: Interval[] = []
  let [failed, count, attempts] = [0, 0, 0]
  for (let i = 0; i <= seconds; i++) {
    const phase = i < seconds * 0.08 ? 'ramp-up' : i < seconds * 0.16 ? 'warm-up' : 'measured'
    const counts = emptyCounts(i * 1000, phase)
    // The last second is cut off.
    counts.length = i === seconds ? 310 : 1000
    const number = Math.round((rate * counts.length) / 1000)
    const factor = slower * (isIn(slow, i) ? 4 : 1) * (1 + 0.1 * Math.sin(i / 7))
    const times = steps.map(() => 0)
    let errors = 0
    for (let n = 0; n < number; n++) {
      let whole = 0
      for (const [s] of steps.entries()) {
        const latency = (2 + 1.5 * s) * factor * Math.exp(0.5 * random.normal())
        whole += latency
        times[s]! += latency
        if (phase === 'measured') recorders[s]!.record(latency)
      }
      counts.latencies++
      counts.latencySum += whole
      counts.buckets[bucketOf(whole)]!++
      if (isIn(failing, i) && n % 4 === 0) errors++
      if (phase === 'measured') iterations.record(whole)
    }
    Object.assign(counts, { due: number, started: number, passed: number - errors, failed: errors, errors })
    Object.assign(counts, { requests: number * steps.length, inFlight: number % 7, flightTime: counts.latencySum })
    if (phase === 'measured') {
      count += number
      failed += errors
    }
    attempts += errors
    series.push({
      ...intervalOf(counts),
      stepRequests: Object.fromEntries(steps.map(step => [step, number])),
      stepTimes: Object.fromEntries(steps.map((step, s) => [step, Number(times[s]!.toPrecision(5))])),
      ...(errors > 0 && { errorKinds: { criterion: Math.ceil(errors / 2), timeout: Math.floor(errors / 2) } }),
      target: { memory: 90_000_000 + i * 20_000, cpu: 0.55 + 0.05 * Math.sin(i / 5) },
    })
  }
  const figures = steps.map((step, s): [string, LoadReport['steps'][string]] => [
    step,
    { requests: count, errors: s === 1 ? failed : 0, serviceTime: recorders[s]!.summary() },
  ])
  const slowest = steps.map((step, s): SlowRequest => ({ ...aSlow(step), at: 4_000 + s * 1_500, latency: 80 - s }))
  return {
    series,
    iterations: iterations.summary(),
    steps: Object.fromEntries(figures),
    failed,
    count,
    attempts,
    slowest,
  }
}

const isIn = (stretch: readonly [number, number] | undefined, i: number) =>
  stretch !== undefined && i >= stretch[0] && i < stretch[1]

const aSlow = (step: string) => ({ step, thread: 1, request: `GET http://127.0.0.1:3000/${step}`, status: 200 })

/** Requests that were sent one after the other, and all answered when the stall was over. */
function stalled(steps: readonly string[], at: number): SlowRequest[] {
  return steps.slice(0, 5).map((step, s) => ({ ...aSlow(step), at: at - 800 + s * 120, latency: 800 - s * 120 }))
}

function errorsOf(steps: readonly string[], count: number): LoadReport['errors'] {
  if (count === 0) return []
  const step = steps[1] ?? steps[0]!
  const at = { file: '/project/shop.arazzo.yaml', line: 31, column: 9 }
  const request = { method: 'GET', url: `http://127.0.0.1:3000/${step}`, headers: { authorization: '***' } }
  const response = { status: 503, headers: { 'retry-after': '1' }, body: '{"error":"no connection is free"}' }
  return [
    {
      ...{ step, kind: 'criterion', message: '$statusCode == 200 is not met (503)', count: Math.ceil(count / 2), at },
      exemplars: [{ ...request, at: 32_300, latency: 8.1, thread: 1, response }],
    },
    {
      ...{ step, kind: 'timeout', message: 'no response within 2 s', count: Math.floor(count / 2), at },
      exemplars: [{ ...request, at: 33_000, latency: 2_000, thread: 1, failure: 'timeout' }],
    },
  ]
}

function answersOf(steps: readonly string[], count: number, failed: number): LoadReport['answers'] {
  const buckets = [0, 0, 0, 0, 0, count]
  const plain = { method: 'GET', durations: 4 * count, buckets, errors: {} }
  return steps.flatMap((step, s): LoadReport['answers'] => {
    if (s !== 1 || failed === 0) return [{ ...plain, step, status: '200', requests: count }]
    return [
      { ...plain, step, status: '200', requests: count - failed },
      { ...plain, step, status: '503', requests: Math.ceil(failed / 2), errors: { criterion: Math.ceil(failed / 2) } },
      { ...plain, step, status: 'none', requests: Math.floor(failed / 2), errors: { timeout: Math.floor(failed / 2) } },
    ]
  })
}
