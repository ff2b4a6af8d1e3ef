import { describe, expect, test } from 'vitest'
import { BLOCKS, blocksFor, blocksWithin, costOf, warmUpWithin } from '../../src/compare/effort.ts'
import type { Pair } from '../../src/compare/pair.ts'
import { pairs, wave } from './pairs.ts'

/** Pairs of launches that cost two seconds beside their blocks of 100 ms. */
const withBlocks = (count: number, deviation: Pair['blocks']['deviation']) =>
  pairs(count, () => ({ base: {}, head: {} })).map(pair => ({
    ...pair,
    took: 2_000 + 10 * 200,
    blocks: { pairs: 10, length: 100, took: 200, deviation },
  }))

/** Launches that differ by so much. */
const launches = (deviation: number) => {
  let n = 0
  return () => deviation * wave(n++)
}

describe('pairs of blocks in the time that is left', () => {
  const cost = costOf(withBlocks(1, {})[0]!)

  test('are what is wanted where seven pairs of launches fit', () => {
    expect(cost).toEqual({ beside: 2_000, block: 200 })
    expect(blocksWithin(10, 0, 28_000, cost)).toBe(10)
    expect(blocksWithin(12, 3, 18_000, cost)).toBe(12)
  })

  test('are fewer where only then seven fit, or five, and never hardly any', () => {
    expect(blocksWithin(10, 0, 24_000, cost)).toBe(7)
    expect(blocksWithin(10, 0, 17_500, cost)).toBe(7)
    expect(blocksWithin(10, 3, 6_000, cost)).toBe(5)
    expect(blocksWithin(10, 0, 5_000, cost)).toBe(4)
    expect(blocksWithin(10, 5, 6_500, cost)).toBe(6)
  })

  test('are what is wanted once there was a look, where no other fits', () => {
    expect(blocksWithin(10, 5, 6_000, cost)).toBe(10)
    expect(blocksWithin(10, 7, 100, cost)).toBe(10)
  })

  test('come after a warm-up that takes its part', () => {
    expect([24_000, 90_000, 600_000].map(warmUpWithin)).toEqual([800, 1_500, 1_500])
  })
})

describe('pairs of blocks of a launch', () => {
  test('are as many as at first until something is known', () => {
    expect(blocksFor(withBlocks(2, { cpuPerRequest: 0.06 }), launches(0.02))).toBe(BLOCKS)
  })

  test('are more where blocks differ and launches do not, and fewer the other way', () => {
    const noisyBlocks = blocksFor(withBlocks(5, { cpuPerRequest: 0.1 }), launches(0.035))
    const noisyLaunches = blocksFor(withBlocks(5, { cpuPerRequest: 0.02 }), launches(0.1))
    expect(noisyBlocks).toBeGreaterThan(BLOCKS)
    expect(noisyLaunches).toBeLessThan(BLOCKS)
  })

  test('are within bounds whatever is seen', () => {
    for (const deviation of [0, 1e-9, 0.06, 10])
      for (const ofLaunches of [0, 1e-9, 0.02, 10]) {
        const count = blocksFor(withBlocks(5, { requests: deviation }), launches(ofLaunches))
        expect(count).toBeGreaterThanOrEqual(6)
        expect(count).toBeLessThanOrEqual(12)
      }
  })

  test('are as many as at first where blocks have no deviation', () => {
    expect(blocksFor(withBlocks(5, {}), launches(0.02))).toBe(BLOCKS)
  })
})
