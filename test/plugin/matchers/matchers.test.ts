import { describe, expect, test } from 'vitest'
import { requestsOf } from '../../../src/measure/all-requests.ts'
import { aReport, aStep, latencies, someProcesses, spread } from '../../builders/report.ts'
import { failing } from './failing.ts'

/** Each message holds these parts, after its first line, which is the assertion as it was written. */
function expectParts(assert: () => void, ...parts: string[]): void {
  const message = failing(assert)
  for (const part of parts) expect(message).toContain(part)
}

test('a message has the assertion, what was expected and received, and what to make of it', () => {
  const report = aReport({ rps: 812, shape: { vus: 50, duration: '30s' }, model: 'closed' })
  expect(failing(() => expect(report).toSustainRps(1000))).toBe(
    'expect(report).toSustainRps(1000)\n\nExpected: rps >= 1,000/s\nReceived: 812/s (19 % under)\n\n' +
      'In a closed model the responses set the pace: 50 users, 14.2 ms an iteration on average. ' +
      'Slowest step: pay, mean 5.9 ms.',
  )
  expect(failing(() => expect(aReport()).not.toSustainRps('500 rps'))).toBe(
    "expect(report).not.toSustainRps('500 rps')\n\nExpected: not rps >= 500/s\nReceived: 600/s",
  )
})

describe('toSustainRps', () => {
  test('passes at the rate and above, and takes text', () => {
    expect(aReport({ rps: 1000 })).toSustainRps(1000)
    expect(aReport({ rps: 1000 })).toSustainRps('999/s')
    expect(aReport({ rps: 1000 })).not.toSustainRps(1001)
  })

  test('what the generator could not deliver decides nothing, either way', () => {
    const doubts = [{ kind: 'late starts' as const, p99: 80, found: 'Starts came up to 80 ms late. Use more threads.' }]
    const report = aReport({ doubts, model: 'closed', shape: { vus: 50, duration: 10_000 } })
    for (const assert of [() => expect(report).toSustainRps(1000), () => expect(report).not.toSustainRps(1000)])
      expectParts(
        assert,
        'Received: 600/s, which decides nothing',
        'Starts came up to 80 ms late. Use more threads. Without late starts it would be between 600/s and 12,000/s.',
      )
  })

  test('an open load that asks for less than the budget has missed it for certain', () => {
    const doubts = [{ kind: 'late starts' as const, p99: 80, found: 'Starts came up to 80 ms late.' }]
    const report = aReport({ doubts })
    expectParts(() => expect(report).toSustainRps(1000), 'The load asks for 600/s only')
    expect(report).not.toSustainRps(1000)
  })

  test('a rate of requests of which nothing passed decides nothing, either way', () => {
    const report = aReport({ measuredArrivals: { ...aReport().measuredArrivals, passed: 0, failed: 320 } })
    for (const assert of [() => expect(report).toSustainRps(500), () => expect(report).not.toSustainRps(500)])
      expectParts(assert, 'All 320 iterations failed, and the rate of failures decides nothing.')
    expect(report).not.toSustainRps(5000)
  })

  test('works as an asymmetric matcher, and on promises', async () => {
    expect({ report: aReport({ rps: 1000 }) }).toEqual({ report: expect.toSustainRps(1000) })
    expect({ report: aReport({ rps: 1000 }) }).not.toEqual({ report: expect.toSustainRps(1001) })
    await expect(Promise.resolve(aReport({ rps: 1000 }))).resolves.toSustainRps(1000)
  })
})

describe('toHoldPercentile', () => {
  const { steps } = aReport()

  test('passes below the bound, of a run, a step, and all requests', () => {
    expect(aReport()).toHoldPercentile(99, '53.5ms')
    expect(aReport()).toHoldPercentile(50, 13.3)
    expect(aReport()).toHoldPercentile(99.9, '1s')
    expect(aReport()).not.toHoldPercentile(99, '45ms')
    expect(steps.pay).toHoldPercentile(99, '24.5ms')
    expect(steps.pay).not.toHoldPercentile(99, '20ms')
    // 10 ms is the p95 of the three steps together, and of none of them.
    const allRequests = requestsOf(aReport())
    expect(allRequests).toHoldPercentile(95, '10.6ms')
    expect(allRequests).not.toHoldPercentile(95, '9.5ms')
    expect(steps.pay).not.toHoldPercentile(95, '10.6ms')
    expect(steps.login).toHoldPercentile(95, '9.5ms')
    expect(allRequests).toKeepErrorRateUnder(0)
  })

  test('judges response time in an open model, service time in a closed one', () => {
    const slow = { responseTime: latencies(spread(6000, 100, 412)) }
    expect(aReport(slow)).not.toHoldPercentile(99, '100ms')
    expect(aReport({ ...slow, model: 'closed', shape: { vus: 5, duration: '30s' } })).toHoldPercentile(99, '100ms')
  })

  test('of a step alone: what fails fast keeps nothing', () => {
    const mixed = [...Array.from({ length: 970 }, () => 0.5), ...Array.from({ length: 30 }, () => 300)]
    const of = (errors: number) => aStep({ requests: 1_000, errors, serviceTime: latencies(mixed) })
    expect(of(0)).toHoldPercentile(95, '100ms')
    const few = '600 of 1,000 requests failed, and what fails may be faster than what passes.'
    expectParts(() => expect(of(600)).toHoldPercentile(95, '100ms'), few)
    const none = 'Each request failed, and the latency of failures decides nothing.'
    expectParts(() => expect(of(1_000)).toHoldPercentile(95, '100ms'), none)
    expect(of(600)).toHoldPercentile(95, '400ms')
    expectParts(() => expect(of(600)).not.toHoldPercentile(95, '100ms'), '600 of 1,000 requests failed')
  })

  test('above the bound says by how much and where the time went', () => {
    const report = aReport({
      responseTime: latencies(spread(6000, 100, 412)),
      serviceTime: latencies(spread(6000, 50, 198)),
    })
    expectParts(
      () => expect(report).toHoldPercentile(99, '250ms'),
      'Received: 412 ms (65 % over; service time 198 ms: iterations began later than they were due)',
      'Slowest step: pay, p99 22 ms.',
    )
    expectParts(() => expect(steps.pay).toHoldPercentile(95, '10ms'), 'Received: 12 ms (20 % over)')
  })

  test('too few samples decide nothing, either way', () => {
    const report = aReport({ responseTime: latencies(spread(100, 13, 49)) })
    expectParts(
      () => expect(report).toHoldPercentile(99, '1s'),
      'Received: 49 ms, which decides nothing',
      '100 samples are too few for p99, 299 are needed. Measure for 90 s or longer at this rate.',
    )
    expectParts(() => expect(report).not.toHoldPercentile(99, '40ms'), 'which decides nothing')
    const step = aStep({ requests: 10, serviceTime: latencies(spread(10, 4, 18)) })
    expectParts(() => expect(step).toHoldPercentile(99, '1s'), '10 samples are too few for p99, 299 are needed.')
  })

  test('a bound between the confidence limits decides nothing, either way', () => {
    expectParts(
      () => expect(aReport()).toHoldPercentile(99, '50ms'),
      'Received: 49 ms, which decides nothing',
      'p99 is only known to be between 45.9 ms and 53.2 ms (95 % confidence, 6,000 samples), and the bound lies between.',
    )
    expectParts(() => expect(aReport()).not.toHoldPercentile(99, '50ms'), 'which decides nothing')
    expectParts(() => expect(steps.pay).toHoldPercentile(99, '22.1ms'), 'between 20.4 ms and 24.1 ms')
  })
})

describe('toKeepErrorRateUnder', () => {
  const message = '$statusCode == 200 is not met (503)'
  const failures = aReport({
    measuredArrivals: { due: 6000, dropped: 0, started: 6000, passed: 5955, failed: 45, aborted: 0 },
    errorRate: 0.0075,
    errors: [{ step: 'pay', kind: 'criterion', message, count: 45, exemplars: [] }],
  })

  test('passes at the share and below', () => {
    expect(aReport()).toKeepErrorRateUnder(0)
    expect(failures).toKeepErrorRateUnder('0.75%')
    expect(failures).not.toKeepErrorRateUnder('0.7%')
    expect(aStep({ errors: 6 })).toKeepErrorRateUnder(0.001)
    expect(aStep({ errors: 7 })).not.toKeepErrorRateUnder(0.001)
  })

  test('above it says how many, and which most', () => {
    expectParts(
      () => expect(failures).toKeepErrorRateUnder('0.1%'),
      'Received: 0.75 % (7.5 times the bound; 45 of 6,000 iterations failed)',
      'Most common error: 45 attempts at pay: $statusCode == 200 is not met (503).',
    )
    expectParts(
      () => expect(aStep({ errors: 7 })).toKeepErrorRateUnder('0.1%'),
      '0.117 % (17 % over; 7 of 6,000 requests failed: of so few, another run may have from 0.055 % to 0.22 %',
    )
    expectParts(() => expect(failures).not.toKeepErrorRateUnder('1%'), 'Expected: not errorRate <= 1 %')
  })
})

describe('toStayUnderMemory and toStayUnderCpu', () => {
  test('pass at the bound and below, for the application and for the generator', () => {
    expect(aReport().target).toStayUnderMemory('181MB')
    expect(aReport().target).not.toStayUnderMemory('180MB')
    expect(aReport().generator).toStayUnderMemory(95_000_000)
    expect(aReport().generator).not.toStayUnderMemory('90 MiB')
    expect(aReport().target).toStayUnderCpu('61%')
    expect(aReport().target).not.toStayUnderCpu(0.6)
    expect(aReport().generator).toStayUnderCpu('0.45 cores')
    expect(someProcesses({ cpu: 2.4, cores: 4 })).toStayUnderCpu('60% of machine')
    expect(someProcesses({ cpu: 2.4, cores: 3 })).not.toStayUnderCpu('60% of machine')
  })

  test('above it say how it grew, and of which processes', () => {
    expectParts(
      () => expect(someProcesses()).toStayUnderMemory('100MB'),
      '181 MB (81 % over; from 90 MB at the start to 176 MB at the end of the window, pid 4711 and 2 children)',
    )
    expectParts(() => expect(someProcesses()).not.toStayUnderMemory('200MiB'), 'Received: 173 MiB')
    const busy = someProcesses({ cpu: 1.52 })
    const received = 'Received: 152 % (117 % over; mean of 120 readings of pid 4711 and 2 children)'
    expectParts(() => expect(busy).toStayUnderCpu('70%'), 'Expected: cpu <= 70 %\n', received)
    expectParts(() => expect(busy).toStayUnderCpu('35% of machine'), 'cpu <= 70 % (35 % of machine)', received)
    expectParts(() => expect(someProcesses()).not.toStayUnderCpu('70%'), 'Received: 61 %')
  })

  test('a run without a target says how to get one, and a whole report is asked whose', () => {
    const { target } = aReport({ target: undefined })
    const found = 'no target process is known. Let the plugin start the application (server), or give runLoad target'
    expectParts(() => expect(target).toStayUnderMemory('200MB'), 'Received: undefined', found)
    expectParts(() => expect(target).not.toStayUnderMemory('200MB'), found)
    expectParts(() => expect(undefined).toStayUnderCpu('70%'), found)
    expectParts(
      () => expect(aReport()).toStayUnderMemory('200MB'),
      'Expected: what processes used: report.target or report.generator\nReceived: a LoadReport',
      'Say whose: report.target is the application, report.generator the load generator.',
    )
  })
})

const none = latencies([])
const nothing = aReport({ requests: 0, rps: 0, responseTime: none, serviceTime: none })
const notRun = aReport({ state: 'not run', cause: 'connection refused at 127.0.0.1:3000.', requests: 0, rps: 0 })
const dropped = { due: 9, dropped: 9, started: 0, passed: 0, failed: 0, aborted: 0 }
const unfinished = aReport({ measuredArrivals: dropped, errorRate: 0 })
const silent = aStep({ requests: 0, serviceTime: none })
const unread = someProcesses({ samples: 0, memoryPeak: 0, cpu: 0 })

test.each<[assert: () => void, why: string]>([
  [() => expect(nothing).toSustainRps(1), 'No request got a response in the measured window.'],
  [() => expect(nothing).not.toSustainRps(1), ''],
  [() => expect(notRun).toSustainRps(1), 'The load did not run: connection refused at 127.0.0.1:3000.'],
  [() => expect(silent).toHoldPercentile(99, '1s'), 'The step sent no request in the measured window.'],
  [() => expect(silent).not.toHoldPercentile(99, '1s'), ''],
  [() => expect(unfinished).toKeepErrorRateUnder('1%'), 'No iteration ended in the measured window.'],
  [() => expect(unfinished).not.toKeepErrorRateUnder('1%'), ''],
  [() => expect(silent).toKeepErrorRateUnder('1%'), ''],
  [() => expect(unread).toStayUnderMemory('1GB'), 'Its processes were not read once. They had ended, or'],
  [() => expect(unread).not.toStayUnderMemory('1GB'), ''],
  [() => expect(unread).toStayUnderCpu('70%'), 'Its processes were not read once.'],
])('%s never passes without data', (assert, why) => {
  expectParts(assert, 'Received: no data', why)
})

const ofReport = 'Expected: a LoadReport, as runLoad resolves with'
const ofStep = 'Expected: a LoadReport, its allRequests, or one of its steps (report.steps.<stepId>)'

test.each<[assert: () => void, ...parts: string[]]>([
  [() => expect(Promise.resolve(aReport())).toSustainRps(1), ofReport, 'Received: a promise (await it first)'],
  [() => expect(undefined).not.toSustainRps(1), ofReport, 'Received: undefined'],
  [() => expect(12).toSustainRps(1), 'Received: the number 12'],
  [() => expect({ a: 1 }).toKeepErrorRateUnder('1%'), ofStep, 'Received: another object'],
  [() => expect(aReport().steps.apy).toHoldPercentile(99, '80ms'), ofStep, 'Look into Object.keys(report.steps).'],
  [() => expect(aReport()).toHoldPercentile(100, '80ms'), 'a percentile above 0 and below 100', 'Received: 100'],
  [() => expect(aReport()).not.toHoldPercentile(0, '80ms'), 'Received: 0'],
  [() => expect(aReport()).toHoldPercentile(99, '80MB'), 'Expected: a bound for p99', '"80MB" is not a duration'],
  [() => expect(aReport()).toHoldPercentile(99, 0), 'the bound is 0 ms'],
  [() => expect(aReport()).toSustainRps('100ms'), 'Received: no such bound', '"100ms" is not a rate'],
  [() => expect(aReport()).not.toSustainRps('100ms'), '"100ms" is not a rate'],
  [() => expect(aReport()).toKeepErrorRateUnder(5), "5 is not a share: it is more than the whole. Did you mean '5%'?"],
  [() => expect(someProcesses()).toStayUnderMemory('200ms'), '"200ms" is not a size: "ms" is not a unit of size'],
  [() => expect(someProcesses()).toStayUnderCpu(70), '70 is not a CPU share', "Did you mean '70%'?"],
])('%s is refused', (assert, ...parts) => {
  expectParts(assert, ...parts)
})
