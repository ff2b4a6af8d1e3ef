import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { growthBetween } from '../../src/compare/statistics/growth.ts'
import { chanceAbove, reachOf, sampleOf } from '../../src/compare/statistics/sample.ts'
import { hodgesLehmann, signedRankAbove } from '../../src/compare/statistics/signed-rank.ts'
import { studentAtMost, studentQuantile } from '../../src/compare/statistics/student.ts'

describe("Student's distribution", () => {
  // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2.
  test.each([
    [0.9, 1, 3.078],
    [0.975, 1, 12.706],
    [0.975, 2, 4.303],
    [0.95, 4, 2.132],
    [0.999, 4, 7.173],
    [0.99, 6, 3.143],
    [0.975, 11, 2.201],
    [0.999, 14, 3.787],
    [0.95, 100, 1.66],
  ])('is below its quantile of %d with %d degrees of freedom: %d', (p, freedom, quantile) => {
    expect(studentQuantile(p, freedom)).toBeCloseTo(quantile, 3)
    expect(studentQuantile(1 - p, freedom)).toBeCloseTo(-quantile, 3)
  })

  test('is turned round exactly', () => {
    const probability = fc.double({ min: 1e-5, max: 1 - 1e-5, noNaN: true })
    fc.assert(
      fc.property(probability, fc.integer({ min: 1, max: 200 }), (p, freedom) => {
        expect(studentAtMost(studentQuantile(p, freedom), freedom)).toBeCloseTo(p, 9)
      }),
    )
  })
})

describe('a sample', () => {
  test('has an interval', () => {
    const sample = sampleOf([1, 2, 3, 4, 5])
    expect(sample).toMatchObject({ count: 5, mean: 3, deviation: expect.closeTo(1.5811, 4) })
    expect(reachOf(sample, 0.025)).toBeCloseTo(1.9632, 4)
  })

  test('is consistent: what lies at the end of an interval has the chance of its level', () => {
    const sample = sampleOf([1, 2, 2.5, 4, 7])
    expect(chanceAbove(sample, sample.mean - reachOf(sample, 0.01))).toBeCloseTo(0.01, 9)
  })

  test('says nothing by one value, or none', () => {
    expect(reachOf(sampleOf([1]), 0.025)).toBe(Number.POSITIVE_INFINITY)
    expect(chanceAbove(sampleOf([1]), 0)).toBe(1)
    expect(chanceAbove(sampleOf([]), 0)).toBe(1)
  })

  test('without any deviation lies on one side of the bound', () => {
    expect(chanceAbove(sampleOf([2, 2, 2]), 1)).toBe(0)
    expect(chanceAbove(sampleOf([2, 2, 2]), 2)).toBe(1)
  })
})

describe('the signed-rank test', () => {
  // F. Wilcoxon 1945, table: of 8 pairs a smaller sum of ranks of 2 has the chance 3/256, of 3 it has 5/256.
  test.each([
    [[1, -2, 3, 4, 5, 6, 7, 8], 3 / 256],
    [[1, 2, -3, 4, 5, 6, 7, 8], 5 / 256],
    [[1, 2, 3, 4, 5], 1 / 32],
    [[-1, -2, -3], 1],
    [[], 1],
    [[0, 0], 1],
  ])('of %j: %d', (values, chance) => {
    expect(signedRankAbove(values, 0)).toBeCloseTo(chance, 12)
  })

  test('counts ties by the mean of their ranks', () => {
    expect(signedRankAbove([1, 1, -1, 2], 0)).toBeCloseTo(4 / 16, 12)
  })
})

describe('the location of Hodges and Lehmann', () => {
  test.each([
    ['one value', [3], 3],
    ['two: their mean', [1, 4], 2.5],
    // Means of pairs: 1, 1.5, 2, 2, 2.5, 3, 5.5, 6, 6.5, 10.
    ['one of four far off', [1, 2, 3, 10], 2.75],
    ['nothing', [], Number.NaN],
  ])('of %s', (_, values, expected) => {
    expect(hodgesLehmann(values)).toBe(expected)
  })

  test('moves and scales with its values, and lies between the least and the greatest', () => {
    const values = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { minLength: 1, maxLength: 40 })
    fc.assert(
      fc.property(values, fc.integer({ min: -9, max: 9 }), fc.integer({ min: 1, max: 9 }), (all, shift, scale) => {
        const found = hodgesLehmann(all)
        expect(hodgesLehmann(all.map(value => scale * value + shift))).toBeCloseTo(scale * found + shift, 6)
        expect(found).toBeGreaterThanOrEqual(Math.min(...all))
        expect(found).toBeLessThanOrEqual(Math.max(...all))
      }),
    )
  })
})

describe('growth of memory between base and head', () => {
  /** A soak of 20,000 requests in which head alone takes so many bytes more with each. */
  const soakOf = (bytes: number) =>
    Array.from({ length: 41 }, (_, k) => ({ requests: k * 500, memory: [1e8, 1e8 + k * 500 * bytes] as const }))

  test('is not certain if all of it fits into a page of the heap, however regular', () => {
    // 13,333 requests count: 67 KB, and 1.3 MB.
    expect(growthBetween(soakOf(5))!.least).toBeLessThan(0)
    expect(growthBetween(soakOf(5))!.most).toBeGreaterThan(2 * 5_000)
    expect(growthBetween(soakOf(100))!.least).toBeGreaterThan(0.7 * 100_000)
  })
})
