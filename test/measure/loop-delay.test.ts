import { expect, test } from 'vitest'
import { VirtualClock } from '../../src/measure/clock.ts'
import { LoopDelayWatch } from '../../src/measure/thread-health.ts'

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
