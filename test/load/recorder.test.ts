import { expect, test } from 'vitest'
import { readShape } from '../../src/load/plan/shape.ts'
import { Ledger } from '../../src/load/thread/ledger.ts'
import { Recorder } from '../../src/load/thread/recorder.ts'
import { cutIn, mostAt } from '../../src/measure/histogram.ts'
import type { FailedAttempt } from '../../src/workflow/virtual-user.ts'
import { NO_ATTEMPTS, SEEN } from '../builders/seen.ts'

/* Which figure counts what, by the recorder alone. Times are from the start of the run: 1 s of warm-up, then 2 s. */

const START = 1_024

function recording() {
  const ledger = new Ledger()
  const { plan } = readShape({ rate: 10, duration: '2s', warmUp: '1s', threads: 1 })
  const recorder = new Recorder({ plan: plan!, stepKeys: ['a'], ledger, origin: START, onInterval() {} })
  return {
    /** An iteration that was due at a moment, and started 10 ms later. */
    iteration(due: number, ended: number, how: Partial<Parameters<Recorder['ended']>[1]> = {}) {
      recorder.due(due)
      recorder.started({ due, started: due + 10, late: 0 })
      const passed = {
        state: 'passed',
        thought: 0,
        late: 0,
        isThinking: false,
        isCut: false,
        attempts: NO_ATTEMPTS,
      } as const
      recorder.ended({ due, started: due + 10, late: 0 }, { ...passed, ...how }, ended)
    },
    attempt(sent: number, ended: number, kind?: string) {
      const failure = kind === undefined ? undefined : ({ kind, message: kind, at: {}, exemplar: () => ({}) } as never)
      recorder.onAttempt(
        0,
        START + sent,
        START + ended,
        failure as FailedAttempt | undefined,
        SEEN,
        kind ? undefined : 200,
      )
    },
    figures() {
      const { responseTime, serviceTime, steps } = recorder.close(4_000)
      return { responseTime, serviceTime, step: steps[0]!, measured: ledger.measured(), ...ledger.throughput() }
    },
  }
}

test('the time that a user thinks is in no latency; that before its start is in the response time', () => {
  const run = recording()
  run.iteration(1_500, 1_600, { thought: 60 })
  const { responseTime, serviceTime } = run.figures()
  expect(responseTime.max).toBeCloseTo(40, 0)
  expect(serviceTime.max).toBeCloseTo(30, 0)
})

test.each(['timeout', 'no response'])('a request that failed by %s took so long at least', kind => {
  const run = recording()
  run.attempt(1_500, 1_600, kind)
  const { requests, errors, serviceTime } = run.figures().step
  expect({ requests, errors, count: serviceTime.count, cut: cutIn(serviceTime) }).toEqual({
    ...{ requests: 1, errors: 1, count: 1, cut: 1 },
  })
  expect(mostAt(serviceTime, 0.5)).toBe(Number.POSITIVE_INFINITY)
})

test('a refused connection is a failed request without a latency; what could not be sent is no request', () => {
  const run = recording()
  run.attempt(1_500, 1_501, 'refused')
  run.attempt(1_500, 1_501, 'request')
  const { requests, errors, serviceTime } = run.figures().step
  expect({ requests, errors, count: serviceTime.count }).toEqual({ requests: 1, errors: 2, count: 0 })
})

test('the measured window ends where the plan says: what begins behind it counts nowhere, what ends behind it in no rate', () => {
  const run = recording()
  for (const [from, to] of [
    [900, 950],
    [1_500, 1_600],
    [2_950, 3_050],
    [3_100, 3_150],
  ] as const) {
    run.iteration(from, to)
    run.attempt(from, to)
  }
  const { responseTime, step, measured, requests, iterations } = run.figures()
  expect([responseTime.count, step.requests, measured.passed]).toEqual([2, 2, 2])
  expect([requests, iterations]).toEqual([1, 1])
})

test('a request of the warm-up that hangs into the window is a failure of it, and so is its iteration', () => {
  const run = recording()
  run.attempt(500, 1_700, 'timeout')
  run.iteration(490, 1_700, { state: 'failed', isCut: true })
  run.attempt(600, 1_700)
  run.iteration(590, 1_700)
  const { step, measured } = run.figures()
  expect([step.requests, step.errors]).toEqual([1, 1])
  expect(measured).toMatchObject({ due: 1, started: 1, failed: 1, passed: 0 })
})
