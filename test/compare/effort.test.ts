import { describe, expect, test } from 'vitest'
import { BLOCKS, blocksWithin, costOf, noiseOf, warmUpWithin } from '../../src/compare/effort.ts'
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

const cost = costOf(withBlocks(1, {}))
const within = (pairs: number, left: number, { noise = noiseOf([], () => 0), hasTimes = true } = {}) =>
  blocksWithin(noise, pairs, left, cost, hasTimes)

describe('pairs of blocks in the time that is left', () => {
  test('are what is wanted where all looks fit', () => {
    expect(cost).toEqual({ beside: 2_000, block: 200 })
    expect(within(0, 60_000)).toBe(BLOCKS)
    expect(within(5, 40_000)).toBe(BLOCKS)
  })

  test('are fewer where only then more pairs fit, and never hardly any', () => {
    // Twelve pairs of 3.2 s, nine of 3.2 s, seven of 3.2 s; five of what is left.
    expect(within(0, 12 * 3_200)).toBe(6)
    expect(within(0, 9 * 3_200)).toBe(6)
    expect(within(0, 7 * 3_200)).toBe(6)
    expect(within(0, 5 * 3_200)).toBe(6)
    expect(within(0, 5 * 3_000)).toBe(5)
    expect(within(0, 5_000)).toBe(4)
    expect(within(5, 2 * 3_200)).toBe(6)
  })

  test('may be fewer still where no percentile needs values', () => {
    expect(within(0, 15 * 2_600, { hasTimes: false })).toBe(3)
    expect(within(0, 15 * 2_600)).toBe(6)
    expect(within(0, 5_000, { hasTimes: false })).toBe(3)
  })

  test('are fewer for more pairs, or more for fewer, by where the noise is', () => {
    const left = 12 * 2_600
    expect(within(0, left, { noise: { blocks: 0.001, launches: 0.001 }, hasTimes: false })).toBeLessThanOrEqual(4)
    expect(within(0, left, { noise: { blocks: 0.03, launches: 0.00001 }, hasTimes: false })).toBeGreaterThan(4)
  })

  test('are what is wanted once there was a look, where no other fits', () => {
    expect(within(5, 6_000)).toBe(BLOCKS)
    expect(within(7, 100)).toBe(BLOCKS)
  })

  test('come after a warm-up that takes its part', () => {
    expect([24_000, 90_000].map(warmUpWithin)).toEqual([
      { requests: 10_000, time: 2_000 },
      { requests: 10_000, time: 7_500 },
    ])
  })
})

describe('pairs of blocks of a launch', () => {
  const blocksFor = (pairs: readonly Pair[], changeOf: () => number) =>
    blocksWithin(noiseOf(pairs, changeOf), pairs.length, 600_000, costOf(pairs), true)

  test('are as many as at first until something is known', () => {
    expect(noiseOf(withBlocks(2, { work: 0.06 }), launches(0.02))).toBeUndefined()
    expect(blocksFor(withBlocks(2, { work: 0.06 }), launches(0.02))).toBe(BLOCKS)
  })

  test('are more where blocks differ and launches do not, and fewer the other way', () => {
    const noisyBlocks = blocksFor(withBlocks(5, { work: 0.1 }), launches(0.035))
    const noisyLaunches = blocksFor(withBlocks(5, { work: 0.02 }), launches(0.1))
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

test('what a pair costs is the most beside its blocks, and blocks as they are now', () => {
  const pair = (took: number, block: number) => ({
    took,
    blocks: { pairs: 10, length: 100, took: block, deviation: {} },
  })
  expect(costOf([pair(5_000, 200), pair(4_000, 250), pair(4_100, 300)])).toEqual({ beside: 3_000, block: 300 })
})
