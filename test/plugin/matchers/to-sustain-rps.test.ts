import { expect, test } from 'vitest'
import { aReport, latencies } from '../../builders/report.ts'
import { failing } from './failing.ts'

test('passes at the rate and above, and takes text', () => {
  expect(aReport({ rps: 1000 })).toSustainRps(1000)
  expect(aReport({ rps: 1000 })).toSustainRps('999/s')
  expect(aReport({ rps: 1000 })).not.toSustainRps(1001)
})

test('below the rate says by how much and why', () => {
  const report = aReport({ rps: 812, shape: { vus: 50, duration: '30s' }, model: 'closed' })
  expect(failing(() => expect(report).toSustainRps(1000))).toMatchInlineSnapshot(`
    "expect(report).toSustainRps(1000)

    Expected: rps >= 1,000/s
    Received: 812/s (19 % under)

    In a closed model the responses set the pace: 50 users, 14.2 ms an iteration on average. Slowest step: pay, mean 5.9 ms."
  `)
})

test('with .not says what was reached', () => {
  expect(failing(() => expect(aReport()).not.toSustainRps('500 rps'))).toMatchInlineSnapshot(`
    "expect(report).not.toSustainRps('500 rps')

    Expected: not rps >= 500/s
    Received: 600/s"
  `)
})

test('what the generator could not deliver decides nothing, either way', () => {
  const doubts = [{ kind: 'late starts' as const, p99: 80, text: 'Starts came up to 80 ms late. Use more threads.' }]
  const report = aReport({ doubts, model: 'closed', shape: { vus: 50, duration: 10_000 } })
  expect(failing(() => expect(report).toSustainRps(1000))).toMatchInlineSnapshot(`
    "expect(report).toSustainRps(1000)

    Expected: rps >= 1,000/s
    Received: 600/s, which decides nothing

    Starts came up to 80 ms late. Use more threads. Without late starts it would be between 600/s and 12,000/s."
  `)
  expect(failing(() => expect(report).not.toSustainRps(1000))).toMatchInlineSnapshot(`
    "expect(report).not.toSustainRps(1000)

    Expected: not rps >= 1,000/s
    Received: 600/s, which decides nothing

    Starts came up to 80 ms late. Use more threads. Without late starts it would be between 600/s and 12,000/s."
  `)
})

test('an open load that asks for less than the budget has missed it for certain', () => {
  const doubts = [{ kind: 'late starts' as const, p99: 80, text: 'Starts came up to 80 ms late.' }]
  const report = aReport({ doubts })
  expect(failing(() => expect(report).toSustainRps(1000))).toContain('The load asks for 600/s only')
  expect(report).not.toSustainRps(1000)
})

test('no requests never pass, either way', () => {
  const nothing = latencies([])
  const report = aReport({ requests: 0, rps: 0, responseTime: nothing, serviceTime: nothing })
  expect(failing(() => expect(report).toSustainRps(1))).toMatchInlineSnapshot(`
    "expect(report).toSustainRps(1)

    Expected: rps >= 1/s
    Received: no data

    No request got a response in the measured window."
  `)
  expect(failing(() => expect(report).not.toSustainRps(1))).toContain('Received: no data')
})

test('a load that did not run says why', () => {
  const report = aReport({ state: 'not run', cause: 'connection refused at 127.0.0.1:3000.', requests: 0, rps: 0 })
  expect(failing(() => expect(report).toSustainRps(1))).toMatchInlineSnapshot(`
    "expect(report).toSustainRps(1)

    Expected: rps >= 1/s
    Received: no data

    The load did not run: connection refused at 127.0.0.1:3000."
  `)
})

test('other values are refused, either way', () => {
  expect(failing(() => expect(Promise.resolve(aReport())).toSustainRps(1))).toMatchInlineSnapshot(`
    "expect(report).toSustainRps(1)

    Expected: a LoadReport, as runLoad resolves with
    Received: a promise (await it first)"
  `)
  expect(failing(() => expect(undefined).not.toSustainRps(1))).toMatchInlineSnapshot(`
    "expect(report).not.toSustainRps(1)

    Expected: a LoadReport, as runLoad resolves with
    Received: undefined"
  `)
  expect(failing(() => expect(12).toSustainRps(1))).toContain('Received: the number 12')
})

test('a bound that is none is refused, either way', () => {
  expect(failing(() => expect(aReport()).toSustainRps('100ms'))).toMatchInlineSnapshot(`
    "expect(report).toSustainRps('100ms')

    Expected: a bound for rps
    Received: no such bound

    Failed to read the bound: "100ms" is not a rate: "ms" is not a unit of a rate. Write events a second as a number, or text such as '1000', '1000/s', '1000 rps' or '60/min'."
  `)
  expect(failing(() => expect(aReport()).not.toSustainRps('100ms'))).toContain('"100ms" is not a rate')
})

test('works as an asymmetric matcher, and on promises', async () => {
  expect({ report: aReport({ rps: 1000 }) }).toEqual({ report: expect.toSustainRps(1000) })
  expect({ report: aReport({ rps: 1000 }) }).not.toEqual({ report: expect.toSustainRps(1001) })
  await expect(Promise.resolve(aReport({ rps: 1000 }))).resolves.toSustainRps(1000)
})

test('a rate of requests of which nothing passed decides nothing, either way', () => {
  const report = aReport({ measuredArrivals: { ...aReport().measuredArrivals, passed: 0, failed: 320 } })
  for (const assert of [() => expect(report).toSustainRps(500), () => expect(report).not.toSustainRps(500)])
    expect(failing(assert)).toContain('All 320 iterations failed, and the rate of failures decides nothing.')
  expect(report).not.toSustainRps(5000)
})
