import { describe, expect, test } from 'vitest'
import { CpuWaitMeter } from '../../src/measure/cpu-wait.ts'
import { VirtualClock } from '../simulate/virtual-clock.ts'

describe('a thread that waits for a core', () => {
  test('tells which share of the time, and the longest wait between two looks', () => {
    const clock = new VirtualClock()
    // It waits one millisecond in ten, and in the fourth tenth of a second 60 ms on end.
    const meter = new CpuWaitMeter(() => clock.now() / 10 + (clock.now() > 350 ? 60 : 0), clock)
    clock.run(150)
    meter.begin()
    clock.run(950)
    const found = meter.end()!
    expect(found.share).toBeCloseTo((80 + 60) / 800, 9)
    expect(found.longest).toBeCloseTo(70, 9)
    clock.run(1_000)
    meter.begin()
    clock.run(1_500)
    expect(meter.end()!.longest).toBeCloseTo(10, 9)
  })

  test('looks no more once it has ended', () => {
    const clock = new VirtualClock()
    let looks = 0
    const meter = new CpuWaitMeter(() => looks++, clock)
    meter.begin()
    clock.run(1_000)
    meter.end()
    expect(looks).toBe(12)
    clock.run(2_000)
    expect([looks, meter.end()]).toEqual([12, undefined])
  })

  test('tells nothing where nobody counts', () => {
    const meter = new CpuWaitMeter(() => undefined)
    meter.begin()
    expect(meter.end()).toBeUndefined()
  })
})
