import { describe, expect, test } from 'vitest'
import type { Budgets } from '../../src/budget/budget.ts'
import { doubtText, textOf } from '../../src/budget/cause.ts'
import { becauseOnce, judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import { LatencyRecorder } from '../../src/measure/histogram.ts'
import type { Doubt, ErrorGroup, LoadReport, Verdict } from '../../src/measure/report.ts'
import {
  aNodeTarget,
  anEndpoint,
  aReport,
  aStep,
  aThread,
  latencies,
  someProcesses,
  spread,
} from '../builders/report.ts'

const targets = { api: true, db: true, gone: true, late: true, never: true } as const

function judged(budgets: Budgets, over: Partial<LoadReport> = {}): Verdict[] {
  const report = aReport(over)
  const read = readBudgets(budgets, { steps: Object.keys(report.steps), target: true, targets, cores: 2 })
  expect(read.problems).toEqual([])
  return judge(report, read.budgets)
}

/** `pass 49 ms`, or the verdict and why. */
function told(budgets: Budgets, over: Partial<LoadReport> = {}): string {
  return judged(budgets, over)
    .map(({ verdict, value, because }) => (because === '' ? `${verdict} ${value}` : `${verdict}: ${because}`))
    .join('\n')
}

const error = (over: Partial<ErrorGroup> = {}): ErrorGroup => ({
  step: 'pay',
  kind: 'criterion',
  message: '$statusCode == 200 is not met (503)',
  count: 40,
  at: { file: '/project/shop.arazzo.yaml', line: 31, column: 9 },
  exemplars: [],
  ...over,
})

describe('a run that keeps its budgets', () => {
  test('passes each of them, with its value', () => {
    const budgets: Budgets = {
      rps: 590,
      iterationRate: 199,
      mean: 30,
      p99: '100ms',
      'p99.9': '1s',
      max: '10s',
      errorRate: 0,
      dropped: 0,
      memory: '200MB',
      cpu: '70%',
      steps: { login: { p99: '20ms', errorRate: 0 } },
      generator: { memory: '100MB', cpu: '50%' },
    }
    expect(judged(budgets).map(({ verdict, title, value }) => `${verdict} ${title}: ${value}`)).toMatchInlineSnapshot(`
      [
        "pass rps >= 590/s: 600/s",
        "pass iterationRate >= 199/s: 200/s",
        "pass mean <= 30 ms: 14.7 ms",
        "pass p99 <= 100 ms: 49 ms",
        "pass p99.9 <= 1 s: 107 ms",
        "pass max <= 10 s: 249 ms",
        "pass errorRate <= 0 %: 0 %",
        "pass dropped <= 0: 0",
        "pass memory <= 200 MB: 181 MB",
        "pass cpu <= 70 %: 61 %",
        "pass login p99 <= 20 ms: 14 ms",
        "pass login errorRate <= 0 %: 0 %",
        "pass generator memory <= 100 MB: 95 MB",
        "pass generator cpu <= 50 %: 45 %",
      ]
    `)
    expect(judged(budgets).every(({ because }) => because === '')).toBe(true)
    expect(judged(budgets)[3]).toEqual({
      budget: 'p99',
      title: 'p99 <= 100 ms',
      value: '49 ms',
      verdict: 'pass',
      because: '',
      reasons: [],
      judged: {
        value: expect.closeTo(49, 1),
        bound: 100,
        margin: expect.closeTo(-0.51, 2),
        doubts: [],
        lower: expect.closeTo(45.9, 1),
        upper: expect.closeTo(53.2, 1),
      },
    })
  })

  test('on the bound passes "at most" and "at least", not "less than" and "more than"', () => {
    const over = { rps: 600, target: someProcesses({ memoryPeak: 200_000_000 }) }
    expect(told({ rps: 600, memory: '200MB' }, over)).toBe('pass 600/s\npass 200 MB')
    expect(told({ rps: '> 600', memory: '< 200MB' }, over)).toMatchInlineSnapshot(`
      "fail: Expected rps > 600/s, received 600/s. The load asks for 600/s, and no run makes more than that: leave some room between the two.
      fail: Expected memory < 200 MB, received 200 MB (from 90 MB at the start to 176 MB at the end of the window, pid 4711 and 2 children)."
    `)
  })
})

test('a verdict holds its parts, and its sentences are made of them', () => {
  const late: Doubt = { kind: 'late starts', p99: 80, found: 'Starts came up to 80 ms late. Use more threads.' }
  const [missed, open] = judged({ errorRate: '0.1%', p99: '45ms' }, { errorRate: 0.0075, doubts: [late] })
  expect(missed).toMatchObject({
    value: '0.75 %',
    judged: { value: 0.0075, bound: 0.001, margin: expect.closeTo(6.5, 6), doubts: [] },
    aside: expect.stringContaining('iterations failed'),
  })
  expect(missed!.because).toBe(
    `Expected ${missed!.title}, received 0.75 % (7.5 times the bound; ${missed!.aside}). ${textOf(missed!.reasons)}`.trimEnd(),
  )
  expect(open).toMatchObject({
    verdict: 'inconclusive',
    judged: { bound: 45, doubts: [{ kind: 'late starts' }] },
    reasons: expect.arrayContaining([{ kind: 'doubt', of: 'late starts', text: doubtText(late) }]),
  })
  expect(open!.because).toBe(`Expected p99 <= 45 ms, received 49 ms, which decides nothing: ${textOf(open!.reasons)}`)
  expect(open).not.toHaveProperty('aside')
})

describe('a run that misses a budget', () => {
  test('of latency: by how much, how much of it was waiting, and the slowest step', () => {
    const over = {
      responseTime: latencies(spread(6000, 100, 412)),
      serviceTime: latencies(spread(6000, 50, 198)),
      steps: { login: aStep(), pay: aStep({ serviceTime: latencies(spread(6000, 44, 180)) }) },
      errors: [error(), error({ step: 'login', kind: 'timeout', message: 'no response within 1 s', count: 3 })],
    }
    expect(told({ p99: '250ms', mean: '20ms' }, over)).toMatchInlineSnapshot(`
      "fail: Expected p99 <= 250 ms, received 412 ms (65 % over; service time 198 ms: iterations began later than they were due). Slowest step: pay, p99 180 ms. Most common of 2 kinds of error: 40 attempts at pay (shop.arazzo.yaml:31:9): $statusCode == 200 is not met (503).
      fail: Expected mean <= 20 ms, received 116 ms (5.8 times the bound; service time 57.4 ms: iterations began later than they were due). Slowest step: pay, mean 50.9 ms. Most common of 2 kinds of error: 40 attempts at pay (shop.arazzo.yaml:31:9): $statusCode == 200 is not met (503)."
    `)
  })

  test('of latency in a closed model: service time, and no talk of waiting', () => {
    const over: Partial<LoadReport> = {
      model: 'closed',
      shape: { vus: 50, duration: '30s' },
      responseTime: latencies(spread(6000, 100, 412)),
    }
    expect(told({ p95: '15ms' }, over)).toMatchInlineSnapshot(
      `"fail: Expected p95 <= 15 ms, received 27.6 ms (84 % over). Slowest step: pay, p95 12 ms."`,
    )
  })

  test('of requests of a load that asks for iterations: how many that are', () => {
    const shape = { rate: 100, duration: '30s' } as const
    const over = { shape, rps: 300, requests: 9_000, iterationRate: 100 }
    const arrivals = { due: 3_000, dropped: 0, started: 3_000, passed: 3_000, failed: 0, aborted: 0 }
    expect(told({ rps: 400 }, { ...over, measuredArrivals: arrivals })).toContain('The load asks for 300/s only')
    expect(told({ rps: 299 }, { ...over, rps: 200, measuredArrivals: arrivals })).toContain('Slowest step')
  })

  test('of a rate: what stood in the way', () => {
    expect(told({ rps: 1000 })).toMatchInlineSnapshot(
      `"fail: Expected rps >= 1,000/s, received 600/s (40 % under). The load asks for 600/s only: let it ask for more than the budget."`,
    )
    const closed: Partial<LoadReport> = { model: 'closed', shape: { vus: 5, duration: '30s' } }
    expect(told({ rps: 1000, iterationRate: 300 }, closed)).toMatchInlineSnapshot(`
      "fail: Expected rps >= 1,000/s, received 600/s (40 % under). In a closed model the responses set the pace: 5 users, 14.2 ms an iteration on average. Slowest step: pay, mean 5.9 ms.
      fail: Expected iterationRate >= 300/s, received 200/s (33 % under). In a closed model the responses set the pace: 5 users, 14.2 ms an iteration on average. Slowest step: pay, mean 5.9 ms."
    `)
    const dropped = { due: 6000, dropped: 300, started: 5700, passed: 5700, failed: 0, aborted: 0 }
    const open: Partial<LoadReport> = { shape: { rps: 1000, duration: '30s' }, measuredArrivals: dropped }
    expect(told({ rps: 1000 }, open)).toMatchInlineSnapshot(
      `"fail: Expected rps >= 1,000/s, received 600/s (40 % under). 300 of 6,000 arrivals were never started. Slowest step: pay, mean 5.9 ms."`,
    )
  })

  test('of errors: how many, and which most', () => {
    const measuredArrivals = { due: 6000, dropped: 0, started: 6000, passed: 5955, failed: 45, aborted: 0 }
    const over: Partial<LoadReport> = {
      measuredArrivals,
      errorRate: 0.0075,
      errors: [error({ count: 5, step: 'list' }), error()],
      steps: { list: aStep({ errors: 5 }), pay: aStep({ errors: 40 }) },
    }
    expect(told({ errorRate: '0.1%', steps: { pay: { errorRate: 0 } } }, over)).toMatchInlineSnapshot(`
      "fail: Expected errorRate <= 0.1 %, received 0.75 % (7.5 times the bound; 45 of 6,000 iterations failed). Most common of 2 kinds of error: 40 attempts at pay (shop.arazzo.yaml:31:9): $statusCode == 200 is not met (503).
      fail: Expected pay errorRate <= 0 %, received 0.667 % (40 of 6,000 requests failed). Most common error: 40 attempts at pay (shop.arazzo.yaml:31:9): $statusCode == 200 is not met (503)."
    `)
  })

  test('of errors by a few: judged as counted, with what so few can tell', () => {
    const measuredArrivals = { due: 1000, dropped: 0, started: 1000, passed: 998, failed: 2, aborted: 0 }
    expect(told({ errorRate: '0.1%' }, { measuredArrivals, errorRate: 0.002 })).toMatchInlineSnapshot(
      `"fail: Expected errorRate <= 0.1 %, received 0.2 % (100 % over; 2 of 1,000 iterations failed: of so few, another run may have from 0.036 % to 0.63 %, with 95 % confidence)."`,
    )
    expect(told({ errorRate: 0 }, { measuredArrivals, errorRate: 0.002 })).toMatchInlineSnapshot(
      `"fail: Expected errorRate <= 0 %, received 0.2 % (2 of 1,000 iterations failed)."`,
    )
    expect(told({ errorRate: '0.2%' }, { measuredArrivals, errorRate: 0.002 })).toBe('pass 0.2 %')
  })

  test.each<[string, [responses: number, checked: number, broken: number], Budgets['contract'], Verdict['verdict']]>([
    ['all were checked, and none is broken', [800, 800, 0], 0, 'pass'],
    ['all were checked, and one is broken', [800, 800, 1], 0, 'fail'],
    ['all were checked, as many are broken as may be', [800, 800, 8], '1%', 'pass'],
    ['few were checked', [800, 18, 0], '1%', 'inconclusive'],
    ['few were checked, and the limit of so few is within the bound', [800, 18, 0], '16%', 'pass'],
    ['few were checked, and none may be broken', [800, 799, 0], 0, 'inconclusive'],
    ['few were checked, and one of them is broken', [800, 18, 1], 0, 'fail'],
    ['few were checked, of which too many are broken', [800, 18, 18], '50%', 'fail'],
    ['none was checked', [800, 0, 0], '1%', 'fail'],
    ['nothing passed its criteria', [0, 0, 0], '99%', 'fail'],
  ])('of a contract: %s', (_, [responses, checked, broken], contract, expected) => {
    const steps = { pay: aStep({ contract: { responses, checked, broken } }), login: aStep() }
    const budgets: Budgets = {
      contract: contract!,
      requests: { contract: contract! },
      steps: { pay: { contract: contract! } },
    }
    const verdicts = judged(budgets, { steps })
    expect(verdicts.map(({ verdict }) => verdict)).toEqual([expected, expected, expected])
    expect(verdicts.every(({ value }) => (value === 'no data') === (checked === 0))).toBe(true)
  })

  test('of a contract of which few were checked: says how little that is, and what to do', () => {
    const steps = { pay: aStep({ contract: { responses: 800, checked: 18, broken: 0 } }) }
    expect(told({ contract: '1%' }, { steps })).toMatchInlineSnapshot(
      `"inconclusive: Expected contract <= 1 %, received 0 %, which decides nothing: Only 18 responses were checked against the OpenAPI description: of all, 0 % to 15 % may not be as it says (95 % confidence). Check each: checks: 'all', and describe redirects that are followed."`,
    )
    expect(judged({ errorRate: '1%' }, { steps, errorRate: 0 })[0]!.aside).toBe('OpenAPI: 18 of 800 bodies checked')
  })

  test.each<[number, Budgets, string | undefined]>([
    [20, { errorRate: '0.1%' }, 'another run of 20 may have up to 14 %'],
    [20, { errorRate: 0 }, 'another run of 20 may have up to 14 %'],
    [20, { errorRate: '20%' }, undefined],
    [10_000, { errorRate: '0.1%' }, undefined],
    [1_000, { steps: { pay: { errorRate: '0.01%' } } }, 'another run of 1,000 may have up to 0.3 %'],
    [20, { errorRate: '< 10%' }, 'another run of 20 may have up to 14 %'],
  ])(
    'of none by %i: kept, and how far another run may lie from it if that misses the bound',
    (count, budgets, aside) => {
      const measuredArrivals = { due: count, dropped: 0, started: count, passed: count, failed: 0, aborted: 0 }
      const steps = { pay: aStep({ requests: count, errors: 0 }) }
      const [verdict] = judged(budgets, { measuredArrivals, errorRate: 0, steps })
      expect(verdict).toMatchObject({ verdict: 'pass', because: '' })
      expect(verdict!.aside).toBe(aside)
    },
  )

  test('of dropped arrivals, as a count and as a share', () => {
    const measuredArrivals = { due: 6000, dropped: 300, started: 5700, passed: 5700, failed: 0, aborted: 0 }
    expect(told({ dropped: 10 }, { measuredArrivals })).toMatchInlineSnapshot(
      `"fail: Expected dropped <= 10, received 300 (30 times the bound; 300 of 6,000 arrivals were never started). Slowest step: pay, mean 5.9 ms."`,
    )
    expect(told({ dropped: '1%' }, { measuredArrivals })).toMatchInlineSnapshot(
      `"fail: Expected dropped <= 1 %, received 5 % (5 times the bound; 300 of 6,000 arrivals were never started). Slowest step: pay, mean 5.9 ms."`,
    )
  })

  test('of memory and CPU: how it grew, and of which processes', () => {
    const over = { target: someProcesses({ memoryPeak: 231_000_000, memoryEnd: 231_000_000, cpu: 1.52 }) }
    expect(told({ memory: '200MB', cpu: '70%', generator: { memory: '50MiB' } }, over)).toMatchInlineSnapshot(`
      "fail: Expected memory <= 200 MB, received 231 MB (16 % over; from 90 MB at the start to 231 MB at the end of the window, pid 4711 and 2 children).
      fail: Expected cpu <= 70 %, received 152 % (117 % over; mean of 120 readings of pid 4711 and 2 children).
      fail: Expected generator memory <= 50 MiB, received 90.6 MiB (81 % over; from 90 MB at the start to 176 MB at the end of the window, pid 4700)."
    `)
    expect(told({ cpu: '50% of machine' }, over)).toMatchInlineSnapshot(
      `"fail: Expected cpu <= 100 % (50 % of machine), received 152 % (52 % over; mean of 120 readings of pid 4711 and 2 children)."`,
    )
  })

  test('of what else is known of a target: the figures behind it', () => {
    const over = { target: aNodeTarget(), targets: { db: anEndpoint({ cpu: 0.61, missing: {} }) } }
    const budgets = {
      cpuPerRequest: '0.5ms',
      eventLoopDelay: '10ms',
      heap: '50MB',
      targets: { db: { cpu: '10%', series: { queue: 10, free: '>= 5' } } },
    }
    expect(told(budgets, over)).toMatchInlineSnapshot(`
      "fail: Expected cpuPerRequest <= 0.5 ms, received 0.92 ms (84 % over; 61 % of one core on average, pid 4711 and 2 children).
      fail: Expected eventLoopDelay <= 10 ms, received 14.5 ms (45 % over; at most 61 ms, busy 55 %; pid 4711 and 2 children).
      fail: Expected heap <= 50 MB, received 71 MB (42 % over; pid 4711 and 2 children).
      fail: Expected db cpu <= 10 %, received 61 % (6.1 times the bound; mean of 120 readings of http://127.0.0.1:9090/metrics).
      fail: Expected db series.queue <= 10, received 14 (40 % over; from 0 to 14, 3.25 on average over 120 readings of http://127.0.0.1:9090/metrics).
      fail: Expected db series.free >= 5, received 3 (40 % under; from 3 to 9, 8 on average over 120 readings of http://127.0.0.1:9090/metrics)."
    `)
  })

  test('of growth: only when the whole interval is over it, in the unit of the bound', () => {
    const over = { target: aNodeTarget() }
    expect(told({ memoryGrowth: '1MB/min' }, over)).toMatchInlineSnapshot(
      `"fail: Expected memoryGrowth <= 1 MB/min, received 2.4 MB/min (140 % over; between 1.8 MB/min and 2.9 MB/min with 95 % confidence, pid 4711 and 2 children)."`,
    )
    expect(told({ memoryGrowth: '50KB/1000 requests' }, over)).toMatchInlineSnapshot(
      `"fail: Expected memoryGrowth <= 50 kB/1,000 requests, received 66 kB/1,000 requests (32 % over; between 51 kB/1,000 requests and 80 kB/1,000 requests with 95 % confidence, pid 4711 and 2 children)."`,
    )
    expect(told({ memoryGrowth: '3MiB/min' }, over)).toMatchInlineSnapshot(`"pass 2.29 MiB/min"`)
    expect(told({ memoryGrowth: '2MB/min' }, over)).toMatchInlineSnapshot(
      `"inconclusive: Expected memoryGrowth <= 2 MB/min, received 2.4 MB/min, which decides nothing: The memory is only known to grow by between 1.8 MB/min and 2.9 MB/min (95 % confidence, 120 readings), and the bound lies between. Measure longer, after a longer warm-up, or leave some room."`,
    )
  })

  test('of attempts that sent no request: they are no requests that failed', () => {
    const over = { steps: { pay: aStep({ requests: 3, errors: 5 }) }, errors: [error({ count: 5, kind: 'request' })] }
    expect(told({ steps: { pay: { errorRate: 0 } } }, over)).toMatchInlineSnapshot(
      `"fail: Expected pay errorRate <= 0 %, received 167 % (5 attempts failed, and 3 requests were sent). Most common error: 5 attempts at pay (shop.arazzo.yaml:31:9): $statusCode == 200 is not met (503)."`,
    )
  })

  test('of a step: its own errors only', () => {
    const over = { steps: { pay: aStep(), list: aStep() }, errors: [error(), error({ step: 'list', count: 900 })] }
    expect(told({ steps: { pay: { p50: '1ms' } } }, over)).toMatchInlineSnapshot(
      `"fail: Expected pay p50 <= 1 ms, received 4 ms (4 times the bound). Most common error: 40 attempts at pay (shop.arazzo.yaml:31:9): $statusCode == 200 is not met (503)."`,
    )
  })

  test('by a hair: with as many digits as tell value from bound', () => {
    const over: Partial<LoadReport> = { rps: 999.96, shape: { rps: 1000, duration: '30s' } }
    expect(told({ rps: 1000 }, over)).toMatchInlineSnapshot(
      `"fail: Expected rps >= 1,000/s, received 999.96/s (0.004 % under). The load asks for 1,000/s, and no run makes more than that: leave some room between the two."`,
    )
  })
})

describe('a run of which some failed, fast', () => {
  const summary = (fast: number, slow: number) => {
    const recorder = new LatencyRecorder()
    for (let i = 0; i < fast; i++) recorder.record(0.5)
    for (let i = 0; i < slow; i++) recorder.record(300)
    return recorder.summary()
  }
  const failing = (failed: number, passed: number, over: Partial<LoadReport> = {}): Partial<LoadReport> => {
    const [due, serviceTime] = [failed + passed, summary(failed, passed)]
    const pay = aStep({ requests: due, errors: failed, serviceTime })
    return {
      measuredArrivals: { due, dropped: 0, started: due, passed, failed, aborted: 0 },
      errorRate: failed / due,
      serviceTime,
      responseTime: serviceTime,
      steps: { pay },
      allRequests: pay,
      errors: [error({ count: failed })],
      ...over,
    }
  }
  const latency: Budgets = { p50: '100ms', requests: { p50: '100ms' }, steps: { pay: { p50: '100ms' } } }

  test('keeps no percentile that only failures may be below', () => {
    expect(told(latency, failing(600, 400)).split('\n')).toEqual(
      ['p50', 'requests p50', 'pay p50'].map(name =>
        expect.stringMatching(
          `^inconclusive: Expected ${name} <= 100 ms, received 0.5 ms, which decides nothing: 600 of 1,000 iterations ` +
            'failed, and what fails may be faster than what passes. Fix the failing requests first. Without the failures it would be ' +
            'between 0.5 ms and 300 ms.',
        ),
      ),
    )
    expect(told({ mean: '200ms' }, failing(600, 400))).toMatch(/^inconclusive: .*600 of 1,000 iterations failed/)
    const costly = { target: someProcesses({ cpuPerRequest: 0.9 }) }
    expect(told({ cpuPerRequest: '1ms' }, failing(600, 400, costly))).toMatch(/^inconclusive: .*600 of 1,000/)
  })

  test('keeps what those that passed keep, too, and misses what it misses', () => {
    expect(told({ p50: '400ms', mean: '600ms', max: '301ms' }, failing(600, 400))).toBe(
      'pass 0.5 ms\npass 120 ms\npass 300 ms',
    )
    expect(told({ p50: '0.4ms' }, failing(600, 400))).toMatch(/^fail: /)
    expect(told({ p50: '100ms', p95: '400ms' }, failing(990, 10))).toMatch(/^inconclusive: .*\ninconclusive: /)
    expect(told({ p50: '301ms', p99: '301ms' }, failing(10, 990))).toBe('pass 300 ms\npass 300 ms')
  })

  test('keeps a percentile of a step whose failures an action made good', () => {
    const over = failing(600, 400, { measuredArrivals: aReport().measuredArrivals, errorRate: 0 })
    const { passed, failed } = over.measuredArrivals!
    expect([passed > 0, failed]).toEqual([true, 0])
    expect(told({ steps: { pay: { p50: '100ms' } } }, over)).toBe('pass 0.5 ms')
  })

  test('keeps no rate of which most is failures', () => {
    expect(told({ rps: 1, iterationRate: 1 }, failing(400, 600))).toMatch(/^pass .*\npass /)
    expect(told({ iterationRate: 150 }, { ...failing(600, 400), iterationRate: 200 })).toMatch(
      /^inconclusive: Expected iterationRate >= 150\/s, received 200\/s, .*600 of 1,000 iterations failed/,
    )
  })
})

describe('a run of which nothing passed', () => {
  const over: Partial<LoadReport> = {
    measuredArrivals: { due: 6000, dropped: 0, started: 6000, passed: 0, failed: 6000, aborted: 0 },
    errorRate: 1,
    steps: { login: aStep(), pay: aStep({ errors: aStep().requests }) },
    errors: [error({ count: 6000 })],
    target: someProcesses({ cpuPerRequest: 0.92 }),
  }

  test('keeps no latency and no rate: those of failures decide nothing', () => {
    const budgets: Budgets = { p95: '10s', rps: 1, mean: '10s', iterationRate: 1, cpuPerRequest: '10s' }
    expect(told(budgets, over)).toMatchInlineSnapshot(`
      "fail: Expected p95 <= 10 s, received no data: all 6,000 iterations failed, and the latency of failures decides nothing. Most common error: 6,000 attempts at pay (shop.arazzo.yaml:31:9): $statusCode == 200 is not met (503).
      fail: Expected rps >= 1/s, received no data: all 6,000 iterations failed, and the rate of failures decides nothing. Most common error: 6,000 attempts at pay (shop.arazzo.yaml:31:9): $statusCode == 200 is not met (503).
      fail: Expected mean <= 10 s, received no data: all 6,000 iterations failed, and the latency of failures decides nothing. Most common error: 6,000 attempts at pay (shop.arazzo.yaml:31:9): $statusCode == 200 is not met (503).
      fail: Expected iterationRate >= 1/s, received no data: all 6,000 iterations failed, and the rate of failures decides nothing. Most common error: 6,000 attempts at pay (shop.arazzo.yaml:31:9): $statusCode == 200 is not met (503).
      fail: Expected cpuPerRequest <= 10 s, received no data: all 6,000 iterations failed, and the CPU time of failures decides nothing. Most common error: 6,000 attempts at pay (shop.arazzo.yaml:31:9): $statusCode == 200 is not met (503)."
    `)
  })

  test('a step of which each request failed has none, also where iterations passed on another way', () => {
    const { measuredArrivals: _, errorRate: __, ...some } = over
    const budgets: Budgets = { steps: { pay: { p95: '10s', errorRate: '>= 50%' }, login: { p95: '10s' } } }
    expect(told(budgets, some).split('\n')).toEqual([
      expect.stringMatching(/^fail: Expected pay p95 <= 10 s, received no data: each request of step pay failed/),
      'pass 100 %',
      'pass 9.7 ms',
    ])
  })

  test('has figures of steps that passed, of counts, and of the process', () => {
    const budgets: Budgets = {
      errorRate: '>= 50%',
      dropped: 0,
      memory: '10GB',
      steps: { login: { p95: '10s' }, pay: { p95: '10s', errorRate: '>= 50%' } },
    }
    expect(told(budgets, over)).toMatchInlineSnapshot(`
      "pass 100 %
      pass 0
      pass 181 MB
      pass 9.7 ms
      fail: Expected pay p95 <= 10 s, received no data: each request of step pay failed, and the latency of failures decides nothing. Most common error: 6,000 attempts at pay (shop.arazzo.yaml:31:9): $statusCode == 200 is not met (503).
      pass 100 %"
    `)
  })

  test('keeps no latency of all requests either, unless some of them passed', () => {
    const failed = aStep({ errors: aStep().requests })
    const budgets: Budgets = { requests: { p95: '10s', max: '10s', errorRate: '>= 50%' } }
    expect(told(budgets, { ...over, steps: { login: failed, pay: aStep({ requests: 0 }) } })).toMatch(
      /^(fail: Expected requests \w+ <= 10 s, received no data: each request failed, and the latency of .*\n){2}pass 100 %$/,
    )
    expect(told(budgets, over)).toMatch(/^(pass .*\n){2}pass 50 %$/)
  })

  test('has missed by its value what is too slow', () => {
    expect(told({ p95: '1ms' }, over)).toContain('fail: Expected p95 <= 1 ms, received 28.4 ms (28 times')
  })
})

describe('without data', () => {
  const nothing = latencies([])
  const empty: Partial<LoadReport> = {
    measuredArrivals: { due: 0, dropped: 0, started: 0, passed: 0, failed: 0, aborted: 0 },
    requests: 0,
    rps: 0,
    iterationRate: 0,
    errorRate: 0,
    responseTime: nothing,
    serviceTime: nothing,
    steps: { login: { requests: 0, errors: 0, serviceTime: nothing } },
    target: someProcesses({ samples: 0, memoryPeak: 0, cpu: 0 }),
  }

  test('every budget fails, also those that nothing would seem to keep', () => {
    const budgets: Budgets = {
      rps: '<= 1000',
      iterationRate: '<= 5',
      p99: 100,
      mean: 100,
      max: 100,
      errorRate: '1%',
      dropped: 10,
      memory: '1GB',
      cpu: '50%',
      steps: { login: { p99: 100, errorRate: '1%' } },
    }
    const verdicts = judged(budgets, empty)
    expect(verdicts.map(({ verdict, value }) => [verdict, value])).toEqual(verdicts.map(() => ['fail', 'no data']))
    expect(told({ p99: 100, memory: '1GB', steps: { login: { p99: 100 } } }, empty)).toMatchInlineSnapshot(`
      "fail: Expected p99 <= 100 ms, received no data: no iteration ended in the measured window.
      fail: Expected memory <= 1 GB, received no data: its processes were not read once. They had ended, or the window was too short.
      fail: Expected login p99 <= 100 ms, received no data: no request of step login got a response in the measured window."
    `)
  })

  test('also when the run was cut short', () => {
    expect(told({ p99: 100 }, { ...empty, state: 'cut short', errors: [error()] })).toMatchInlineSnapshot(
      `"fail: Expected p99 <= 100 ms, received no data: no iteration ended in the measured window. The run was cut short. Most common error: 40 attempts at pay (shop.arazzo.yaml:31:9): $statusCode == 200 is not met (503)."`,
    )
  })

  test('of an application that was not measured', () => {
    expect(told({ memory: '1GB' }, { target: undefined })).toMatchInlineSnapshot(
      `"fail: Expected memory <= 1 GB, received no data: the application was not measured."`,
    )
  })

  test('of a target: what was missing, and why', () => {
    const { node: _, memoryGrowth: __, cpuPerRequest: ___, ...bare } = aNodeTarget()
    const url = 'http://127.0.0.1:9090/metrics'
    const missing = {
      cpu: `Failed to measure ${url}: there is no process_cpu_seconds_total. Have the application expose it, or name another series.`,
      'series.queue': `Failed to measure ${url}: there is no queue. Have the application expose it, or name another series.`,
    }
    const lost = `Failed to measure ${url}: it responds with 503. Check that the application runs, and the URL of its metrics.`
    const over = {
      target: { ...bare, samples: 2 },
      targets: {
        api: { ...bare, of: url, cpu: 0, missing },
        gone: { ...bare, of: url, samples: 0, lost },
        late: { ...bare, of: url, lost },
      },
    }
    const budgets = {
      memoryGrowth: '1MB/min',
      cpuPerRequest: '1ms',
      heap: '1GB',
      targets: {
        api: { cpu: '10%', series: { queue: 10 } },
        gone: { memory: '1GB' },
        late: { memory: '1GB' },
        never: { memory: '1GB' },
      },
    }
    expect(told(budgets, over)).toMatchInlineSnapshot(`
      "fail: Expected memoryGrowth <= 1 MB/min, received no data: 2 readings are too few to tell how fast the memory grows. Measure for 5 s or longer.
      fail: Expected cpuPerRequest <= 1 ms, received no data: no request got a response between its first reading and its last.
      fail: Expected heap <= 1 GB, received no data: no probe is loaded into pid 4711 and 2 children. An application that is reused was started without one.
      fail: Expected api cpu <= 10 %, received no data: Failed to measure http://127.0.0.1:9090/metrics: there is no process_cpu_seconds_total. Have the application expose it, or name another series.
      fail: Expected api series.queue <= 10, received no data: Failed to measure http://127.0.0.1:9090/metrics: there is no queue. Have the application expose it, or name another series.
      fail: Expected gone memory <= 1 GB, received no data: Failed to measure http://127.0.0.1:9090/metrics: it responds with 503. Check that the application runs, and the URL of its metrics.
      inconclusive: Expected late memory <= 1 GB, received 181 MB, which decides nothing: Its readings ended before the measured window did: Failed to measure http://127.0.0.1:9090/metrics: it responds with 503. Check that the application runs, and the URL of its metrics.
      fail: Expected never memory <= 1 GB, received no data: never was not measured."
    `)
  })

  test('a run that never got going has no verdicts', () => {
    expect(judged({ p99: 100 }, { ...empty, state: 'not run', cause: 'connection refused' })).toEqual([])
  })
})

describe('inconclusive', () => {
  const saturated: Doubt = {
    kind: 'generator saturated',
    eventLoopUtilization: 0.98,
    found: 'The generator was busy 98 % of the time. Use more threads.',
  }
  const late: Doubt = { kind: 'late starts', p99: 80, found: 'Starts came up to 80 ms late.' }
  const dropped: Doubt = {
    kind: 'dropped arrivals',
    dropped: 300,
    due: 6000,
    found: '300 of 6,000 arrivals found no free user. Raise maxVus.',
  }
  const cut: Doubt = {
    kind: 'cut short',
    measured: 4000,
    planned: 30_000,
    found: 'The run was cut short after 4 s of 30 s.',
  }

  test('a percentile of too few samples, with how many it takes and how to get them', () => {
    const over = { responseTime: latencies(spread(120, 13, 49)) }
    expect(told({ p99: 100 }, over)).toMatchInlineSnapshot(
      `"inconclusive: Expected p99 <= 100 ms, received 52.1 ms, which decides nothing: 120 samples are too few for p99, 299 are needed. Measure for 75 s or longer at this rate."`,
    )
    expect(told({ p95: 100, p50: 100 }, over)).toMatch(/^pass .*\npass .*$/)
    const counted: Partial<LoadReport> = {
      model: 'closed',
      shape: { vus: 4, iterations: 30 },
      serviceTime: latencies(spread(120, 13, 49)),
    }
    expect(told({ p99: 45 }, counted)).toMatchInlineSnapshot(
      `"inconclusive: Expected p99 <= 45 ms, received 52.1 ms, which decides nothing: 120 samples are too few for p99, 299 are needed. Run 75 iterations a user or more."`,
    )
    // But so few can tell that a bound is missed.
    expect(told({ p99: 1 }, counted)).toMatchInlineSnapshot(
      `"fail: Expected p99 <= 1 ms, received 52.1 ms (52 times the bound). Slowest step: pay, p99 22 ms."`,
    )
  })

  test('a percentile near its bound, with its interval and how many more samples decide', () => {
    expect(told({ p99: 100 })).toBe('pass 49 ms')
    expect(told({ p99: 51 })).toMatchInlineSnapshot(
      `"inconclusive: Expected p99 <= 51 ms, received 49 ms, which decides nothing: p99 is only known to be between 45.9 ms and 53.2 ms (95 % confidence, 6,000 samples), and the bound lies between. About 21,000 more would decide if they are like these: measure for 2 min 14 s or longer at this rate."`,
    )
    expect(told({ p99: 47 })).toMatchInlineSnapshot(
      `"inconclusive: Expected p99 <= 47 ms, received 49 ms, which decides nothing: p99 is only known to be between 45.9 ms and 53.2 ms (95 % confidence, 6,000 samples), and the bound lies between. About 9,100 more would decide if they are like these: measure for 76 s or longer at this rate."`,
    )
    expect(told({ p99: 40 })).toMatch(/^fail/)
    expect(told({ p99: 49.05 })).toMatchInlineSnapshot(
      `"inconclusive: Expected p99 <= 49.05 ms, received 49 ms, which decides nothing: p99 is only known to be between 45.9 ms and 53.2 ms (95 % confidence, 6,000 samples), and the bound lies between. More samples will hardly decide: leave some room between the two."`,
    )
    const closed: Partial<LoadReport> = { model: 'closed', shape: { vus: 60, iterations: 100 } }
    expect(told({ p99: 50 }, closed)).toMatchInlineSnapshot(
      `"inconclusive: Expected p99 <= 50 ms, received 48 ms, which decides nothing: p99 is only known to be between 44.9 ms and 52.2 ms (95 % confidence, 6,000 samples), and the bound lies between. About 21,000 more would decide if they are like these: run 447 iterations a user or more."`,
    )
    expect(told({ steps: { login: { p95: 8.5 } } })).toMatchInlineSnapshot(`"pass 7.43 ms"`)
  })

  test('with 299 samples the largest has to keep to the bound of p99, with 473 the second largest', () => {
    const fast = (count: number) => Array.from({ length: count }, (_, i) => 1 + i / count)
    const verdictOf = (samples: number[]) => judged({ p99: 10 }, { responseTime: latencies(samples) })[0]!.verdict
    expect(verdictOf(fast(299))).toBe('pass')
    expect(verdictOf([...fast(298), 11])).toBe('inconclusive')
    expect(verdictOf([...fast(471), 11])).toBe('inconclusive')
    expect(verdictOf([...fast(472), 11])).toBe('pass')
  })

  test('a percentile that is to be at least something', () => {
    expect(told({ p50: '> 1ms' })).toBe('pass 13 ms')
    expect(told({ p50: '> 13ms' })).toMatch(/^inconclusive: /)
    expect(told({ p50: '> 20ms' })).toMatch(/^fail: /)
  })

  test.each([
    [0.5, 5],
    [0.9, 29],
    [0.95, 59],
    [0.99, 299],
    [0.999, 2995],
  ])('percentile %d takes %d samples', (quantile, needed) => {
    const budget = { [`p${quantile * 100}`]: 1e6 } as Budgets
    const enough = judged(budget, { responseTime: latencies(spread(needed, 13, 49)) })
    const oneLess = judged(budget, { responseTime: latencies(spread(needed - 1, 13, 49)) })
    expect([enough[0]?.verdict, oneLess[0]?.verdict]).toEqual(['pass', 'inconclusive'])
  })

  const everywhere = (bound: string): Budgets => ({
    p99: bound,
    mean: bound,
    max: '100s',
    steps: { pay: { p99: bound } },
  })

  test('dropped arrivals in figures that cannot be leave the verdict open, and throw nothing', () => {
    const doubts = [{ ...dropped, dropped: 1, due: Number.POSITIVE_INFINITY }]
    expect(judged({ p99: '100ms' }, { doubts })[0]!.verdict).toBe('inconclusive')
  })

  test('dropped arrivals taint latencies that were kept: they took longer than all others', () => {
    const verdicts = judged(everywhere('1s'), { doubts: [dropped] })
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(verdicts.map(() => 'inconclusive'))
    expect(verdicts.every(({ because }) => because.includes(`, which decides nothing: ${doubtText(dropped)}`))).toBe(
      true,
    )
    // One in twenty makes no difference to the half of them.
    expect(judged({ p50: '1s' }, { doubts: [dropped] })[0]).toMatchObject({
      verdict: 'pass',
      note: 'Without dropped arrivals it would be between 12.5 ms and 13.2 ms. The verdict is the same.',
    })
  })

  test('a saturated generator of a closed model does not: its users are not in hand all of the time', () => {
    const closed: Partial<LoadReport> = { model: 'closed', shape: { vus: 5, duration: '30s' } }
    // 5 users and 200 iterations a second: 25 ms each, of which 14.2 ms are the iteration.
    const verdictOf = (budgets: Budgets, over: Partial<LoadReport> = closed) =>
      judged(budgets, { ...over, doubts: [saturated] })[0]!.verdict
    expect(verdictOf({ p99: '1s' })).toBe('pass')
    expect(verdictOf({ p99: '70ms' })).toBe('inconclusive')
    expect(verdictOf({ p99: '1s' }, { ...closed, shape: { ...closed.shape!, thinkTime: 5 } as never })).toBe(
      'inconclusive',
    )
    // What the API could do is not known, and what it did is.
    expect(verdictOf({ rps: 5_000 })).toBe('inconclusive')
    expect(verdictOf({ rps: 500 })).toBe('pass')
  })

  test.each([saturated, dropped, late])('what an open model did not ask for is missed all the same: $kind', doubt => {
    const [first] = judged({ rps: 5000 }, { doubts: [doubt] })
    expect(first!.verdict).toBe('fail')
    expect(first!.because).toContain('The load asks for 600/s only')
    expect(judged({ rps: 500 }, { doubts: [doubt] })[0]!.verdict).toBe('pass')
    // Nine tenths of what was due were made, and the rest may be its fault.
    expect(judged({ rps: 550 }, { rps: 540, doubts: [doubt] })[0]!.verdict).toBe('inconclusive')
  })

  test('what an open model asked for counts iterations that ended after the window', () => {
    // 200 iterations a second of three requests were due, and a third of them ended in the window.
    const late: Partial<LoadReport> = { rps: 200, requests: 6_000, iterationRate: 200 / 3 }
    const starved: Doubt = { kind: 'generator starved', share: 0.6, longest: 900, found: '' }
    expect(judged({ rps: 500 }, { ...late, doubts: [starved] })[0]!.verdict).toBe('inconclusive')
    const [first] = judged({ rps: 5_000 }, { ...late, doubts: [starved] })
    expect(first).toMatchObject({ verdict: 'fail', because: expect.stringContaining('The load asks for 600/s only') })
  })

  test('late starts where what they add reaches the bound', () => {
    const verdictOf = (budgets: Budgets) => judged(budgets, { doubts: [late] })[0]!.verdict
    expect(verdictOf({ p99: '700ms' })).toBe('pass')
    expect(verdictOf({ p99: '40ms' })).toBe('inconclusive')
    expect(verdictOf({ p99: '1s' })).toBe('pass')
    expect(verdictOf({ rps: 500 })).toBe('pass')
    expect(told({ p99: '40ms' }, { doubts: [{ ...late, p99: 20 }] })).toMatchInlineSnapshot(
      `"inconclusive: Expected p99 <= 40 ms, received 49 ms, which decides nothing: Starts came up to 80 ms late. Without late starts it would be between 29 ms and 49 ms."`,
    )
  })

  describe('a doubt has a size', () => {
    const starts = (p99: number): Doubt => ({ kind: 'late starts', p99, found: 'Starts came late.' })
    const starved = (longest: number, share: number): Doubt => ({
      kind: 'generator starved',
      longest,
      share,
      found: 'It waited for a core.',
    })

    test('that changes nothing about what was kept in spite of it', () => {
      const over = { responseTime: latencies(spread(5000, 1.15, 4)), doubts: [starts(6)] }
      expect(judged({ p50: '50ms' }, over)[0]).toMatchObject({
        verdict: 'pass',
        value: '1.15 ms',
        because: '',
        note: 'Without late starts it would be 1.15 ms or less. The verdict is the same.',
        judged: { bound: 50, doubts: [{ kind: 'late starts', lower: expect.any(Number) }] },
      })
      expect(judged({ steps: { login: { p99: '25ms' } } }, over)[0]!.verdict).toBe('pass')
    })

    test('nor about what is missed without it', () => {
      const slow = {
        responseTime: latencies(spread(5000, 20, 45)),
        serviceTime: latencies(spread(5000, 20, 39)),
        doubts: [starts(6)],
      }
      expect(told({ p99: '< 5 ms' }, slow)).toMatchInlineSnapshot(
        `"fail: Expected p99 < 5 ms, received 45 ms (9 times the bound; service time 39 ms: iterations began later than they were due). Slowest step: pay, p99 22 ms."`,
      )
    })

    test('that a rate which is far from its bound cannot be explained by', () => {
      const over: Partial<LoadReport> = {
        model: 'closed',
        shape: { vus: 5, duration: '30s' },
        rps: 892,
        doubts: [starved(160, 0.17)],
      }
      expect(judged({ rps: 5000 }, over)[0]).toMatchObject({
        verdict: 'fail',
        note: 'Without the starved load generator it would be between 892/s and 1,352/s. The verdict is the same.',
      })
      expect(judged({ rps: 1200 }, over)[0]!.verdict).toBe('inconclusive')
    })

    test('taken of each sample, where the load threads kept what they added to it', () => {
      const recorder = new LatencyRecorder()
      // One in a hundred was 20 ms late of 30 ms.
      for (let i = 0; i < 5_000; i++) recorder.record(i % 50 === 0 ? 30 : 10, i % 50 === 0 ? 20 : 0)
      const over = { responseTime: recorder.summary() }
      expect(told({ p99: '15ms' }, over)).toMatchInlineSnapshot(
        `"inconclusive: Expected p99 <= 15 ms, received 30 ms, which decides nothing: The load generator itself was late at this figure: its thread was busy, or waited for a core that another program had. End other programs, or give it cores of its own. Without the load generator's own delay it would be between 10 ms and 30 ms."`,
      )
      expect(told({ p99: '8ms' }, over)).toMatchInlineSnapshot(
        `"fail: Expected p99 <= 8 ms, received 30 ms (3.8 times the bound). Slowest step: pay, p99 22 ms."`,
      )
      // A doubt about the tail says nothing of the median.
      expect(judged({ p50: '9ms' }, over)[0]).not.toHaveProperty('note')
      expect(judged({ p50: '9ms' }, over)[0]!.verdict).toBe('fail')
      expect(judged({ p50: '11ms', p99: '31ms' }, over).map(({ verdict }) => verdict)).toEqual(['pass', 'pass'])
      expect(judged({ max: '15ms' }, over)[0]!.verdict).toBe('inconclusive')
      expect(judged({ mean: '10.3ms' }, over)[0]!.verdict).toBe('inconclusive')
      expect(judged({ mean: '9.9ms' }, over)[0]!.verdict).toBe('fail')
    })

    test('where it was kept of each sample no estimate is needed: the cause is told, and the size is that of the samples', () => {
      const recorder = new LatencyRecorder()
      for (let i = 0; i < 5_000; i++) recorder.record(i % 50 === 0 ? 30 : 10, i % 50 === 0 ? 20 : 0)
      const generator = aReport().generator
      const threads = [aThread({ stalls: { count: 100, time: 2_000, longest: 20 } })]
      const over = {
        responseTime: recorder.summary(),
        doubts: [starved(400, 0.2)],
        generator: { ...generator, threads },
      }
      expect(told({ p99: '15ms' }, over)).toMatchInlineSnapshot(
        `"inconclusive: Expected p99 <= 15 ms, received 30 ms, which decides nothing: It waited for a core. Without the load generator's own delay it would be between 10 ms and 30 ms."`,
      )
      expect(judged({ p99: '8ms' }, over)[0]!.verdict).toBe('fail')
    })

    test('an application that was starved on the same machine: seldom waits say nothing of the median', () => {
      const threads = [aThread({ stalls: { count: 100, time: 360, longest: 20 } })]
      const over = (longest: number, share: number): Partial<LoadReport> => ({
        iterationRate: 20,
        responseTime: latencies(spread(5000, 8, 12)),
        doubts: [{ ...starved(longest, share), isShared: true } as Doubt],
        generator: { ...aReport().generator, threads },
      })
      const verdictOf = (budgets: Budgets, longest: number, share: number) =>
        judged(budgets, over(longest, share))[0]!.verdict
      expect(verdictOf({ p50: '1ms' }, 147, 0.09)).toBe('fail')
      expect(verdictOf({ mean: '1ms' }, 147, 0.01)).toBe('fail')
      // Waits of a few milliseconds may have been in most of the requests.
      expect(verdictOf({ p50: '7ms' }, 147, 0.09)).toBe('inconclusive')
      expect(verdictOf({ p50: '1ms' }, 400, 0.4)).toBe('inconclusive')
      expect(verdictOf({ p99: '11ms' }, 147, 0.09)).toBe('inconclusive')
      // All of them together are no longer than three of the worst seconds'.
      expect(verdictOf({ p50: '6ms' }, 0.5, 0.09)).toBe('fail')
    })

    test.each([
      [0.05, 4],
      [0.05, 60],
      [0.1, 1],
      [0.1, 20],
      [0.1, 200],
      [0.2, 4],
      [0.2, 60],
      [0.3, 20],
    ])(
      'an application that waited %d of the time, for up to %d ms at once, has missed nothing for it',
      (share, most) => {
        const threads = [aThread({ stalls: { count: 100, time: 360, longest: 20 } })]
        // One that falls behind for good is no matter of waits.
        for (const [load, service] of [
          [0.1, 1],
          [0.1, 20],
          [0.5, 5],
          [0.7, 40],
          [0.85, 10],
        ] as const) {
          if (load + share >= 1) continue
          const { free, held, longest } = served({ every: service / load, service, share, most })
          const over: Partial<LoadReport> = {
            iterationRate: (load * 1_000) / service,
            responseTime: latencies(held),
            doubts: [{ ...starved(longest, share), isShared: true } as Doubt],
            generator: { ...aReport().generator, threads },
          }
          const truth = latencies(free)
          for (const [key, bound] of [
            ['p50', truth.p50],
            ['p90', truth.p90],
            ['p99', truth.p99],
          ] as const)
            expect(judged({ [key]: `${bound * 1.05}ms` }, over)[0]!.verdict, `${load} ${service} ${key}`).not.toBe(
              'fail',
            )
        }
      },
    )

    test('few samples are no doubt where so many of them are beyond the bound', () => {
      const samples = Array.from({ length: 50 }, (_, i) => (i % 5 === 0 ? 120 : 20))
      expect(judged({ p99: '100ms' }, { responseTime: latencies(samples) })[0]!.verdict).toBe('fail')
      expect(judged({ p99: '150ms' }, { responseTime: latencies(samples) })[0]!.verdict).toBe('inconclusive')
    })
  })

  test('a starved application where as many of its samples as its waits can touch would bring it to the bound', () => {
    const text = 'It had no core.'
    const starved = (longest: number, share: number): Doubt => ({
      kind: 'application starved',
      longest,
      share,
      found: text,
    })
    const verdictOf = (budgets: Budgets, doubt: Doubt) => judged(budgets, { doubts: [doubt] })[0]!.verdict
    // Of about 49 ms: kept in spite of it, perhaps without it, and missed in any case.
    expect(verdictOf({ p99: '60ms' }, starved(200, 0.2))).toBe('pass')
    expect(verdictOf({ p99: '40ms' }, starved(200, 0.2))).toBe('inconclusive')
    expect(verdictOf({ p99: '1ms' }, starved(200, 0.02))).toBe('fail')
    expect(verdictOf({ p99: '20ms' }, starved(3, 0.2))).toBe('fail')
    expect(verdictOf({ rps: 500 }, starved(200, 0.2))).toBe('pass')
    expect(verdictOf({ errorRate: 0 }, starved(200, 0.2))).toBe('pass')
  })

  test('a starved generator where three of its worst seconds would reach the bound', () => {
    const starved: Doubt = { kind: 'generator starved', share: 0.2, longest: 160, found: 'It waited for a core.' }
    const verdictOf = (budgets: Budgets) => judged(budgets, { doubts: [starved] })[0]!.verdict
    expect(verdictOf({ p99: '520ms' })).toBe('pass')
    expect(verdictOf({ p99: '1ms' })).toBe('inconclusive')
    expect(verdictOf({ rps: 500 })).toBe('pass')
    const brief = { ...starved, longest: 3 }
    expect(judged({ p99: '20ms' }, { doubts: [brief] })[0]!.verdict).toBe('fail')
  })

  test('a warm-up that never became steady where twice its change would reach the bound', () => {
    const text = 'It was not steady.'
    const unsteady: Doubt = { kind: 'warm-up never steady', waited: 30_000, change: 0.2, found: text }
    const verdictOf = (budgets: Budgets, doubt: Doubt = unsteady) => judged(budgets, { doubts: [doubt] })[0]!.verdict
    // Of about 49 ms.
    expect(verdictOf({ p99: '69ms' })).toBe('inconclusive')
    expect(verdictOf({ p99: '73ms' })).toBe('pass')
    expect(verdictOf({ p99: '36ms' })).toBe('inconclusive')
    expect(verdictOf({ p99: '32ms' })).toBe('fail')
    expect(verdictOf({ rps: 500 })).toBe('inconclusive')
    expect(verdictOf({ rps: 400 })).toBe('pass')
    expect(verdictOf({ errorRate: 0 })).toBe('pass')
    // The measured window itself tells more: it went on by less, but its beginning was slower.
    const seen: Doubt = {
      ...unsteady,
      latency: { below: 0.1, above: 0.1 },
      tail: { below: 0.6, above: 0.1 },
      rate: { below: 0.02, above: 0.02 },
    }
    expect(verdictOf({ p99: '57ms' }, seen)).toBe('pass')
    expect(verdictOf({ p99: '32ms' }, seen)).toBe('inconclusive')
    expect(verdictOf({ p99: '27ms' }, seen)).toBe('fail')
    expect(verdictOf({ p50: '11ms' }, seen)).toBe('fail')
    expect(verdictOf({ rps: 550 }, seen)).toBe('pass')
    // Too little was seen to know how much it changed.
    expect(verdictOf({ rps: 1 }, { kind: 'warm-up never steady', waited: 30_000, found: text })).toBe('inconclusive')
  })

  test('but not errors, memory and CPU', () => {
    const budgets: Budgets = { errorRate: 0, dropped: 0, memory: '200MB', cpu: '70%', generator: { cpu: '90%' } }
    const verdicts = judged(budgets, { doubts: [saturated, late, dropped] })
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(verdicts.map(() => 'pass'))
  })

  test('dropped arrivals excuse waiting, not an API that is too slow by itself', () => {
    const waiting = { responseTime: latencies(spread(6000, 100, 412)), doubts: [dropped] }
    expect(told({ p99: '250ms' }, waiting)).toMatchInlineSnapshot(
      `"inconclusive: Expected p99 <= 250 ms, received 412 ms, which decides nothing: 300 of 6,000 arrivals found no free user. Raise maxVus. Without dropped arrivals it would be 48 ms or more."`,
    )
    expect(told({ p99: '40ms' }, waiting)).toMatchInlineSnapshot(
      `"fail: Expected p99 <= 40 ms, received 412 ms (10 times the bound; service time 48 ms: arrivals waited for a free user). Slowest step: pay, p99 22 ms."`,
    )
  })

  test('so do waits for a free user, of which none was in vain', () => {
    const waits: Doubt = {
      kind: 'waits for users',
      waited: 2_000,
      due: 6_000,
      found: '2,000 of 6,000 arrivals began late. Raise maxVus.',
    }
    const waiting = { responseTime: latencies(spread(6000, 100, 412)), doubts: [waits] }
    expect(told({ p99: '250ms' }, waiting)).toMatchInlineSnapshot(
      `"inconclusive: Expected p99 <= 250 ms, received 412 ms, which decides nothing: 2,000 of 6,000 arrivals began late. Raise maxVus. Without waits for a free user it would be between 48 ms and 412 ms."`,
    )
    expect(told({ p99: '40ms' }, waiting)).toMatch(/^fail: /)
    expect(told({ p99: '500ms' }, waiting)).toMatch(/^pass/)
    expect(told({ steps: { pay: { p99: '10ms' } } }, waiting)).toMatch(/^fail: /)
    // With all of them at once, a step may take as long as now the iteration with its wait.
    expect(told({ steps: { pay: { p99: '200ms' } } }, waiting)).toMatch(/^inconclusive: /)
    // Those that waited together are no independent samples of a percentile so high.
    expect(told({ steps: { pay: { p99: '500ms' } } }, waiting)).toMatch(/^inconclusive: /)
    expect(told({ steps: { pay: { p99: '3s' } } }, waiting)).toMatch(/^pass/)
  })

  test('a latency is not below what is left of each request without what the application waited meanwhile', () => {
    const recorder = new LatencyRecorder()
    for (const latency of spread(6_000, 20, 60)) recorder.record(latency, 0, false, latency / 4)
    const served = recorder.summary()
    const doubts: Doubt[] = [{ kind: 'application starved', share: 0.1, longest: 200, found: 'It had no core.' }]
    const seen = (ofApplication: number) => ({
      responseTime: served,
      serviceTime: served,
      generator: {
        ...aReport().generator,
        threads: [aThread({ stalls: { count: 0, time: 0, longest: 0, ofApplication } })],
      },
      doubts,
    })
    expect(told({ p95: '20ms' }, seen(3_000))).toMatch(/^fail: /)
    expect(told({ p95: '35ms' }, seen(3_000))).toMatch(/^inconclusive: /)
    expect(told({ mean: '10ms' }, seen(3_000))).toMatch(/^fail: /)
    // Of half of the waits it is not known which requests they delayed.
    expect(told({ p95: '20ms' }, seen(1_500))).toMatch(/^inconclusive: /)
  })

  test('pauses hold up a closed model for their share of what it took, and an open one for more', () => {
    const doubts: Doubt[] = [{ kind: 'application starved', share: 0.1, longest: 200, found: 'It had no core.' }]
    const served = latencies(spread(6_000, 20, 60))
    const figures = { responseTime: served, serviceTime: served, doubts }
    const closed = {
      ...figures,
      model: 'closed' as const,
      shape: { vus: 5, duration: '30s' },
      iterationRate: 5_000 / served.mean,
    }
    expect(told({ p95: '17ms' }, closed)).toMatch(/^fail: /)
    expect(told({ p95: '17ms' }, figures)).toMatch(/^inconclusive: /)
    expect(told({ p95: '35ms' }, closed)).toMatch(/^inconclusive: /)
    // Those who think are not held up meanwhile, and ask for more afterwards.
    const thinking = { ...closed, shape: { ...closed.shape, thinkTime: '1s' } }
    expect(told({ p95: '17ms' }, thinking)).toMatch(/^inconclusive: /)
  })

  test('waits for a user beside an application that was starved: what each can have added counts', () => {
    const doubts: Doubt[] = [
      { kind: 'waits for users', waited: 2_000, due: 6_000, found: 'Arrivals began late.' },
      { kind: 'application starved', share: 0.05, longest: 200, found: 'It had no core.' },
    ]
    const waiting = { responseTime: latencies(spread(6000, 100, 412)), doubts }
    expect(told({ p99: '40ms' }, { ...waiting, doubts: doubts.slice(0, 1) })).toMatch(/^fail: /)
    expect(told({ p99: '40ms' }, waiting)).toMatch(/^inconclusive: /)
  })

  test('a saturated generator excuses latencies altogether: they may be its own', () => {
    expect(told({ p99: '40ms' }, { doubts: [saturated] })).toMatchInlineSnapshot(
      `"inconclusive: Expected p99 <= 40 ms, received 49 ms, which decides nothing: The generator was busy 98 % of the time. Use more threads."`,
    )
  })

  test('everything when the run was cut short, told by a doubt or by the state alone', () => {
    const budgets: Budgets = { rps: 500, p99: '40ms', errorRate: 0, memory: '200MB', cpu: '10%' }
    const verdicts = judged(budgets, { state: 'cut short', doubts: [cut], measured: 4000 })
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(verdicts.map(() => 'inconclusive'))
    expect(told({ memory: '200MB' }, { state: 'cut short', doubts: [cut] })).toMatchInlineSnapshot(
      `"inconclusive: Expected memory <= 200 MB, received 181 MB, which decides nothing: The run was cut short after 4 s of 30 s."`,
    )
    expect(told({ memory: '200MB' }, { state: 'cut short', measured: 4000 })).toMatchInlineSnapshot(
      `"inconclusive: Expected memory <= 200 MB, received 181 MB, which decides nothing: The run was cut short after 4 s."`,
    )
  })

  describe('stretches in which nothing could be done', () => {
    const pauses = (longest: number, share: number, kind: 'GC pauses' | 'stolen CPU' = 'stolen CPU'): Doubt => ({
      kind,
      longest,
      share,
      found: `Nothing ran for up to ${longest} ms.`,
    })
    const verdictOf = (budgets: Budgets, doubt: Doubt) => judged(budgets, { doubts: [doubt] })[0]!.verdict

    test('excuse a latency that was missed when they are long and many enough for it', () => {
      expect(told({ p99: 40 }, { doubts: [pauses(30, 0.02)] })).toMatchInlineSnapshot(
        `"inconclusive: Expected p99 <= 40 ms, received 49 ms, which decides nothing: Nothing ran for up to 30 ms. Without stolen CPU it would be between 22.7 ms and 49 ms."`,
      )
      // 49 ms: 4 ms are no tenth of it; and pauses of a hundred-thousandth of the time touch no p99, only the largest.
      expect(verdictOf({ p99: 40 }, pauses(4, 0.02))).toBe('fail')
      expect(verdictOf({ p99: 40 }, pauses(30, 0.000_01))).toBe('fail')
      expect(verdictOf({ max: 200 }, pauses(60, 0.000_01))).toBe('inconclusive')
      expect(verdictOf({ max: 200 }, pauses(30, 0.000_01))).toBe('fail')
      expect(verdictOf({ mean: 14 }, pauses(30, 0.02))).toBe('fail')
      expect(verdictOf({ mean: 14 }, pauses(100, 0.02))).toBe('inconclusive')
    })

    test('but no latency that was kept in spite of them', () => {
      expect(verdictOf({ p99: 60 }, pauses(30, 0.02))).toBe('pass')
      expect(verdictOf({ rps: 590 }, pauses(30, 0.5))).toBe('pass')
    })

    test('excuse a rate that was missed by no more than twice their share', () => {
      const closed: Partial<LoadReport> = { model: 'closed', shape: { vus: 5, duration: '30s' } }
      const verdictOf = (budgets: Budgets, doubt: Doubt) => judged(budgets, { ...closed, doubts: [doubt] })[0]!.verdict
      expect(verdictOf({ rps: 620 }, pauses(30, 0.02))).toBe('inconclusive')
      expect(verdictOf({ rps: 700 }, pauses(30, 0.02))).toBe('fail')
    })

    test('and neither errors nor memory', () => {
      const over = { errorRate: 0.5, doubts: [pauses(3_000, 0.9)] }
      expect(judged({ errorRate: 0.1, memory: 1e6, cpu: 0.1 }, over).map(({ verdict }) => verdict)).toEqual([
        'fail',
        'fail',
        'fail',
      ])
    })
  })

  test('late answers, like late starts, where what they add reaches the bound', () => {
    const doubt: Doubt = { kind: 'late answers', p99: 12, found: 'Answers waited 12 ms.' }
    const verdictOf = (budgets: Budgets) => judged(budgets, { doubts: [doubt] })[0]!.verdict
    expect(verdictOf({ p99: 100 })).toBe('pass')
    expect(verdictOf({ p99: 125 })).toBe('pass')
    // An iteration of several requests may have met two of them.
    expect(verdictOf({ p99: 30 })).toBe('inconclusive')
    expect(verdictOf({ p99: 20 })).toBe('fail')
    // A mean of 14.7 ms may be their doing; a largest of 249 ms is not.
    expect(verdictOf({ max: 100 })).toBe('fail')
  })

  test('memory and CPU of an application that was restarted, unless they are missed all the same', () => {
    const doubt: Doubt = { kind: 'target changed', ended: [7], began: [8], found: 'Process 7 ended.' }
    const verdicts = judged({ memory: '200MB', cpu: '70%', p99: 100 }, { doubts: [doubt] })
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['inconclusive', 'inconclusive', 'pass'])
    expect(judged({ memory: '100MB' }, { doubts: [doubt] })[0]!.verdict).toBe('fail')
  })

  test('a counter of CPU that fell may be too low or too high; memory was seen all the same', () => {
    const doubt: Doubt = { kind: 'target changed', ended: [], began: [], found: 'The counter fell.' }
    const verdicts = judged({ memory: '100MB', cpu: '1%' }, { doubts: [doubt] })
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['fail', 'inconclusive'])
  })

  test('delays of Node processes that ended before they were read, by the time that they were not', () => {
    const { node, ...usage } = aNodeTarget()
    const target = { ...usage, memoryPeak: 90e6, node: { ...node!, heapPeak: 50e6, unread: 500 } }
    const verdicts = (budgets: Budgets) => judged(budgets, { target }).map(({ verdict }) => verdict)
    expect(verdicts({ eventLoopDelay: 400, heap: '80MB' })).toEqual(Array(2).fill('inconclusive'))
    expect(verdicts({ eventLoopDelay: 600, heap: '100MB' })).toEqual(Array(2).fill('pass'))
    expect(verdicts({ heap: '10MB' })).toEqual(['fail'])
  })

  test('CPU that ended processes used out of sight, by its size', () => {
    const target = someProcesses({ cpuUnseen: 0.05, cpuPerRequest: 0.9 })
    const [near, far] = [target.cpu + 0.04, target.cpu + 0.06]
    expect(judged({ cpu: near }, { target })[0]!.verdict).toBe('inconclusive')
    expect(judged({ cpu: near }, { target })[0]!.because).toContain('up to 5 % of a core that they used was not seen')
    expect(judged({ cpu: far }, { target })[0]!.verdict).toBe('pass')
    expect(judged({ cpu: target.cpu / 2 }, { target })[0]!.verdict).toBe('fail')
    const each = target.cpuPerRequest! * (1 + 0.05 / target.cpu)
    const bounds = [each * 0.99, each * 1.01]
    expect(bounds.map(bound => judged({ cpuPerRequest: bound }, { target })[0]!.verdict)).toEqual([
      'inconclusive',
      'pass',
    ])
    expect(judged({ memory: '200MB' }, { target })[0]!.verdict).toBe('pass')
  })

  test('CPU time of 0 while requests got a response passes no budget of CPU', () => {
    const target = someProcesses({ cpu: 0, cpuPerRequest: 0 })
    const verdicts = judged({ cpu: '50%', cpuPerRequest: '5ms', memory: '200MB' }, { target })
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['inconclusive', 'inconclusive', 'pass'])
    expect(verdicts[0]!.because).toContain('it may be another that responds')
  })

  test('of an application that listens elsewhere than where it was measured, only a missed bound is certain', () => {
    const target = someProcesses({ elsewhere: 'docker-proxy (pid 77)' })
    const verdicts = judged({ cpu: '90%', memory: '1GB' }, { target })
    expect(verdicts.map(({ verdict }) => verdict)).toEqual(['inconclusive', 'inconclusive'])
    expect(verdicts[0]!.because).toContain('Requests go to docker-proxy (pid 77), which was not measured')
    expect(judged({ memory: '1MB', cpu: '1%' }, { target }).map(({ verdict }) => verdict)).toEqual(['fail', 'fail'])
  })

  test('a run that was cut short has failed what going on could not have mended', () => {
    const measuredArrivals = { due: 6000, dropped: 20, started: 5980, passed: 5970, failed: 10, aborted: 0 }
    const over: Partial<LoadReport> = { state: 'cut short', doubts: [cut], measuredArrivals, errorRate: 10 / 5980 }
    const budgets: Budgets = { errorRate: 0, dropped: 10, memory: '100MB', max: '100ms' }
    expect(judged(budgets, over).map(({ verdict }) => verdict)).toEqual(['fail', 'fail', 'fail', 'fail'])
    const mended: Budgets = { errorRate: '0.1%', dropped: '0.1%', cpu: '10%', p99: 40 }
    expect(judged(mended, over).map(({ verdict }) => verdict)).toEqual(Object.keys(mended).map(() => 'inconclusive'))
  })

  test('all doubts are told that may be why', () => {
    const over = { responseTime: latencies(spread(120, 13, 49)), doubts: [saturated, late] }
    expect(told({ p99: 100 }, over)).toMatch(/^inconclusive: .*which decides nothing: 120 samples are too few/)
    expect(told({ p99: 48 }, over)).toMatchInlineSnapshot(
      `"inconclusive: Expected p99 <= 48 ms, received 52.1 ms, which decides nothing: The generator was busy 98 % of the time. Use more threads. Starts came up to 80 ms late. Without the saturated load generator and late starts it would be 52.1 ms or less. 120 samples are too few for p99, 299 are needed. Measure for 75 s or longer at this rate."`,
    )
  })
})

describe('every window', () => {
  const figure = (start: number, value: number | undefined, standing: 'kept' | 'missed' | 'open') => ({
    start,
    length: 10_000,
    count: value === undefined ? 0 : 2_000,
    standing,
    ...(value !== undefined && { value }),
  })
  const windowed = (...p99: ReturnType<typeof figure>[]) =>
    told({ p99: { bound: '100ms', everyWindow: '10s' } }, { windows: { p99 } })

  test('passes with the worst of them, and names it when it fails', () => {
    expect(windowed(figure(0, 40, 'kept'), figure(10_000, 90, 'open'))).toBe('pass 90 ms')
    expect(
      windowed(figure(0, 40, 'kept'), figure(10_000, 412, 'missed'), figure(20_000, 120, 'missed')),
    ).toMatchInlineSnapshot(
      `"fail: Expected p99 <= 100 ms in every 10 s, received 412 ms (4.1 times the bound; from 10 s to 20 s of the measured window; 2 of 3 windows missed it). Slowest step: pay, p99 22 ms."`,
    )
    expect(windowed(figure(0, 40, 'kept'), figure(10_000, 103, 'open'))).toMatchInlineSnapshot(
      `"inconclusive: Expected p99 <= 100 ms in every 10 s, received 103 ms, which decides nothing: 1 of 2 windows seem to miss it, but so few samples cannot tell that from chance. Make the windows longer, or leave some room."`,
    )
    expect(windowed(figure(0, 40, 'kept'), figure(10_000, undefined, 'missed'))).toMatchInlineSnapshot(
      `"fail: Expected p99 <= 100 ms in every 10 s, received no data: nothing came in from 10 s to 20 s of the measured window."`,
    )
    expect(windowed()).toMatch(/^fail: .* received no data/)
  })

  test('that has fewer samples than its percentile takes does not pass, as the whole would not', () => {
    const few = (start: number, count: number, over = {}) => ({ ...figure(start, 40, 'open'), count, ...over })
    expect(windowed(few(0, 30), few(10_000, 28))).toMatchInlineSnapshot(
      `"inconclusive: Expected p99 <= 100 ms in every 10 s, received 40 ms, which decides nothing: 2 of 2 windows have too few samples for p99: 28, and 299 are needed. Make the windows 107 s or longer at this rate, or judge a lower percentile."`,
    )
    expect(windowed(few(0, 299), few(10_000, 298))).toMatch(/^inconclusive: .* 1 of 2 windows have too few/)
    expect(windowed(few(0, 299), few(10_000, 299))).toBe('pass 40 ms')
    expect(windowed(few(0, 30, { length: 2_000 }))).toMatch(/^inconclusive: .* 1 of 1 window has too few/)
    const told30 = told({ p90: { bound: '100ms', everyWindow: '10s' } }, { windows: { p90: [few(0, 30)] } })
    expect(told30).toBe('pass 40 ms')
  })

  test('what is left behind the last whole window need not have so many, but may not be over', () => {
    const rest = { ...figure(10_000, 40, 'open'), length: 1_000, count: 30 }
    expect(windowed(figure(0, 40, 'kept'), rest)).toBe('pass 40 ms')
    expect(windowed(figure(0, 40, 'kept'), { ...rest, value: 120 })).toMatch(/^inconclusive: /)
    expect(windowed(figure(0, 40, 'kept'), { ...rest, value: 120, standing: 'missed' })).toMatch(/^fail: /)
  })

  test('a window that was missed stays so when the run was cut short', () => {
    const windows = { p99: [figure(0, 412, 'missed')] }
    const budgets: Budgets = { p99: { bound: '100ms', everyWindow: '10s' } }
    expect(told(budgets, { windows, state: 'cut short' })).toMatch(/^fail: /)
    const kept = { p99: [figure(0, 40, 'kept')] }
    expect(told(budgets, { windows: kept, state: 'cut short' })).toMatch(/^inconclusive: /)
  })
})

test('the budget that ended the run has failed, with its value then; the others are undecided', () => {
  const cut: Doubt = { kind: 'cut short', measured: 6_000, planned: 30_000, found: 'The run was cut short after 6 s.' }
  const over: Partial<LoadReport> = {
    state: 'cut short',
    doubts: [cut],
    measured: 6_000,
    endedBy: { budget: 'p99', at: 6_000, value: 412 },
  }
  expect(told({ p99: { bound: '100ms', abortOnFail: true }, rps: 500 }, over)).toMatchInlineSnapshot(`
    "fail: Expected p99 <= 100 ms, received 412 ms (4.1 times the bound; the run was ended for it 6 s into the measured window). Slowest step: pay, p99 22 ms.
    inconclusive: Expected rps >= 500/s, received 600/s, which decides nothing: The run was cut short after 6 s."
  `)
})

test('verdicts are the same for a report that has been to JSON and back', () => {
  const report = aReport()
  const { budgets } = readBudgets({ p99: 100, 'p99.9': 20, rps: 700 }, { steps: [], target: false })
  expect(judge(JSON.parse(JSON.stringify(report)), budgets)).toEqual(judge(report, budgets))
})

test.each([
  'generator starved',
  'late starts',
  'late answers',
  'GC pauses',
  'stolen CPU',
  'stood still',
  'warm-up never steady',
] as const)('a doubt "%s" of a file, without figures, decides nothing either way', kind => {
  const doubts = [{ kind, found: 'Something was seen.' } as Doubt]
  const summary = latencies([...spread(1_000, 20, 60)])
  const over = { doubts, responseTime: summary, serviceTime: summary }
  const [below, above] = ['1ms', '10s'].map(p99 => judged({ p99 }, over)[0]!.verdict)
  expect({ below, above: above === 'fail' }).toEqual({ below: 'inconclusive', above: false })
})

/**
 * Response times of a server with one core, alone and beside a program that takes it at random, and the waits of the
 * worst second.
 */
function served(of: { every: number; service: number; share: number; most: number }) {
  const random = mulberry(7)
  const due = Array.from({ length: 4_000 }, (_, n) => n * of.every)
  const needs = due.map(() => of.service * (0.5 + random()))
  const waits: [from: number, to: number][] = []
  for (let at = 0; at < due.at(-1)! + 10_000; ) {
    const length = of.most * (0.2 + 0.8 * random())
    at += (length / of.share) * (1 - of.share) * 2 * random()
    waits.push([at, at + length])
    at += length
  }
  const perSecond = new Map<number, number>()
  for (const [from, to] of waits) {
    const second = Math.floor(from / 1_000)
    perSecond.set(second, (perSecond.get(second) ?? 0) + to - from)
  }
  const run = (stops: typeof waits) => {
    let free = 0
    let next = 0
    return due.map((from, n) => {
      let now = Math.max(free, from)
      let left = needs[n]!
      for (;;) {
        while (next < stops.length && stops[next]![1] <= now) next++
        const stop = stops[next]
        if (stop !== undefined && stop[0] <= now) now = stop[1]
        else if (stop !== undefined && stop[0] < now + left) {
          left -= stop[0] - now
          now = stop[1]
        } else break
      }
      free = now + left
      return free - from
    })
  }
  return { free: run([]), held: run(waits), longest: Math.max(...perSecond.values()) }
}

function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

test('a doubt of several undecided budgets is told by the first, and named by the others', () => {
  const doubts = [{ kind: 'late starts', found: 'Starts came late', advice: ['end other programs'] } as Doubt]
  const [first, second] = judged({ p50: '13ms', p99: '40ms' }, { doubts })
  const told = new Set<string>()
  expect(becauseOnce(first!, told)).toBe(first!.because)
  expect(first!.because).toContain('Starts came late. End other programs.')
  const again = becauseOnce(second!, told)
  expect(again).toMatch(/^Expected p99 <= 40 ms, received 49 ms, which decides nothing: .*As above: late starts\.$/)
  expect(again).not.toContain('End other programs')
})
