import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { VirtualClock } from '../../src/measure/clock.ts'
import { parseSchedstat, waitedForCore } from '../../src/measure/proc-stat.ts'
import { addPauses, GcWatch, LoopDelayWatch, ThreadWatch } from '../../src/measure/thread-health.ts'

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

test('a thread that is always there is never late', () => {
  const clock = new VirtualClock()
  const watch = new LoopDelayWatch(clock)
  clock.run(10_000)
  expect(watch.stop()).toEqual({ p50: 0, p99: 0, longest: 0 })
})

test('a second of stillness counts as a second, not as one late timer', () => {
  const clock = new VirtualClock()
  const watch = new LoopDelayWatch(clock)
  clock.run(4_000)
  clock.block(1_000)
  clock.run(10_000)
  const { p99, longest } = watch.stop()
  expect(longest).toBeCloseTo(980, -1)
  // A tenth of the time: one in a hundred moments waited for 900 ms and more.
  expect(p99).toBeGreaterThan(850)
  expect(p99).toBeLessThan(920)
})

test('what was before the window is forgotten', () => {
  const clock = new VirtualClock()
  const watch = new LoopDelayWatch(clock)
  clock.block(500)
  clock.run(1_000)
  watch.mark()
  clock.run(3_000)
  expect(watch.stop()).toEqual({ p50: 0, p99: 0, longest: 0 })
})

test('one that stands still at the end of the window is as late as it is by then', () => {
  const clock = new VirtualClock()
  const watch = new LoopDelayWatch(clock)
  clock.run(1_000)
  watch.mark()
  clock.block(2_000)
  const { p50, longest } = watch.stop()
  expect(longest).toBeGreaterThan(1_900)
  expect(p50).toBeGreaterThan(900)
})

test('once stopped it asks no more', () => {
  const clock = new VirtualClock()
  new LoopDelayWatch(clock).stop()
  clock.run()
  expect(clock.now()).toBeLessThan(100)
})

test('schedstat: time spent waiting for a core, in nanoseconds', () => {
  expect(parseSchedstat('747181683 1406047281 4200\n')).toBeCloseTo(1406.047281, 9)
  expect(parseSchedstat('')).toBeUndefined()
})

test.runIf(process.platform === 'linux')('the kernel tells how long this thread waited', () => {
  expect(waitedForCore()).toBeGreaterThanOrEqual(0)
})

test('a thread that blocks for a while was busy, and late', async () => {
  const watch = new ThreadWatch()
  await delay(30)
  watch.mark()
  await delay(30)
  const until = performance.now() + 200
  while (performance.now() < until);
  await delay(30)
  const health = watch.stop()
  expect(health.delay.longest).toBeGreaterThan(150)
  expect(health.eventLoopUtilization).toBeGreaterThan(0.3)
  expect(watch.stop()).toBe(health)
  if (health.waited === undefined) return
  expect(health.waited).toBeLessThanOrEqual(1.01)
  expect(health.longestWait).toBeGreaterThanOrEqual(0)
})
