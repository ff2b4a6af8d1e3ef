import type { Interval, LoadReport } from '../../../src/measure/report.ts'
import { aReport, aStep, someProcesses, spreadOut } from '../../builders/report.ts'

/** A run of so many seconds with a warm-up, a slow stretch in the middle, errors near the end. */
export function aLongRun(seconds: number, steps: string[], over: Partial<LoadReport> = {}): LoadReport {
  return aReport({
    series: Array.from({ length: seconds }, (_, i) => secondOf(i, seconds)),
    steps: Object.fromEntries(
      steps.map((step, i) => [
        step,
        aStep({ serviceTime: spreadOut(4000, 3 + i * 2, 30 + i * 9), errors: i === 1 ? 12 : 0 }),
      ]),
    ),
    errors: [
      {
        step: steps[1] ?? 'login',
        kind: 'criterion',
        message: '$statusCode == 200 is not met (503)',
        count: 12,
        at: { file: '/project/shop.arazzo.yaml', line: 31, column: 9 },
        exemplars: [
          {
            at: 12_300,
            latency: 8.1,
            thread: 1,
            method: 'GET',
            url: 'http://127.0.0.1:3000/items/7',
            headers: { authorization: '***' },
            response: { status: 503, headers: {}, body: '{"error":"<script>alert(1)</script>"}' },
          },
        ],
      },
    ],
    slowest: [
      {
        step: steps[0] ?? 'login',
        latency: 812,
        at: 9_400,
        thread: 2,
        request: 'GET http://127.0.0.1:3000/items/<b>',
        status: 200,
      },
    ],
    examples: steps.map(step => ({
      ...{ step, at: 3_000, latency: 8.1, thread: 1, method: 'GET', url: `http://127.0.0.1:3000/${step}` },
      headers: { authorization: '***' },
      response: { status: 200, headers: {}, body: '{"name":"<script>alert(2)</script>"}' },
    })),
    iterations: { typical: iterationOf(steps, 10), slowest: iterationOf(steps, 400) },
    doubts: [
      {
        kind: 'late starts',
        p99: 80,
        found: 'One in a hundred iterations started more than 80 ms late',
        advice: ['end other programs'],
      },
    ],
    verdicts: [
      { budget: 'rps', title: 'rps >= 590/s', value: '600/s', verdict: 'pass', because: '', reasons: [] },
      {
        budget: 'p99',
        title: 'p99 <= 40 ms',
        value: '49 ms',
        verdict: 'fail',
        because: 'Expected p99 <= 40 ms, received 49 ms. The step pay took most of it.',
        reasons: [{ kind: 'other', text: 'The step pay took most of it.' }],
      },
      {
        budget: 'cpu',
        title: 'cpu <= 70 %',
        value: 'no data',
        verdict: 'inconclusive',
        because: 'The run was cut short.',
        reasons: [{ kind: 'other', text: 'The run was cut short.' }],
      },
    ],
    target: someProcesses(),
    ...over,
  })
}

/** An iteration whose requests follow one another, each of that time. */
const iterationOf = (steps: readonly string[], length: number) => ({
  ...{ at: 9_000, latency: length * steps.length, thread: 1 },
  attempts: steps.map((step, i) => ({ step, start: i * length, length, status: 200 })),
})

function secondOf(i: number, seconds: number): Interval {
  const slow = i > seconds * 0.5 && i < seconds * 0.6 ? 4 : 1
  const wave = 1 + Math.sin(i / 7) * 0.1
  const errors = i > seconds * 0.9 ? 3 : 0
  const phase = i < seconds * 0.1 ? 'ramp-up' : i < seconds * 0.2 ? 'warm-up' : 'measured'
  return {
    start: i * 1000,
    length: 1000,
    phase,
    due: 200,
    started: 200,
    dropped: 0,
    passed: 200 - errors,
    failed: errors,
    requests: 600,
    errors,
    inFlight: Math.round(4 * slow * wave),
    p50: 12.34 * slow * wave,
    p95: 31.2 * slow * wave,
    p99: 48.76 * slow * wave,
    mean: 15.1 * slow,
    target: { memory: 90_000_000 + i * 120_000, cpu: 0.6 * wave },
  }
}

/**
 * The same as an adaptive run whose limit changes every third second, that dropped arrivals for a while and was cut
 * short.
 */
export function anAdaptiveRun(seconds: number, steps: string[]): LoadReport {
  const limitAt = (i: number) => 20 + (Math.floor(i / 3) % 5)
  const base = aLongRun(seconds, steps)
  const changes = Array.from({ length: Math.floor(seconds / 3) }, (_, n) => (n + 1) * 3)
  return {
    ...base,
    model: 'closed',
    series: base.series.map((interval, i) => ({
      ...interval,
      limit: limitAt(i),
      dropped: i > seconds * 0.7 && i < seconds * 0.75 ? 2 : 0,
    })),
    limitChanges: changes.map(i => ({
      at: i * 1000,
      from: limitAt(i - 1),
      to: limitAt(i),
      signal: 44.2,
      because: 'mean 44.2 ms is under 50 ms',
    })),
    doubts: [...base.doubts, { kind: 'dropped arrivals', dropped: 6, due: 9000, found: '6 of 9,000 were dropped.' }],
    state: 'cut short',
    cause: 'it was cancelled',
  }
}
