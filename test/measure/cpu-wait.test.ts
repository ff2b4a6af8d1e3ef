import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../src/measure/clock.ts'
import { CpuWaitMeter, isStarved } from '../../src/measure/cpu-wait.ts'

describe('a thread that waits for a core', () => {
  test('tells which share of the time, and the most that it waited within a second', () => {
    const clock = new VirtualClock()
    // It waits one millisecond in ten, and once 60 ms on end.
    const meter = new CpuWaitMeter(
      { waited: () => clock.now() / 10 + (clock.now() > 1_350 ? 60 : 0), spared: () => clock.now() * 1.5 },
      clock,
    )
    clock.run(150)
    meter.begin()
    clock.run(2_950)
    const found = meter.end()!
    expect(found.share).toBeCloseTo((280 + 60) / 2_800, 9)
    expect(found.longest).toBeCloseTo(160, 9)
    expect(found.spare).toBeCloseTo(1.5, 9)
    clock.run(3_000)
    meter.begin()
    clock.run(3_500)
    expect(meter.end()!.longest).toBeCloseTo(50, 9)
  })

  test('looks no more once it has ended', () => {
    const clock = new VirtualClock()
    let looks = 0
    const meter = new CpuWaitMeter({ waited: () => looks++ }, clock)
    meter.begin()
    clock.run(1_000)
    meter.end()
    expect(looks).toBe(12)
    clock.run(2_000)
    expect([looks, meter.end()]).toEqual([12, undefined])
  })

  test('tells nothing where nobody counts', () => {
    const meter = new CpuWaitMeter({ waited: () => undefined })
    meter.begin()
    expect(meter.end()).toBeUndefined()
  })
})

describe('a starved thread', () => {
  test.each([
    [{ share: 0.05 }, true],
    [{ share: 0.03 }, false],
    [{ share: 0.05, spare: 0.02 }, true],
    [{ share: 0.05, spare: 0.6 }, false],
    [{ share: 0.12, spare: 0.6 }, true],
  ])('%o: %s', (wait, starved) => {
    expect(isStarved(wait)).toBe(starved)
  })
})
