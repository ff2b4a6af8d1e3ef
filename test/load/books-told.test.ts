import { expect, test } from 'vitest'
import type { IntervalCounts } from '../../src/load/counts/intervals.ts'
import { readShape } from '../../src/load/plan/shape.ts'
import { PartialFigures } from '../../src/load/run/budget-watch.ts'
import { Ledger } from '../../src/load/thread/ledger.ts'
import { Recorder } from '../../src/load/thread/recorder.ts'
import { NO_ATTEMPTS, SEEN } from '../builders/seen.ts'

/* What a thread tells of its books each second, which is what is left of it when its host is lost. */

const START = 1_024
const subjects = ['iterations', 'requests of a'] as const

/** Iterations of one request each, that end at these times of a plan of 500 ms of warm-up and 2 s. */
function told(times: readonly number[]): IntervalCounts[] {
  const { plan } = readShape({ rate: 10, duration: '2s', warmUp: '500ms', threads: 1 })
  const all: IntervalCounts[] = []
  const onInterval = (counts: IntervalCounts) => all.push(counts)
  const ledger = new Ledger()
  const recorder = new Recorder({
    plan: plan!,
    stepKeys: ['a'],
    ledger,
    origin: START,
    onInterval,
    subjects,
    tellsBooks: true,
  })
  for (const at of times) {
    const iteration = { due: at - 10, started: at - 10, late: 0 }
    recorder.roll(at - 10)
    recorder.due(iteration.due)
    recorder.started(iteration, 0)
    recorder.onAttempt(0, START + at - 9, START + at - 1, undefined, SEEN, 200)
    recorder.ended(
      iteration,
      { state: 'passed', thought: 0, late: 0, isThinking: false, isCut: false, attempts: NO_ATTEMPTS },
      at,
    )
  }
  recorder.close(2_600)
  return all
}

test.each([1_505, 1_500.5])('are of the moment that its latencies are of, also as one ends at %d ms', at => {
  const intervals = told([100, 600, 700, at, 1_700, 2_400])
  const seconds = intervals.map(({ start, length, watched, books }) => {
    const figures = new PartialFigures([...subjects])
    figures.addLate(watched)
    const { responseTime, steps } = figures.figures()
    const ledger = Ledger.of(books!.ledger)
    const requests = [steps.a!.requests, ledger.throughput().requests] as const
    return {
      end: start + length,
      measured: books!.measured,
      iterations: [responseTime.count, ledger.measured().passed],
      requests,
    }
  })
  expect(seconds.map(({ end, measured }) => [end, measured])).toEqual([
    [500, 0],
    [1_500, 1_000],
    [2_500, 2_000],
    [2_600, 2_000],
  ])
  const summed = (of: 'iterations' | 'requests') => {
    let sum = 0
    return seconds.map(second => {
      sum += second[of][0]!
      return { latencies: sum, books: second[of][1]! }
    })
  }
  for (const { latencies, books } of [...summed('iterations'), ...summed('requests')]) expect(books).toBe(latencies)
})
