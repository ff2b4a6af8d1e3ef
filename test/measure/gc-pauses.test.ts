import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { addPauses, GcWatch } from '../../src/measure/thread-health.ts'

test('pauses add up from the beginning of the window on, long ones by themselves', () => {
  const pauses = [
    { startTime: 90, duration: 80 },
    { startTime: 100, duration: 1 },
    { startTime: 200, duration: 5 },
    { startTime: 300, duration: 12 },
  ]
  expect(addPauses(pauses, 100)).toEqual({ count: 3, total: 18, longest: 12, long: 17 })
  expect(addPauses([], 0)).toEqual({ count: 0, total: 0, longest: 0, long: 0 })
})

test('the collector of this thread is seen at work', async () => {
  const watch = new GcWatch()
  let kept: unknown[] = []
  for (let i = 0; i < 3_000_000; i++) kept = i % 1_000 === 0 ? [] : [kept]
  expect(kept.length).toBeLessThanOrEqual(1)
  await delay(20)
  const { count, total, longest } = watch.stop()
  expect(count).toBeGreaterThan(0)
  expect(longest).toBeGreaterThan(0)
  expect(total).toBeGreaterThanOrEqual(longest)
})
