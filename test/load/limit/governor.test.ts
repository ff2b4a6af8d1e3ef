import { describe, expect, test } from 'vitest'
import { type Decided, governLimit, limitOf, settlingOf } from '../../../src/load/limit/governor.ts'
import { SharedLimit } from '../../../src/load/limit/shared-limit.ts'
import type { AdaptivePlan } from '../../../src/load/plan/load-plan.ts'
import { VirtualClock } from '../../../src/measure/clock.ts'

const options = { latency: 50, from: 10, maxVus: 40 }

/** The limit after each of these windows, by their means. */
function follow(windows: readonly (number | object)[], over = {}): number[] {
  const limit = limitOf({ ...options, ...over })
  return windows.map(window => {
    const given = typeof window === 'number' ? { serviceTime: window } : window
    limit.onSample({ serviceTime: 50, failed: false, ...given })
    return limit.current()
  })
}

describe('the limit', () => {
  test('a tenth more below the latency, a tenth fewer above it', () => {
    // 10, 11, 12.1, 13.31, then 11.979, 10.7811.
    expect(follow([20, 20, 20, 80, 80])).toEqual([11, 12, 13, 12, 11])
  })

  test('nothing within the dead band, its edges included', () => {
    expect(follow([45, 50, 55])).toEqual([10, 10, 10])
    expect(follow([44.9])).toEqual([11])
    expect(follow([55.1])).toEqual([9])
  })

  test('never fewer than one, never more than maxVus, and out of either again', () => {
    expect(follow([80, 80, 80, 20], { from: 1 })).toEqual([1, 1, 1, 2])
    expect(follow([20, 20, 80], { from: 38 })).toEqual([40, 40, 36])
  })

  test('a whole user of few, where that cannot be too much', () => {
    expect(follow([20, 20, 20, 100, 100], { from: 1 })).toEqual([2, 3, 4, 3, 2])
    // Of two, a third one may make 60 ms of 40: it comes when 40 ms has been seen five times.
    expect(follow([40, 40, 40, 40, 40], { from: 2 })).toEqual([2, 2, 3, 3, 3])
    expect(follow([{ serviceTime: 1, failed: true }], { from: 3 })).toEqual([2])
  })

  test('failures are slow, however fast', () => {
    expect(follow([{ serviceTime: 1, failed: true }])).toEqual([9])
  })
})

/** A window a second, with these limits after it and on these sides: `f` fast, `s` slow, `n` near. */
function told(limits: readonly number[], sides: string, maxVus = 100) {
  const words = { f: 'fast', s: 'slow', n: 'near' } as const
  const decisions = limits.map(
    (users, i): Decided => ({ at: (i + 1) * 1_000, users, side: words[sides[i] as keyof typeof words] }),
  )
  return settlingOf(decisions, maxVus)
}

test('settled: the last windows swing little, on both sides of the latency or near to it', () => {
  expect(told([10, 20, 30, 38, 42, 40, 38, 40, 39], 'ffffsssfn')).toEqual({
    settled: true,
    since: 4_000,
    because: '38 to 42 users since 4 s',
  })
  expect(told([5, 5, 5, 5, 5, 5], 'nnnnnn')).toMatchObject({ because: '5 users since 1 s' })
  expect(told([1, 2, 3, 2, 3, 2, 3], 'fffsfsf')).toMatchObject({ settled: true })
})

test('settled at an end: maxVus, or one user', () => {
  expect(told([24, 27, 30, 30, 30, 30, 30, 30], 'ffffffff', 30)).toMatchObject({
    settled: true,
    because: '27 to 30 users since 2 s, which is maxVus',
  })
  expect(told([3, 2, 1, 1, 1, 1, 1, 1], 'ssssssss')).toMatchObject({
    settled: true,
    because: '1 to 3 users since 1 s, and one is too many for the latency',
  })
})

test('not settled: on its way, to and fro, or with too few windows to tell', () => {
  expect(told([10, 11, 12, 13, 15, 16], 'ffffff').because).toBe('it still rose at the end: measure longer')
  // So slowly that it swings by less than is allowed.
  expect(told([40, 40, 41, 41, 42, 42], 'ffffff')).toMatchObject({ settled: false })
  expect(told([90, 81, 73, 66, 59, 53], 'ssssss').because).toBe('it still fell at the end: measure longer')
  expect(told([40, 20, 40, 20, 40, 20, 40], 'fsfsfsf').because).toBe(
    'it went between 20 and 40 in the last 6 windows: measure longer',
  )
  expect(told([10, 11], 'ff')).toEqual({ settled: false, because: 'only 2 windows came to an end: measure longer' })
  expect(told([], '').settled).toBe(false)
})

const START = 500

function govern(over: Partial<AdaptivePlan> = {}) {
  const plan = { ...({ model: 'closed', kind: 'adaptive', latency: 200 } as const), from: 10, maxVus: 100, ...over }
  const clock = new VirtualClock(START - 50)
  const shared = new SharedLimit(2)
  const governor = governLimit(plan, shared, clock, START)
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
    end(500, 100, 80)
    end(1_500, 60, 240)
    end(1_600, 40, 320)
    end(2_500, 100, 204)
    run(999)
    expect(governor.changes).toEqual([])
    run(3_100)
    expect(governor.changes).toEqual([
      { at: 1_000, from: 10, to: 11, signal: 80, because: 'mean 80 ms is under 200 ms' },
      { at: 2_000, from: 11, to: 10, signal: 272, because: 'mean 272 ms is over 200 ms' },
    ])
    expect(shared.current).toBe(10)
  })

  test('with more than a tenth of failures it was too slow, however fast', () => {
    const { governor, end, run } = govern()
    end(500, 100, 20, 11)
    end(1_500, 100, 20, 10)
    run(2_100)
    expect(governor.changes).toEqual([
      { at: 1_000, from: 10, to: 9, signal: 20, because: '11 % of 100 iterations failed' },
      { at: 2_000, from: 9, to: 10, signal: 20, because: 'mean 20 ms is under 200 ms' },
    ])
  })
})

test('a window is short while the mean is far from the latency, and long near to it', () => {
  const far = govern({ latency: 50 })
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
})

describe('a window with too few iterations', () => {
  test('goes on until there are enough', () => {
    const { governor, end, run } = govern()
    // On either side of the latency: their mean, 160 ms, may be by chance.
    const both = (at: number, count: number) => {
      end(at, count, 20)
      end(at, count, 300)
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
    end(500, 9, 80)
    end(1_300, 1, 80)
    end(2_400, 10, 360)
    run(2_600)
    expect(governor.changes).toMatchObject([
      { at: 1_500, from: 10, to: 11 },
      { at: 2_500, from: 11, to: 10 },
    ])
  })

  test('but four times its length at most', () => {
    const { governor, end, run } = govern()
    end(500, 3, 80)
    run(4_100)
    expect(governor.changes).toMatchObject([{ at: 4_000, from: 10, to: 11 }])
  })

  test('in which nothing ends although something is in flight is a stall', () => {
    const { governor, shared, run } = govern({ latency: 3_000 })
    shared.began(0)
    run(61_000)
    expect(governor.changes).toEqual([
      { at: 60_000, from: 10, to: 9, signal: 60_000, because: 'no response came in 60 s' },
    ])
  })
})

test('once stopped, it decides nothing any more', () => {
  const { governor, end, run } = govern()
  end(500, 100, 80)
  governor.stop()
  run(10_000)
  expect(governor.changes).toEqual([])
})
