import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { VirtualClock } from '../../src/measure/clock.ts'
import { MachineWatch, parseThrottling, readThrottling, type Throttling } from '../../src/measure/machine-watch.ts'
import type { CpuTicks } from '../../src/measure/proc-stat.ts'

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cgroup-'))
})
afterEach(() => rmSync(root, { recursive: true }))

function put(path: string, text: string): string {
  const file = join(root, path)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}

const v2 = 'usage_usec 900\nuser_usec 500\nnr_periods 100\nnr_throttled 12\nthrottled_usec 640000\n'

test('cpu.stat of version 2 in microseconds, of version 1 in nanoseconds', () => {
  expect(parseThrottling(v2)).toEqual({ periods: 100, throttled: 12, time: 640 })
  expect(parseThrottling('nr_periods 7\nnr_throttled 3\nthrottled_time 45000000\n')).toEqual({
    periods: 7,
    throttled: 3,
    time: 45,
  })
  expect(parseThrottling('usage_usec 900\nuser_usec 500\n')).toBeUndefined()
})

test('of the own group', () => {
  put('system.slice/ci.service/cpu.stat', v2)
  const own = put('own', '0::/system.slice/ci.service\n')
  expect(readThrottling(root, own)).toEqual({ periods: 100, throttled: 12, time: 640 })
})

test("of version 1, under the controllers' own names", () => {
  put('cpu,cpuacct/docker/abc/cpu.stat', 'nr_periods 7\nnr_throttled 3\nthrottled_time 45000000\n')
  const own = put('own', '12:pids:/docker/abc\n4:cpu,cpuacct:/docker/abc\n')
  expect(readThrottling(root, own)).toEqual({ periods: 7, throttled: 3, time: 45 })
})

test('within a container, whose group stands at the root', () => {
  put('cpu.stat', v2)
  expect(readThrottling(root, put('own', '0::/kubepods/pod1/abc\n'))?.throttled).toBe(12)
})

test('without a quota, or without control groups, there is nothing to say', () => {
  put('cpu.stat', 'usage_usec 900\n')
  expect(readThrottling(root, put('own', '0::/\n'))).toBeUndefined()
  expect(readThrottling(join(root, 'none'), join(root, 'none'))).toBeUndefined()
})

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
