import { describe, expect, test } from 'vitest'
import { limitRanks, limitsOf, limitsOfShare, samplesNeeded, samplesToDecide } from '../../src/budget/limits.ts'
import { latencies } from '../builders/report.ts'

describe('ranks of the limits of a percentile', () => {
  // 1 - 0.5^10 - 10 x 0.5^10 = 0.989, and one rank less is 0.945.
  test.each([
    [10, 0.5, 2, 9],
    [5, 0.5, 1, 5],
    [4, 0.5, undefined, undefined],
    [100, 0.5, 42, 59],
    [299, 0.99, 293, 299],
    [298, 0.99, 292, undefined],
    [472, 0.99, 463, 472],
    [473, 0.99, 464, 472],
    [1000, 0.99, 985, 996],
    [100_000, 0.999, 99_883, 99_917],
  ])('of %d samples, quantile %d: %s and %s', (n, q, lower, upper) => {
    expect(limitRanks(n, q)).toEqual({ lower, upper })
  })

  test.each([0.5, 0.75, 0.9, 0.95, 0.99, 0.999])("the upper one of %d exists from Wilks' number on", q => {
    const needed = samplesNeeded(q)
    expect(limitRanks(needed, q).upper).toBe(needed)
    expect(limitRanks(needed - 1, q).upper).toBeUndefined()
  })

  test('each is on the wrong side of the true value in at most 5 % of runs', () => {
    const random = randomNumbers(42)
    const runs = 4_000
    let [above, below] = [0, 0]
    const { lower, upper } = limitRanks(500, 0.99)
    for (let run = 0; run < runs; run++) {
      const samples = Float64Array.from({ length: 500 }, random).sort()
      if (samples[lower! - 1]! > 0.99) above++
      if (samples[upper! - 1]! < 0.99) below++
    }
    // The true shares, by the binomial law, are 3.1 % and 3.3 %; they are discrete.
    for (const share of [above / runs, below / runs]) {
      expect(share).toBeLessThan(0.05)
      expect(share).toBeGreaterThan(0.02)
    }
  })
})

test('limits are samples, told with how many keep to the bound', () => {
  const summary = latencies(Array.from({ length: 1000 }, (_, i) => (i + 1) / 1000))
  expect(limitsOf(summary, 0.99, 0.9)).toEqual({ lower: 0.985, upper: 0.996, within: 900 })
  expect(limitsOf(summary, 0.99, 0.0001).within).toBe(0)
  expect(limitsOf(summary, 0.99, 2).within).toBe(1000)
  expect(limitsOf(latencies([1, 2]), 0.5, 1)).toEqual({ lower: 0, upper: Number.POSITIVE_INFINITY, within: 1 })
})

test('samples that would decide: by the distance of the share from the quantile, squared', () => {
  expect(samplesToDecide(0.99, 0.995)).toBe(1072)
  expect(samplesToDecide(0.99, 0.985)).toBe(1072)
  expect(samplesToDecide(0.99, 0.9925)).toBe(4286)
  expect(samplesToDecide(0.99, 0.99)).toBe(Number.POSITIVE_INFINITY)
})

test('limits of a share: the rule of three, a few of many, all', () => {
  expect(limitsOfShare(0, 1000)).toEqual({ lower: 0, upper: expect.closeTo(0.002991, 5) })
  expect(limitsOfShare(2, 1000)).toEqual({ lower: expect.closeTo(0.000355, 5), upper: expect.closeTo(0.006282, 5) })
  expect(limitsOfShare(10, 10)).toEqual({ lower: expect.closeTo(0.7411, 4), upper: 1 })
})

/** Mulberry32. */
function randomNumbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
