import { expect, test } from 'vitest'
import { noCounts } from '../../src/http/pooled-transport.ts'
import { mergeThreads } from '../../src/load/run/merge.ts'
import { Ledger } from '../../src/load/thread/ledger.ts'
import type { ThreadResult } from '../../src/load/thread/protocol.ts'
import { emptySummary, LatencyRecorder } from '../../src/measure/histogram.ts'
import { aThread } from '../builders/report.ts'

function summary(...values: number[]) {
  const recorder = new LatencyRecorder()
  for (const value of values) recorder.record(value)
  return recorder.summary()
}

function threadOf(latencies: number[], to: number, eventLoopUtilization?: number): ThreadResult {
  const serviceTime = summary(...latencies)
  return {
    recorded: {
      responseTime: serviceTime,
      serviceTime,
      lateness: emptySummary(),
      errors: [],
      slowest: [],
      examples: [],
      steps: [{ requests: latencies.length + 1, errors: 1, serviceTime }],
      window: { from: 1_000, to },
    },
    ended: { reason: 'completed', at: to },
    transport: { name: 'undici', counters: { ...noCounts(), opened: 4, lost: 1, requests: 9 } },
    bodiesReadInPart: 3,
    ...(eventLoopUtilization !== undefined && { health: aThread({ eventLoopUtilization }) }),
  }
}

function ledgerOf(passed: number, failed: number): Ledger {
  const ledger = new Ledger()
  for (let i = 0; i < passed + failed; i++) {
    ledger.count('due', true)
    ledger.count('started', true)
    ledger.count(i < passed ? 'passed' : 'failed', true)
    ledger.endedInWindow()
    ledger.attempt(true, true)
    ledger.attempt(true, true)
  }
  return ledger
}

test('threads add up to one run', () => {
  const results = [threadOf([10, 20, 30], 3_000, 0.4), threadOf([40], 3_000, 0.7)]
  const merged = mergeThreads(['login'], [ledgerOf(3, 0), ledgerOf(0, 1)], results)
  expect(merged).toMatchObject({
    measured: 2_000,
    requests: 8,
    rps: 4,
    iterationRate: 2,
    errorRate: 0.25,
    connections: {
      connectionsOpened: 8,
      connectionsLost: 2,
      connectionsReopened: 0,
      requestsReused: 0,
      requestsWaited: 0,
      waitingTime: 0,
    },
    bodiesReadInPart: 6,
    measuredArrivals: { due: 4, dropped: 0, started: 4, passed: 3, failed: 1, aborted: 0 },
    responseTime: { count: 4, min: 10, max: expect.closeTo(40, 1) },
    steps: { login: { requests: 6, errors: 2, serviceTime: { count: 4 } } },
    threads: [{ eventLoopUtilization: 0.4 }, { eventLoopUtilization: 0.7 }],
  })
  expect(merged.serviceTime).toEqual(summary(10, 20, 30, 40))
})

test('of a thread that was lost, what is in its ledger is still there', () => {
  const merged = mergeThreads(['login'], [ledgerOf(3, 0), ledgerOf(5, 0)], [threadOf([10, 20, 30], 2_000)])
  expect(merged).toMatchObject({ requests: 16, rps: 16, measuredArrivals: { passed: 8 }, responseTime: { count: 3 } })
  const told = mergeThreads(
    ['login'],
    [ledgerOf(3, 0)],
    [threadOf([10, 20, 30], 2_000)],
    [{ responseTime: summary(5) }],
  )
  expect([told.responseTime.count, told.timed]).toEqual([4, 3])
})

test('when all were lost there are no figures, and no NaN', () => {
  const merged = mergeThreads(['login'], [ledgerOf(1, 0)], [])
  expect(merged).toMatchObject({
    measured: 0,
    rps: 0,
    iterationRate: 0,
    threads: [],
    steps: { login: { requests: 0, errors: 0, serviceTime: { count: 0 } } },
  })
  expect(Object.values(merged).filter(Number.isNaN)).toEqual([])
})
