import { describe, expect, test } from 'vitest'
import { Governor } from '../../../src/load/limit/governor.ts'
import { SharedLimit } from '../../../src/load/limit/shared-limit.ts'
import type { AdaptivePlan } from '../../../src/load/plan/limit.ts'
import { VirtualClock } from '../../../src/measure/virtual-clock.ts'

const START = 500

function govern(over: Partial<AdaptivePlan> = {}) {
  const plan = {
    ...({ model: 'closed', kind: 'adaptive', limit: 'step', latency: 50, signal: 'mean' } as const),
    window: 1_000,
    deadBand: 0.1,
    from: 10,
    maxVus: 100,
    ...over,
  }
  const clock = new VirtualClock(START - 50)
  const shared = new SharedLimit(2)
  const governor = new Governor(plan, shared, clock, START)
  /** So many iterations end at a moment of the run, on both threads. */
  const end = (at: number, count: number, latency: number, failed = 0) =>
    clock.after(START + at - clock.now(), () => {
      for (let i = 0; i < count; i++) {
        shared.began(i % 2)
        shared.ended(i % 2, latency, i < failed)
      }
    })
  return { clock, shared, governor, end, run: (until: number) => clock.run(START + until) }
}

describe('at the end of a window', () => {
  test('the limit follows what all threads have counted in it, and the change is logged', () => {
    const { governor, shared, end, run } = govern()
    expect(shared.current).toBe(10)
    end(500, 100, 20)
    end(1_500, 60, 60)
    end(1_600, 40, 80)
    end(2_500, 100, 51)
    run(999)
    expect(governor.changes).toEqual([])
    run(3_100)
    expect(governor.changes).toEqual([
      { at: 1_000, from: 10, to: 11, signal: 20, because: 'mean 20 ms is under 50 ms' },
      { at: 2_000, from: 11, to: 10, signal: 68, because: 'mean 68 ms is over 50 ms' },
    ])
    expect(shared.current).toBe(10)
  })

  test('a percentile is as good a signal', () => {
    const { governor, end, run } = govern({ signal: 0.9 })
    end(500, 80, 10)
    end(600, 20, 90)
    run(1_100)
    expect(governor.changes).toMatchObject([
      { from: 10, to: 9, because: expect.stringMatching(/^p90 [89]\d.* ms is over 50 ms$/) },
    ])
  })

  test('with more than a tenth of failures it was too slow, however fast', () => {
    const { governor, end, run } = govern()
    end(500, 100, 5, 11)
    end(1_500, 100, 5, 10)
    run(2_100)
    expect(governor.changes).toEqual([
      { at: 1_000, from: 10, to: 9, signal: 5, because: '11 % of 100 iterations failed' },
      { at: 2_000, from: 9, to: 10, signal: 5, because: 'mean 5 ms is under 50 ms' },
    ])
  })
})

describe('a window with too few iterations', () => {
  test('goes on until there are enough', () => {
    const { governor, end, run } = govern()
    end(500, 49, 20)
    end(1_300, 1, 20)
    end(2_400, 50, 20)
    run(2_600)
    // It is looked every quarter of a window, and the next begins there.
    expect(governor.changes.map(({ at }) => at)).toEqual([1_500, 2_500])
  })

  test('but four times its length at most', () => {
    const { governor, end, run } = govern()
    end(500, 3, 20)
    run(4_100)
    expect(governor.changes).toMatchObject([{ at: 4_000, from: 10, to: 11 }])
  })

  test('in which nothing ends although something is in flight is a stall', () => {
    const { governor, shared, run } = govern({ latency: 3_000 })
    shared.began(0)
    run(6_100)
    expect(governor.changes).toEqual([
      { at: 6_000, from: 10, to: 9, signal: 6_000, because: 'no response came in 6 s' },
    ])
  })
})

test('once stopped, it decides nothing any more', () => {
  const { governor, end, run } = govern()
  end(500, 100, 20)
  governor.stop()
  run(10_000)
  expect(governor.changes).toEqual([])
})
