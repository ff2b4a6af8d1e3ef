import { expect, test } from 'vitest'
import type { Budget } from '../../src/budget/budget.ts'
import { judge } from '../../src/budget/judge.ts'
import { readBudgets } from '../../src/budget/read.ts'
import { LatencyRecorder } from '../../src/measure/histogram.ts'
import { aReport } from '../builders/report.ts'

/* Of a request that was cut it is only known how long it took at least. */

test.each([
  ['mean', 'inconclusive'],
  ['max', 'inconclusive'],
  ['p50', 'pass'],
  ['p99', 'pass'],
])('%s of 1,000 iterations of 10 ms and one that was cut after 11 ms: %s', (key, verdict) => {
  const recorder = new LatencyRecorder()
  for (let n = 0; n < 1_000; n++) recorder.record(10)
  recorder.record(11, 0, true)
  const summary = recorder.summary()
  const { budgets } = readBudgets({ [key]: '20ms' }, { steps: [], target: false })
  const [found] = judge(aReport({ responseTime: summary, serviceTime: summary }), budgets as Budget[])
  expect(found!.verdict).toBe(verdict)
})
