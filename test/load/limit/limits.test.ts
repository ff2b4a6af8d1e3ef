import { describe, expect, test } from 'vitest'
import type { LimitSample } from '../../../src/load/limit/governor.ts'
import { createLimit } from '../../../src/load/limit/governor.ts'
import type { LimitName } from '../../../src/load/plan/load-plan.ts'

const options = { latency: 50, deadBand: 0.1, from: 10, maxVus: 40 }

/** The limit after each of these signals; all users are in flight unless said otherwise. */
function follow(name: LimitName, signals: readonly (number | Partial<LimitSample>)[], over = {}): number[] {
  const limit = createLimit(name, { ...options, ...over })
  return signals.map(signal => {
    const given = typeof signal === 'number' ? { serviceTime: signal } : signal
    limit.onSample({ serviceTime: 50, inFlight: limit.current, failed: false, ...given })
    return limit.current
  })
}

describe('step', () => {
  test('a tenth more below the latency, a tenth fewer above it', () => {
    // 10, 11, 12.1, 13.31, then 11.979, 10.7811.
    expect(follow('step', [20, 20, 20, 80, 80])).toEqual([11, 12, 13, 12, 11])
  })

  test('nothing within the dead band, its edges included', () => {
    expect(follow('step', [45, 50, 55])).toEqual([10, 10, 10])
    expect(follow('step', [44.9])).toEqual([11])
    expect(follow('step', [55.1])).toEqual([9])
    expect(follow('step', [50.1, 49.9], { deadBand: 0 })).toEqual([9, 10])
  })

  test('never fewer than one, never more than maxVus, and out of either again', () => {
    expect(follow('step', [80, 80, 80, 20], { from: 1 })).toEqual([1, 1, 1, 2])
    expect(follow('step', [20, 20, 80], { from: 38 })).toEqual([40, 40, 36])
  })

  test('a whole user of few, where that cannot be too much', () => {
    expect(follow('step', [20, 20, 20, 100, 100], { from: 1 })).toEqual([2, 3, 4, 3, 2])
    // Of two, a third one may make 60 ms of 40: it comes when 40 ms has been seen five times.
    expect(follow('step', [40, 40, 40, 40, 40], { from: 2 })).toEqual([2, 2, 3, 3, 3])
    expect(follow('step', [{ serviceTime: 1, failed: true }], { from: 3 })).toEqual([2])
    expect(follow('gradient', [20, 20, 100], { from: 1 })).toEqual([2, 3, 2])
  })

  test('failures are slow, however fast', () => {
    expect(follow('step', [{ serviceTime: 1, failed: true }])).toEqual([9])
  })
})

describe('aimd', () => {
  test('one more below the latency, a tenth fewer above it', () => {
    expect(follow('aimd', [20, 20, 20, 80, 50])).toEqual([11, 12, 13, 12, 12])
  })

  test('no more while half of them are not in use', () => {
    expect(follow('aimd', [{ serviceTime: 20, inFlight: 4 }])).toEqual([10])
    expect(follow('aimd', [{ serviceTime: 20, inFlight: 5 }])).toEqual([11])
  })
})

describe('gradient', () => {
  test('a fifth of the way to latency / signal times as many, from half to twice', () => {
    // x (0.8 + 0.2 g): g = 2 for 25 ms and less, 0.5 for 100 ms and more.
    expect(follow('gradient', [25], { from: 20 })).toEqual([24])
    expect(follow('gradient', [1], { from: 20 })).toEqual([24])
    expect(follow('gradient', [100], { from: 20 })).toEqual([18])
    expect(follow('gradient', [5_000], { from: 20 })).toEqual([18])
    expect(follow('gradient', [40], { from: 20 })).toEqual([21])
    expect(follow('gradient', [{ serviceTime: 1, failed: true }], { from: 20 })).toEqual([18])
  })

  test('stays within the dead band, and while half of them are not in use', () => {
    expect(follow('gradient', [46, 54, { serviceTime: 1, inFlight: 4 }])).toEqual([10, 10, 10])
  })
})
