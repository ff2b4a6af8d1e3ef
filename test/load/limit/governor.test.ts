import { describe, expect, test } from 'vitest'
import { Governor } from '../../../src/load/limit/governor.ts'
import { SharedLimit } from '../../../src/load/limit/shared-limit.ts'
import type { AdaptivePlan } from '../../../src/load/plan/load-plan.ts'
import { VirtualClock } from '../../../src/measure/clock.ts'

const START = 500

function govern(over: Partial<AdaptivePlan> = {}) {
  const plan = {
    ...({ model: 'closed', kind: 'adaptive', limit: 'step', latency: 50, signal: 'mean' } as const),
    window: 1_000,
    shortestWindow: 1_000,
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

test('a window is short while the signal is far from the latency, and long near to it', () => {
  const far = govern({ shortestWindow: 250 })
  far.end(200, 100, 20)
  far.end(400, 100, 20)
  for (const at of [600, 1_400]) {
    far.end(at, 30, 20)
    far.end(at, 30, 66)
  }
  far.run(1_600)
  expect(far.governor.changes.map(({ at, to }) => [at, to])).toEqual([
    [250, 11],
    [500, 12],
    [1_500, 13],
  ])
  const percentile = govern({ signal: 0.9, shortestWindow: 250 })
  percentile.end(200, 90, 20)
  percentile.end(400, 45, 20)
  percentile.end(400, 6, 80)
  percentile.run(1_400)
  expect(percentile.governor.changes.map(({ at, to }) => [at, to])).toEqual([
    [250, 11],
    [1_250, 10],
  ])
})

describe('a window with too few iterations', () => {
  test('goes on until there are enough', () => {
    const { governor, end, run } = govern()
    // On either side of the latency: their mean, 40 ms, may be by chance.
    const both = (at: number, count: number) => {
      end(at, count, 5)
      end(at, count, 75)
    }
    both(500, 24)
    both(1_300, 1)
    both(2_400, 25)
    run(2_600)
    // It is looked every quarter of a window, and the next begins there.
    expect(governor.changes.map(({ at }) => at)).toEqual([1_500, 2_500])
  })

  test('or until it is clear on which side of the latency they are', () => {
    const { governor, end, run } = govern()
    end(500, 9, 20)
    end(1_300, 1, 20)
    end(2_400, 10, 90)
    run(2_600)
    expect(governor.changes).toMatchObject([
      { at: 1_500, from: 10, to: 11 },
      { at: 2_500, from: 11, to: 10 },
    ])
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
