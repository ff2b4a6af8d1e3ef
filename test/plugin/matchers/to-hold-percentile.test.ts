import { describe, expect, test } from 'vitest'
import { requestsOf } from '../../../src/measure/all-requests.ts'
import { aReport, aStep, latencies, spread } from '../../builders/report.ts'
import { failing } from './failing.ts'

describe('of a run', () => {
  test('passes below the bound', () => {
    expect(aReport()).toHoldPercentile(99, '53.5ms')
    expect(aReport()).toHoldPercentile(50, 13.3)
    expect(aReport()).toHoldPercentile(99.9, '1s')
    expect(aReport()).not.toHoldPercentile(99, '45ms')
  })

  test('judges response time in an open model, service time in a closed one', () => {
    const slow = { responseTime: latencies(spread(6000, 100, 412)) }
    expect(aReport(slow)).not.toHoldPercentile(99, '100ms')
    expect(aReport({ ...slow, model: 'closed', shape: { vus: 5, duration: '30s' } })).toHoldPercentile(99, '100ms')
  })

  test('of a step alone: what fails fast keeps nothing', () => {
    const of = (errors: number) => aStep({ requests: 1_000, errors, serviceTime: latencies(mixed) })
    const mixed = [...Array.from({ length: 970 }, () => 0.5), ...Array.from({ length: 30 }, () => 300)]
    const assert = (errors: number) => failing(() => expect(of(errors)).toHoldPercentile(95, '100ms'))
    expect(of(0)).toHoldPercentile(95, '100ms')
    expect(assert(600)).toContain('600 of 1,000 requests failed, and what fails may be faster than what passes.')
    expect(assert(1_000)).toContain('Each request failed, and the latency of failures decides nothing.')
    expect(of(600)).toHoldPercentile(95, '400ms')
    expect(() => expect(of(600)).not.toHoldPercentile(95, '100ms')).toThrow('600 of 1,000 requests failed')
  })

  test('above the bound says by how much and where the time went', () => {
    const report = aReport({
      responseTime: latencies(spread(6000, 100, 412)),
      serviceTime: latencies(spread(6000, 50, 198)),
    })
    expect(failing(() => expect(report).toHoldPercentile(99, '250ms'))).toMatchInlineSnapshot(`
      "expect(report).toHoldPercentile(99, '250ms')

      Expected: p99 <= 250 ms
      Received: 412 ms (65 % over; service time 198 ms: iterations began later than they were due)

      Slowest step: pay, p99 22 ms."
    `)
  })

  test('with .not', () => {
    expect(failing(() => expect(aReport()).not.toHoldPercentile(99, '80ms'))).toMatchInlineSnapshot(`
      "expect(report).not.toHoldPercentile(99, '80ms')

      Expected: not p99 <= 80 ms
      Received: 49 ms"
    `)
  })

  test('too few samples decide nothing, either way', () => {
    const report = aReport({ responseTime: latencies(spread(100, 13, 49)) })
    expect(failing(() => expect(report).toHoldPercentile(99, '1s'))).toMatchInlineSnapshot(`
      "expect(report).toHoldPercentile(99, '1s')

      Expected: p99 <= 1 s
      Received: 49 ms, which decides nothing

      100 samples are too few for p99, 299 are needed. Measure for 90 s or longer at this rate."
    `)
    expect(failing(() => expect(report).not.toHoldPercentile(99, '40ms'))).toContain('which decides nothing')
  })

  test('a bound between the confidence limits decides nothing, either way', () => {
    const near = failing(() => expect(aReport()).toHoldPercentile(99, '50ms'))
    expect(near).toMatchInlineSnapshot(`
      "expect(report).toHoldPercentile(99, '50ms')

      Expected: p99 <= 50 ms
      Received: 49 ms, which decides nothing

      p99 is only known to be between 45.9 ms and 53.2 ms (95 % confidence, 6,000 samples), and the bound lies between. About 100,000 more would decide if they are like these: measure for 8 min 56 s or longer at this rate."
    `)
    expect(failing(() => expect(aReport()).not.toHoldPercentile(99, '50ms'))).toContain('which decides nothing')
    const ofStep = failing(() => expect(aReport().steps.pay).toHoldPercentile(99, '22.1ms'))
    expect(ofStep).toMatchInlineSnapshot(`
      "expect(step).toHoldPercentile(99, '22.1ms')

      Expected: p99 <= 22.1 ms
      Received: 22 ms, which decides nothing

      p99 is only known to be between 20.4 ms and 24.1 ms (95 % confidence, 6,000 samples), and the bound lies between. More samples will hardly decide: leave some room between the two."
    `)
  })
})

describe('of a step', () => {
  const { steps } = aReport()

  test('passes below the bound', () => {
    expect(steps.pay).toHoldPercentile(99, '24.5ms')
    expect(steps.pay).not.toHoldPercentile(99, '20ms')
  })

  test('above the bound', () => {
    expect(failing(() => expect(steps.pay).toHoldPercentile(95, '10ms'))).toMatchInlineSnapshot(`
      "expect(step).toHoldPercentile(95, '10ms')

      Expected: p95 <= 10 ms
      Received: 12 ms (20 % over)"
    `)
  })

  test('of all of them', () => {
    // 10 ms is the p95 of the three steps together, and of none of them.
    const allRequests = requestsOf(aReport())
    expect(allRequests).toHoldPercentile(95, '10.6ms')
    expect(allRequests).not.toHoldPercentile(95, '9.5ms')
    expect(steps.pay).not.toHoldPercentile(95, '10.6ms')
    expect(steps.login).toHoldPercentile(95, '9.5ms')
    expect(allRequests).toKeepErrorRateUnder(0)
  })

  test('without requests fails, either way', () => {
    const step = aStep({ requests: 0, serviceTime: latencies([]) })
    expect(failing(() => expect(step).toHoldPercentile(99, '1s'))).toMatchInlineSnapshot(`
      "expect(step).toHoldPercentile(99, '1s')

      Expected: p99 <= 1 s
      Received: no data

      The step sent no request in the measured window."
    `)
    expect(failing(() => expect(step).not.toHoldPercentile(99, '1s'))).toContain('Received: no data')
  })

  test('with too few requests decides nothing', () => {
    const step = aStep({ requests: 10, serviceTime: latencies(spread(10, 4, 18)) })
    expect(failing(() => expect(step).toHoldPercentile(99, '1s'))).toMatchInlineSnapshot(`
      "expect(step).toHoldPercentile(99, '1s')

      Expected: p99 <= 1 s
      Received: 9.7 ms, which decides nothing

      10 samples are too few for p99, 299 are needed."
    `)
  })

  test('that the workflow does not have', () => {
    expect(failing(() => expect(steps.apy).toHoldPercentile(99, '80ms'))).toMatchInlineSnapshot(`
      "expect(report).toHoldPercentile(99, '80ms')

      Expected: a LoadReport, its allRequests, or one of its steps (report.steps.<stepId>)
      Received: undefined

      A step that the workflow does not have is undefined. Look into Object.keys(report.steps)."
    `)
  })
})

test('a percentile or a bound that is none is refused, either way', () => {
  expect(failing(() => expect(aReport()).toHoldPercentile(100, '80ms'))).toMatchInlineSnapshot(`
    "expect(report).toHoldPercentile(100, '80ms')

    Expected: a percentile above 0 and below 100
    Received: 100"
  `)
  expect(failing(() => expect(aReport()).not.toHoldPercentile(0, '80ms'))).toContain('Received: 0')
  expect(failing(() => expect(aReport()).toHoldPercentile(99, '80MB'))).toMatchInlineSnapshot(`
    "expect(report).toHoldPercentile(99, '80MB')

    Expected: a bound for p99
    Received: no such bound

    Failed to read the bound: "80MB" is not a duration: "MB" is not a unit of time. Write milliseconds as a number, or text such as '100ms', '30s', '1m30s', '1h' or '250us'."
  `)
  expect(failing(() => expect(aReport()).toHoldPercentile(99, 0))).toContain('the bound is 0 ms')
})
