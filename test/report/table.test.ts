import { stripVTControlCharacters } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { Budgets } from '../../src/budget/budget.ts'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import type { LoadReport } from '../../src/measure/report.ts'
import { renderLoadReport } from '../../src/report/table.ts'
import { widthOf } from '../../src/report/text.ts'
import { aNodeTarget, anEndpoint, aReport, aStep, latencies, someProcesses, spread } from '../builders/report.ts'

function withVerdicts(budgets: Budgets, over: Partial<LoadReport> = {}): LoadReport {
  const report = aReport(over)
  const read = readBudgets(budgets, { steps: Object.keys(report.steps), target: true, cores: 2 })
  expect(read.problems).toEqual([])
  return { ...report, budgets: read.budgets, verdicts: judge(report, read.budgets) }
}

/** Something wrong everywhere. */
const troubled = withVerdicts(
  { rps: 590, 'p99.9': '40ms', errorRate: '0.1%', memory: '170MB', cpu: '70%', steps: { pay: { p99: '100ms' } } },
  {
    threads: 2,
    measuredArrivals: { due: 6000, dropped: 12, started: 5988, passed: 5940, failed: 45, aborted: 3 },
    errorRate: 0.0075,
    responseTime: latencies(spread(600, 13, 49)),
    steps: {
      login: aStep(),
      'inventory.list-warehouses-nearby': aStep({ errors: 5 }),
      pay: aStep({ errors: 40, serviceTime: latencies(spread(6000, 44, 1180)) }),
    },
    errors: [
      {
        step: 'inventory.list-warehouses-nearby',
        kind: 'timeout',
        message: 'no response within 1 s',
        count: 5,
        exemplars: [],
      },
      {
        step: 'pay',
        kind: 'criterion',
        message: '$statusCode == 200 is not met (503)',
        count: 40,
        at: { file: '/project/shop.arazzo.yaml', line: 31, column: 9 },
        exemplars: [],
      },
    ],
    doubts: [
      {
        kind: 'late starts',
        p99: 80,
        found:
          'Starts came up to 80 ms late. The generator was probably short of CPU: use more threads, or put the application on another machine.',
      },
    ],
  },
)

const widest = (text: string) => Math.max(...text.split('\n').map(widthOf))

describe('the result table', () => {
  test('of a run that went well', () => {
    const report = withVerdicts({ rps: 590, p99: '100ms', errorRate: '0.1%', memory: '200MB', cpu: '70%' })
    expect(renderLoadReport(report, { name: 'checkout at peak', color: false, width: 100 })).toMatchInlineSnapshot(`
      "  ✓ checkout at peak: all 5 budgets kept
          600 requests/s for 30 s, 600/s made · open model · measured 30 s after 8 s of warm-up
        ✓ kept  rps 600/s >= 590/s (1.7 % over) · p99 49 ms <= 100 ms (51 % under; 45.9 ms to 53.2 ms) ·
                errorRate 0 % <= 0.1 % · memory 181 MB <= 200 MB (9.5 % under) ·
                cpu 61 % <= 70 % (13 % under)
        slowest step  pay takes 42 % of an iteration: 5.9 ms on average, p99 22 ms
                                      count    rate       p50       p95       p99       max   failed
        iterations (response time)    6,000   200/s     13 ms   28.4 ms     49 ms    249 ms        0
          service time                                12.5 ms   27.6 ms     48 ms    249 ms
        requests                     18,000   600/s    3.9 ms     10 ms   18.6 ms    135 ms        0
          login                       6,000   200/s      3 ms   7.43 ms     14 ms   92.3 ms        0
          list                        6,000   200/s      4 ms    9.7 ms     18 ms    113 ms        0
          pay                         6,000   200/s      5 ms     12 ms     22 ms    135 ms        0
        with verbose also: iterations, application, connections, generator"
    `)
  })

  test('of a run with trouble', () => {
    expect(renderLoadReport(troubled, { color: false, width: 100 })).toMatchInlineSnapshot(`
      "  ✗ checkout: 3 budgets missed, 1 undecided, 2 kept; 45 iterations failed, 3 aborted, 12 dropped
          600 requests/s for 30 s, 600/s made · open model · measured 30 s after 8 s of warm-up

        ✗ errorRate  0.75 %  <= 0.1 %   650 % over
            45 of 5,985 iterations failed.
        ✗ memory     181 MB  <= 170 MB  6.5 % over
            from 90 MB at the start to 176 MB at the end of the window, pid 4711 and 2 children.
        ✗ pay p99    1.18 s  <= 100 ms  1,081 % over  1 s to 1.47 s
        ? p99.9      114 ms  <= 40 ms   185 % over    [1]
            Without late starts it may lie on either side of the bound.

        ✓ kept  rps 600/s >= 590/s (1.7 % over) · cpu 61 % <= 70 % (13 % under)
        slowest step  pay takes 100 % of an iteration: 131 ms on average, p99 1.18 s
        errors        40 attempts at pay, criterion: $statusCode == 200 is not met (503),
                      shop.arazzo.yaml:31:9; one other kind of error
        [1] late starts: Starts came up to 80 ms late. The generator was probably short of CPU: use more
            threads, or put the application on another machine. Without it p99.9 would be between 33.9 ms
            and 114 ms.

                                              count    rate       p50       p95      p99      max   failed
        iterations (response time)            6,000   200/s     13 ms   28.4 ms    49 ms   114 ms       45
          service time                                        12.5 ms   27.6 ms    48 ms   249 ms
        requests                             18,000   600/s   5.22 ms    121 ms   469 ms   66.1 s       45
          login                               6,000   200/s      4 ms    9.7 ms    18 ms   113 ms        0
          inventory.list-warehouses-nearby    6,000   200/s      4 ms    9.7 ms    18 ms   113 ms        5
          pay                                 6,000   200/s     44 ms    305 ms   1.18 s   66.1 s       40

        iterations   5,988 (200/s): 5,940 passed, 45 failed, 3 aborted; 12 of 6,000 due were dropped
        errors       40 attempts  criterion  pay: $statusCode == 200 is not met (503),
                                             shop.arazzo.yaml:31:9
                      5 attempts  timeout    inventory.list-warehouses-nearby: no response within 1 s
        application  memory 181 MB at most, CPU 61 % of one core; pid 4711 and 2 children
        connections  12 opened, 17,988 requests on one used before
        generator    2 threads, undici; memory 95 MB at most, CPU 45 % of one core; event loop busy 42 %,
                     99 % of starts at most 1.2 ms late"
    `)
  })

  test('of a run that went well, with all there is', () => {
    const report = withVerdicts({ rps: 590, p99: '100ms', errorRate: '0.1%', memory: '200MB', cpu: '70%' })
    const text = renderLoadReport(report, { name: 'checkout at peak', color: false, width: 100, verbose: true })
    expect(text).toMatchInlineSnapshot(`
      "  ✓ checkout at peak: all 5 budgets kept
          600 requests/s for 30 s, 600/s made · open model · measured 30 s after 8 s of warm-up
        ✓ rps         600/s  >= 590/s   1.7 % over
        ✓ p99         49 ms  <= 100 ms  51 % under   45.9 ms to 53.2 ms
        ✓ errorRate     0 %  <= 0.1 %
        ✓ memory     181 MB  <= 200 MB  9.5 % under
        ✓ cpu          61 %  <= 70 %    13 % under
        slowest step  pay takes 42 % of an iteration: 5.9 ms on average, p99 22 ms

                                      count    rate       p50       p95       p99       max   failed
        iterations (response time)    6,000   200/s     13 ms   28.4 ms     49 ms    249 ms        0
          service time                                12.5 ms   27.6 ms     48 ms    249 ms
        requests                     18,000   600/s    3.9 ms     10 ms   18.6 ms    135 ms        0
          login                       6,000   200/s      3 ms   7.43 ms     14 ms   92.3 ms        0
          list                        6,000   200/s      4 ms    9.7 ms     18 ms    113 ms        0
          pay                         6,000   200/s      5 ms     12 ms     22 ms    135 ms        0

        iterations   6,000 (200/s): 6,000 passed, 0 failed; 0 of 6,000 due were dropped
        application  memory 181 MB at most, CPU 61 % of one core; pid 4711 and 2 children
        connections  12 opened, 17,988 requests on one used before
        generator    1 thread, undici; memory 95 MB at most, CPU 45 % of one core; event loop busy 42 %,
                     99 % of starts at most 1.2 ms late"
    `)
  })

  test('says percentiles without the delay of the load generator, where it is notable', () => {
    const undelayed = latencies([...Array<number>(989).fill(8), ...Array<number>(11).fill(8.5)]).histogram
    const responseTime = { ...latencies([...Array<number>(989).fill(8.5), ...Array<number>(11).fill(10.5)]), undelayed }
    const text = renderLoadReport(aReport({ responseTime }), { color: false, width: 300 })
    expect(text).toContain('late; without its own delay p99 8.5 ms instead of 10.5 ms, p99.9 8.5 ms instead of 10.5 ms')
  })

  test('at 80 columns', () => {
    const text = renderLoadReport(troubled, { color: false, width: 80 })
    expect(widest(text)).toBeLessThanOrEqual(80)
    expect(text).toMatchInlineSnapshot(`
      "  ✗ checkout: 3 budgets missed, 1 undecided, 2 kept; 45 iterations failed, 3
          aborted, 12 dropped
          600 requests/s for 30 s, 600/s made · open model · measured 30 s after 8 s
          of warm-up

        ✗ errorRate  0.75 %  <= 0.1 %   650 % over
            45 of 5,985 iterations failed.
        ✗ memory     181 MB  <= 170 MB  6.5 % over
            from 90 MB at the start to 176 MB at the end of the window, pid 4711 and 2
            children.
        ✗ pay p99    1.18 s  <= 100 ms  1,081 % over  1 s to 1.47 s
        ? p99.9      114 ms  <= 40 ms   185 % over    [1]
            Without late starts it may lie on either side of the bound.

        ✓ kept  rps 600/s >= 590/s (1.7 % over) · cpu 61 % <= 70 % (13 % under)
        slowest step  pay takes 100 % of an iteration: 131 ms on average, p99 1.18 s
        errors        40 attempts at pay, criterion: $statusCode == 200 is not met
                      (503), shop.arazzo.yaml:31:9; one other kind of error
        [1] late starts: Starts came up to 80 ms late. The generator was probably
            short of CPU: use more threads, or put the application on another machine.
            Without it p99.9 would be between 33.9 ms and 114 ms.

                                      count  rate     p50     p95    p99    max failed
        iterations (response time)    6,000 200/s   13 ms 28.4 ms  49 ms 114 ms     45
          service time                            12.5 ms 27.6 ms  48 ms 249 ms
        requests                     18,000 600/s 5.22 ms  121 ms 469 ms 66.1 s     45
          login                       6,000 200/s    4 ms  9.7 ms  18 ms 113 ms      0
          inventory.list-wa…s-nearby  6,000 200/s    4 ms  9.7 ms  18 ms 113 ms      5
          pay                         6,000 200/s   44 ms  305 ms 1.18 s 66.1 s     40

        iterations   5,988 (200/s): 5,940 passed, 45 failed, 3 aborted; 12 of 6,000
                     due were dropped
        errors       40 attempts  criterion  pay: $statusCode == 200 is not met (503),
                                             shop.arazzo.yaml:31:9
                      5 attempts  timeout    inventory.list-warehouses-nearby: no
                                             response within 1 s
        application  memory 181 MB at most, CPU 61 % of one core; pid 4711 and 2
                     children
        with verbose also: connections, generator"
    `)
  })

  test('of several targets, what Node processes tell, and what was not read', () => {
    const lost = 'Failed to measure pid 4711: it is gone. Check that the application still runs.'
    const report = aReport({
      target: aNodeTarget(),
      targets: { api: anEndpoint(), database: someProcesses({ of: 'pid 4711', samples: 0, lost }) },
    })
    const text = renderLoadReport(report, { color: false, width: 100, verbose: true })
    expect(text.slice(text.indexOf('  application'), text.indexOf('  connections'))).toMatchInlineSnapshot(`
      "  application  memory 181 MB at most, CPU 61 % of one core; pid 4711 and 2 children
                     0.92 ms of CPU a request
                     event loop busy 55 %, 99 % of the time at most 14.5 ms late; heap 71 MB at most; 40
                     GC pauses of at most 7.5 ms
        targets      api       memory 181 MB at most, no CPU; http://127.0.0.1:9090/metrics
                               queue 0 / 3.25 / 14 (least / mean / most), free 3 / 8 / 9 (least / mean /
                               most)
                     database  not read: Failed to measure pid 4711: it is gone. Check that the
                               application still runs.; pid 4711
      "
    `)
  })

  test('memory that grows is told of where a budget asks, or the window is long enough, and once', () => {
    const growth = (over: Partial<LoadReport>, budgets: Budgets = {}) => {
      const report = withVerdicts(budgets, { target: aNodeTarget(), ...over })
      return renderLoadReport(report, { color: false, width: 200, verbose: true })
    }
    const told = 'memory grows by 2.4 MB a minute'
    expect(growth({})).not.toContain('grows')
    expect(growth({ measured: 60_000 })).toContain(told)
    expect(growth({}, { memoryGrowth: '9MB/min' })).toContain(told)
    for (const text of [growth({}), growth({ measured: 60_000 })]) expect(text).not.toContain('from 90 MB to 176 MB')
  })

  test('of a closed model without an application, dropped arrivals or warm-up', () => {
    const report = aReport({
      model: 'closed',
      shape: { vus: 50, iterations: 120 },
      warmUp: 0,
      target: undefined,
      steps: { search: aStep() },
    })
    expect(renderLoadReport(report, { color: false, width: 100 })).toMatchInlineSnapshot(`
      "  • checkout: no budgets
          50 users, 120 iterations each, 200 iterations/s made · closed model · measured 30 s

                     count    rate       p50       p95     p99      max   failed
        iterations   6,000   200/s   12.5 ms   27.6 ms   48 ms   249 ms        0
        requests     6,000   200/s      4 ms    9.7 ms   18 ms   113 ms        0
          search     6,000   200/s      4 ms    9.7 ms   18 ms   113 ms        0

        iterations   6,000 (200/s): 6,000 passed, 0 failed
        connections  12 opened, 17,988 requests on one used before
        generator    1 thread, undici; memory 95 MB at most, CPU 45 % of one core; event loop busy 42 %,
                     99 % of starts at most 1.2 ms late"
    `)
  })

  test('of a run that was cut short before anything was measured', () => {
    const nothing = latencies([])
    const report = withVerdicts(
      { p99: '100ms' },
      {
        state: 'cut short',
        cause: 'interrupted',
        measured: 0,
        requests: 0,
        rps: 0,
        iterationRate: 0,
        measuredArrivals: { due: 0, dropped: 0, started: 0, passed: 0, failed: 0, aborted: 0 },
        responseTime: nothing,
        serviceTime: nothing,
        steps: { search: { requests: 0, errors: 0, serviceTime: nothing } },
        target: someProcesses({ samples: 0, memoryPeak: 0, memoryStart: 0, memoryEnd: 0, cpu: 0 }),
        generator: { ...someProcesses(), lateness: nothing, eventLoopUtilization: 0.1, threads: [] },
      },
    )
    expect(renderLoadReport(report, { color: false, width: 100 })).toMatchInlineSnapshot(`
      "  ✗ checkout: cut short; nothing passed; 1 budget missed
          600 requests/s for 30 s, 0/s made · open model · measured 0 ms after 8 s of warm-up
          interrupted
          no iteration came to its end within the measured window

        ✗ p99  no data  <= 100 ms
            no iteration ended in the measured window. The run was cut short.

                                     count   rate   p50   p95   p99   max   failed
        iterations (response time)       0    0/s     -     -     -     -        0
          service time                                -     -     -     -
        requests                         0    0/s     -     -     -     -        0
          search                         0    0/s     -     -     -     -        0

        iterations   0 (0/s): 0 passed, 0 failed; 0 of 0 due were dropped
        application  memory and CPU were not read; pid 4711 and 2 children
        connections  12 opened, 17,988 requests on one used before
        generator    1 thread, undici; memory 181 MB at most, CPU 61 % of one core; event loop busy 10 %"
    `)
  })

  test('of a run that never got going', () => {
    const report = aReport({
      state: 'not run',
      cause: 'connection refused at 127.0.0.1:3000. Start the application.',
      errors: [{ step: 'login', kind: 'refused', message: 'connect ECONNREFUSED', count: 1, exemplars: [] }],
    })
    expect(renderLoadReport(report, { color: false, width: 100 })).toMatchInlineSnapshot(`
      "  ✗ checkout: did not run
          600 requests/s for 30 s · open model
          connection refused at 127.0.0.1:3000. Start the application.
        errors        1 attempt at login, refused: connect ECONNREFUSED"
    `)
  })

  test('shows the ten most frequent kinds of error', () => {
    const errors = Array.from({ length: 13 }, (_, i) => ({
      step: 'pay',
      kind: 'criterion',
      message: `cause ${i}`,
      count: i + 1,
      exemplars: [],
    }))
    const lines = renderLoadReport(aReport({ errors }), { color: false, width: 100 }).split('\n')
    expect(lines.find(line => line.startsWith('  errors'))).toBe(
      '  errors        13 attempts at pay, criterion: cause 12; 12 other kinds of error',
    )
    const shown = lines.filter(line => line.includes('  criterion  '))
    expect([shown.length, shown[0]?.trim(), shown[9]?.trim()]).toEqual([
      10,
      'errors       13 attempts  criterion  pay: cause 12',
      '4 attempts  criterion  pay: cause 3',
    ])
    expect(lines.join('\n')).toContain('and 3 more kinds of error')
  })
})

describe('colours', () => {
  test('change nothing but the colour', () => {
    const plain = renderLoadReport(troubled, { color: false, width: 80 })
    const coloured = renderLoadReport(troubled, { color: true, width: 80 })
    expect(coloured).not.toBe(plain)
    expect(stripVTControlCharacters(coloured)).toBe(plain)
    expect(coloured).toContain('\u001b[31m✗ errorRate ')
    expect(coloured).toContain('\u001b[32m✓ kept  rps 600/s')
    expect(coloured).toContain('\u001b[33m? p99.9 ')
  })
})

test('what a server or a document says cannot steer the terminal', () => {
  const report = aReport({
    errors: [
      {
        step: 'a\u001b[2Jb',
        kind: 'criterion',
        message: 'one\ntwo\u001b]0;title\u0007\r\u009b31m',
        count: 1,
        exemplars: [],
      },
    ],
  })
  const text = renderLoadReport(report, { name: 'x\u001b[31m\ny', color: false, width: 100 })
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  expect(text).toContain('x y')
  expect(text).toContain('at ab, criterion: one two')
})

test('the table counts in one way: iterations that were due, requests that were sent, and these are the sum of the steps', () => {
  const report = aReport({
    requests: 119,
    measuredArrivals: { due: 800, dropped: 279, started: 521, passed: 501, failed: 20, aborted: 0 },
    steps: { ticks: aStep({ requests: 200, errors: 81 }), pay: aStep({ requests: 321, errors: 20 }) },
  })
  const rows = renderLoadReport(report, { color: false, verbose: true }).split('\n')
  const cellsOf = (name: string) => {
    const cells = rows
      .find(row => row.trim().startsWith(`${name} `))!
      .trim()
      .split(/ {2,}/)
    return [cells[1], cells.at(-1)]
  }
  expect(cellsOf('iterations (response time)')).toEqual(['800', '20'])
  expect(cellsOf('requests')).toEqual(['521', '101'])
  expect(cellsOf('ticks')).toEqual(['200', '81'])
  expect(cellsOf('pay')).toEqual(['321', '20'])
  expect(rows[0]).toContain('20 iterations failed, 279 dropped')
})
