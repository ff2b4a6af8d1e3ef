import { expect, test } from 'vitest'
import { Slowest } from '../../src/load/thread/recorder.ts'
import { mergeSlowest } from '../../src/measure/report/failures.ts'
import { sideBySide } from '../builders/report.ts'

const slow = (step: string, latency: number, thread = 1) => ({
  step,
  latency,
  thread,
  at: 0,
  request: 'GET /',
  status: 200,
})

test('three of each step are kept, and what is not among them is not asked for', () => {
  const slowest = new Slowest(2)
  let asked = 0
  const offer = (step: number, latency: number) => {
    if (!slowest.isSlow(step, latency)) return
    asked++
    slowest.add(step, slow(`step ${step}`, latency))
  }
  for (const latency of [5, 1, 9, 3, 9, 2, 7]) offer(0, latency)
  offer(1, 4)
  expect(asked).toBe(7) // not 2
  for (let i = 0; i < 1_000; i++) offer(0, 6)
  expect(asked).toBe(7)
  expect(slowest.list().map(({ step, latency }) => [step, latency])).toEqual([
    ...[9, 9, 7].map(latency => ['step 0', latency]),
    ['step 1', 4],
  ])
})

test('of threads the slowest of all come first, three of each step', () => {
  const threads = [1, 2].map(thread => [10, 8, 6].flatMap(n => [slow('a', n + thread, thread), slow('b', n, thread)]))
  expect(
    mergeSlowest(threads[0]!, threads[1]!, sideBySide)!.map(
      ({ step, latency, thread }) => `${step} ${latency} of ${thread}`,
    ),
  ).toEqual([...['a 12 of 2', 'a 11 of 1', 'a 10 of 2', 'b 10 of 1', 'b 10 of 2', 'b 8 of 1']])
})
