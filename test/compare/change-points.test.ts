import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { changePoints } from '../../src/compare/statistics/change-points.ts'
import { Random } from '../../src/ground/random.ts'
import { amount } from '../builders/thorough.ts'

// Of a second of work together, which is a minute beside others.
const SERIES = amount(40, 100)

/** Noise, one series a number. Exponential: skewed, as latencies are. */
const noise = (kind: 'normal' | 'exponential', n: number, length: number) => {
  const random = new Random(n, 'permutations')
  return Array.from({ length }, () => random[kind]())
}

/** So many of the series of this kind, of these lengths. */
const times = (count: number) => Array.from({ length: count }, (_, n) => n)

describe('series without a change', () => {
  test.each([
    ['normal', 12],
    ['normal', 40],
    ['exponential', 40],
    ['normal', 120],
  ] as const)('%s noise, %d values: at most one in twenty has a mark', (kind, length) => {
    const marked = times(SERIES).filter(n => changePoints(noise(kind, n, length)).length > 0)
    expect(marked.length / SERIES).toBeLessThanOrEqual(0.05)
  })

  test('have none where all values are one, or there are too few', () => {
    expect(changePoints(times(50).map(() => 7))).toEqual([])
    expect(changePoints([])).toEqual([])
    expect(changePoints([1, 1, 1, 9, 9])).toEqual([])
  })

  test('one value far off is not a change of level', () => {
    const marked = times(SERIES).filter(n => {
      const values = noise('normal', n, 40)
      values[20] = 15
      return changePoints(values).length > 0
    })
    expect(marked.length / SERIES).toBeLessThanOrEqual(0.05)
  })
})

describe('a step', () => {
  test.each([8, 20, 32])('of 3 deviations in 40 points, after %d of them, is found at its place', at => {
    const found = times(SERIES).filter(n => {
      const points = changePoints(noise('normal', n, 40).map((value, i) => value + (i >= at ? 3 : 0)))
      return points.some(point => Math.abs(point.at - at) <= 2)
    })
    expect(found.length / SERIES).toBeGreaterThanOrEqual(0.95)
  })

  test('there and back again is two', () => {
    const found = times(SERIES).filter(n => {
      const points = changePoints(noise('normal', n, 60).map((value, i) => value + (i >= 20 && i < 40 ? 4 : 0)))
      return points.length === 2 && points.every((point, i) => Math.abs(point.at - [20, 40][i]!) <= 2)
    })
    expect(found.length / SERIES).toBeGreaterThanOrEqual(0.9)
  })

  test('is found whatever unit and zero the values have, and at its mirror image', () => {
    const unit = fc.constantFrom(1e-6, 0.01, 1, 1e6)
    fc.assert(
      fc.property(
        fc.nat(1000),
        unit,
        fc.integer({ min: -5, max: 5 }),
        fc.integer({ min: 6, max: 24 }),
        (n, unit, zero, at) => {
          const values = noise('normal', n, 30).map((value, i) => value + (i >= at ? 8 : 0))
          const marks = (of: readonly number[]) => changePoints(of).map(point => point.at)
          expect(marks(values)).toContain(at)
          expect(marks(values.map(value => (value + zero) * unit))).toContain(at)
          expect(marks([...values].reverse())).toContain(30 - at)
        },
      ),
      { numRuns: amount(15, 40) },
    )
  })

  test('has the same chance each time, and a small one', () => {
    const values = noise('normal', 1, 40).map((value, i) => value + (i >= 20 ? 3 : 0))
    const [point] = changePoints(values)
    expect(point!.chance).toBeLessThanOrEqual(0.01)
    expect(changePoints(values)).toEqual(changePoints([...values]))
  })
})
