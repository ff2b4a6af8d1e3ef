import { describe, expect, test } from 'vitest'
import { growthOf, ThinnedPoints } from '../../src/measure/usage-window.ts'

/** A generator of its own, so that each run sees the same numbers (mulberry32). */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const normal = (next: () => number): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next())

const line = (ys: number[], slope = 0) => ys.map((y, x) => ({ x, y: y + slope * x }))

describe('growth', () => {
  test('of a straight line is its slope, for certain', () => {
    const growth = growthOf(line(new Array(60).fill(100), 3))!
    for (const value of [growth.value, growth.lower, growth.upper]) expect(value).toBeCloseTo(3, 9)
  })

  test('of what stands still is nothing', () => {
    expect(growthOf(line(new Array(60).fill(100)))).toEqual({ value: 0, lower: 0, upper: 0 })
  })

  test('is not moved by a few peaks', () => {
    const ys = Array.from({ length: 30 }, (_, i) => (i % 10 === 9 ? 1_000 : 0))
    expect(growthOf(line(ys, 2))!.value).toBeCloseTo(2, 9)
  })

  test('of what jumps once is small beside its length, and said to be unsure', () => {
    const { value, lower, upper } = growthOf(line(Array.from({ length: 300 }, (_, i) => (i < 130 ? 50 : 52))))!
    expect(value).toBeGreaterThanOrEqual(0)
    expect(lower).toBeLessThanOrEqual(0)
    expect(upper! * 300).toBeGreaterThan(2)
    expect(upper! * 300).toBeLessThan(8)
  })

  test('of too few points has no limits; of fewer than three, or without any progress, it is none', () => {
    expect(growthOf(line([1, 2, 3]))).toEqual({ value: 1 })
    expect(growthOf(line([1, 2]))).toBeUndefined()
    expect(growthOf([1, 2, 3, 4].map(y => ({ x: 7, y })))).toBeUndefined()
  })

  // Expected: 5 % of 400 on either side, each with a standard deviation of 1.1 %.
  test.each([
    ['readings that know nothing of one another', 0],
    ['readings that are much like the one before', 0.7],
    ['readings that hang on for long', 0.9],
  ])('limits hold what they say: %s', (_, alike) => {
    const next = random(7)
    let [above, below] = [0, 0]
    for (let run = 0; run < 400; run++) {
      let noise = normal(next) / Math.sqrt(1 - alike ** 2)
      const ys = Array.from({ length: 300 }, () => {
        noise = alike * noise + normal(next)
        return noise
      })
      const { lower, upper } = growthOf(line(ys, 0.01))!
      if (lower! > 0.01) above++
      if (upper! < 0.01) below++
    }
    for (const share of [above / 400, below / 400]) {
      expect(share).toBeGreaterThan(0.005)
      expect(share).toBeLessThan(0.085)
    }
  })
})

test('a trail that gets long keeps points that are evenly apart', () => {
  const trail = new ThinnedPoints<number>(8)
  for (let n = 0; n < 100; n++) trail.add(n)
  const { points } = trail
  expect(points.length).toBeGreaterThanOrEqual(4)
  expect(points.length).toBeLessThan(8)
  expect(new Set(points.slice(1).map((point, i) => point - points[i]!)).size).toBe(1)
})
