import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { parseSchedstat, waitedForCore } from '../../src/measure/proc-stat.ts'
import { ThreadWatch } from '../../src/measure/thread-health.ts'

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
