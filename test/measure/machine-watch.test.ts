import { expect, test } from 'vitest'
import { VirtualClock } from '../../src/measure/clock.ts'
import type { Throttling } from '../../src/measure/machine-watch.ts'
import { MachineWatch } from '../../src/measure/machine-watch.ts'
import type { CpuTicks } from '../../src/measure/proc-stat.ts'

/** Two CPUs at 100 ticks a second; `stolen` says how much the host has taken of the second one. */
function machineOf(clock: VirtualClock, stolen: (now: number) => number) {
  const machine = { wall: 1_000_000, throttling: undefined as Throttling | undefined }
  const watch = new MachineWatch(clock, {
    cpuTicks(): CpuTicks[] {
      const ticks = clock.now() / 10
      const one = { idle: 0, stolen: 0, total: ticks }
      const other = { idle: 0, stolen: stolen(clock.now()) / 10, total: ticks }
      return [{ idle: 0, stolen: one.stolen + other.stolen, total: 2 * ticks }, one, other]
    },
    throttling: () => machine.throttling,
    wall: () => machine.wall + clock.now(),
    tick: 10,
  })
  return { machine, watch }
}

test('nothing happens to a machine that is left alone', () => {
  const clock = new VirtualClock()
  const { watch } = machineOf(clock, () => 0)
  clock.run(5_000)
  expect(watch.stop()).toEqual({ stolen: { share: 0, longest: 0 }, clockJump: 0 })
})

test('what the host takes: as a share of all CPUs in the window, and the most of one in 200 ms', () => {
  const clock = new VirtualClock()
  // 500 ms before the window; in it 120 ms at once and 80 ms spread out.
  const { watch } = machineOf(
    clock,
    now => (now >= 500 ? 500 : 0) + (now >= 2_100 ? 120 : 0) + (now >= 3_000 ? Math.min(80, (now - 3_000) / 25) : 0),
  )
  clock.run(1_000)
  watch.mark()
  clock.run(6_000)
  const { stolen } = watch.stop()
  expect(stolen!.share).toBeCloseTo(200 / 10_000, 10)
  expect(stolen!.longest).toBeCloseTo(120, 10)
})

test('a quota that was used up within the window', () => {
  const clock = new VirtualClock()
  const { machine, watch } = machineOf(clock, () => 0)
  machine.throttling = { periods: 10, throttled: 4, time: 100 }
  watch.mark()
  clock.run(1_000)
  machine.throttling = { periods: 20, throttled: 7, time: 250 }
  expect(watch.stop().throttled).toEqual({ periods: 10, throttled: 3, time: 150 })
})

test('a wall clock that is set, either way; the farther jump counts', () => {
  const clock = new VirtualClock()
  const { machine, watch } = machineOf(clock, () => 0)
  machine.wall += 3_600_000
  watch.mark()
  clock.run(1_000)
  machine.wall -= 2_000
  clock.run(2_000)
  machine.wall += 300
  clock.run(3_000)
  const health = watch.stop()
  expect(health.clockJump).toBeCloseTo(-2_000, 6)
  machine.wall += 9_000
  expect(watch.stop()).toBe(health)
})

test('the machine at hand can be watched', () => {
  const { clockJump, stolen } = new MachineWatch().stop()
  expect(Math.abs(clockJump)).toBeLessThan(60_000)
  if (stolen) expect(stolen.share).toBeGreaterThanOrEqual(0)
})
