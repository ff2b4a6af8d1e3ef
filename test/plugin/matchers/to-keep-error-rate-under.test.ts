import { expect, test } from 'vitest'
import { aReport, aStep, latencies } from '../../builders/report.ts'
import { failing } from './failing.ts'

const measuredArrivals = { due: 6000, dropped: 0, started: 6000, passed: 5955, failed: 45, aborted: 0 }
const failures = aReport({
  measuredArrivals,
  errorRate: 0.0075,
  errors: [
    { step: 'pay', kind: 'criterion', message: '$statusCode == 200 is not met (503)', count: 45, exemplars: [] },
  ],
})

test('passes at the share and below', () => {
  expect(aReport()).toKeepErrorRateUnder(0)
  expect(failures).toKeepErrorRateUnder('0.75%')
  expect(failures).not.toKeepErrorRateUnder('0.7%')
  expect(aStep({ errors: 6 })).toKeepErrorRateUnder(0.001)
  expect(aStep({ errors: 7 })).not.toKeepErrorRateUnder(0.001)
})

test('above it says how many, and which most', () => {
  expect(failing(() => expect(failures).toKeepErrorRateUnder('0.1%'))).toMatchInlineSnapshot(`
    "expect(report).toKeepErrorRateUnder('0.1%')

    Expected: errorRate <= 0.1 %
    Received: 0.75 % (7.5 times the bound; 45 of 6,000 iterations failed)

    Most common error: 45 attempts at pay: $statusCode == 200 is not met (503)."
  `)
  expect(failing(() => expect(aStep({ errors: 7 })).toKeepErrorRateUnder('0.1%'))).toMatchInlineSnapshot(`
    "expect(step).toKeepErrorRateUnder('0.1%')

    Expected: errorRate <= 0.1 %
    Received: 0.117 % (17 % over; 7 of 6,000 requests failed: of so few, another run may have from 0.055 % to 0.22 %, with 95 % confidence)"
  `)
})

test('with .not', () => {
  expect(failing(() => expect(failures).not.toKeepErrorRateUnder('1%'))).toMatchInlineSnapshot(`
    "expect(report).not.toKeepErrorRateUnder('1%')

    Expected: not errorRate <= 1 %
    Received: 0.75 %"
  `)
})

test('nothing finished never passes, either way', () => {
  const none = { due: 9, dropped: 9, started: 0, passed: 0, failed: 0, aborted: 0 }
  const report = aReport({ measuredArrivals: none, errorRate: 0 })
  expect(failing(() => expect(report).toKeepErrorRateUnder('1%'))).toMatchInlineSnapshot(`
    "expect(report).toKeepErrorRateUnder('1%')

    Expected: errorRate <= 1 %
    Received: no data

    No iteration ended in the measured window."
  `)
  expect(failing(() => expect(report).not.toKeepErrorRateUnder('1%'))).toContain('no data')
  const step = aStep({ requests: 0, serviceTime: latencies([]) })
  expect(failing(() => expect(step).toKeepErrorRateUnder('1%'))).toContain('no data')
})

test('other values and bounds are refused', () => {
  expect(failing(() => expect({ a: 1 }).toKeepErrorRateUnder('1%'))).toMatchInlineSnapshot(`
    "expect(report).toKeepErrorRateUnder('1%')

    Expected: a LoadReport, its allRequests, or one of its steps (report.steps.<stepId>)
    Received: another object"
  `)
  expect(failing(() => expect(aReport()).toKeepErrorRateUnder(5))).toMatchInlineSnapshot(`
    "expect(report).toKeepErrorRateUnder(5)

    Expected: a bound for errorRate
    Received: no such bound

    Failed to read the bound: 5 is not a share: it is more than the whole. Did you mean '5%'? Write a number from 0 to 1, or text such as '0.1%'."
  `)
})
