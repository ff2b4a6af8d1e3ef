import { describe, expect, test } from 'vitest'
import {
  type Counted,
  chanceOfRates,
  differenceOfRates,
  leastOfRates,
  mostOfRates,
} from '../../src/compare/statistics/rates.ts'
import { randomOf } from '../simulate/random.ts'

const spread = (failed: number, of: number, launches = 1): Counted[] =>
  Array.from({ length: launches }, () => ({ failed: failed / launches, of: of / launches }))

describe('two rates', () => {
  // R. Newcombe, Interval Estimation for the Difference Between Independent Proportions, 1998, table II, method 4.
  test.each([
    [56, 70, 48, 80, 0.0528, 0.3382],
    [9, 10, 3, 10, 0.17, 0.8406],
    [10, 10, 0, 20, 0.7156, 1],
  ])('%i of %i against %i of %i', (failed, of, ofBase, among, low, high) => {
    const rates = { head: spread(failed, of), base: spread(ofBase, among) }
    expect(differenceOfRates(rates)).toBeCloseTo(failed / of - ofBase / among, 12)
    expect(leastOfRates(rates, 0.025)).toBeCloseTo(low, 3)
    expect(mostOfRates(rates, 0.025)).toBeCloseTo(high, 3)
    expect(chanceOfRates(rates, leastOfRates(rates, 0.025))).toBeCloseTo(0.025, 6)
  })

  test('15 failures of 2,760 against none are more than 0.1 points', () => {
    const rates = { base: spread(0, 2_760, 5), head: spread(15, 2_760, 5) }
    expect(chanceOfRates(rates, 0.001)).toBeLessThan(0.0005)
  })

  test('unless all of them come from one launch', () => {
    const none = { failed: 0, of: 552 }
    const rates = { base: spread(0, 2_760, 5), head: [{ failed: 15, of: 552 }, none, none, none, none] }
    expect(chanceOfRates(rates, 0.001)).toBeGreaterThan(0.05)
  })

  test('no failure says the more, the more requests there are', () => {
    const most = (count: number) => mostOfRates({ base: spread(0, count, 5), head: spread(0, count, 5) }, 0.01)
    expect(most(2_000)).toBeGreaterThan(0.002)
    expect(most(6_000)).toBeLessThan(0.001)
  })

  test.each([
    ['equal builds', 0.02, 0.02],
    ['head that is as much worse as is allowed', 0.01, 0.02],
    ['few failures', 0.001, 0.002],
  ])('of %s, the limits hold as often as they say', (_, ofBase, ofHead) => {
    const random = randomOf(7)
    const drawn = (share: number) =>
      Array.from({ length: 7 }, () => {
        let failed = 0
        for (let i = 0; i < 400; i++) if (random() < share) failed++
        return { failed, of: 400 }
      })
    let [above, below] = [0, 0]
    const runs = 1_000
    for (let run = 0; run < runs; run++) {
      const rates = { base: drawn(ofBase), head: drawn(ofHead) }
      if (leastOfRates(rates, 0.05) > ofHead - ofBase) above++
      if (mostOfRates(rates, 0.05) < ofHead - ofBase) below++
    }
    expect(above / runs).toBeLessThan(0.07)
    expect(below / runs).toBeLessThan(0.07)
  })
})
