import { describe, expect, test } from 'vitest'
import { readBudgets } from '../../src/budget/read.ts'
import { calibrate, describeCalibration } from '../../src/compare/calibration.ts'
import type { Comparison } from '../../src/compare/comparison.ts'
import { ComparisonJudge } from '../../src/compare/judge.ts'
import { sentenceOf } from '../../src/compare/words.ts'
import { Random } from '../../src/ground/random.ts'
import { pairs } from './pairs.ts'

/** A build with itself, of which the CPU of two launches differs by so much. */
function comparisonWith(deviation: number, count = 15): Comparison {
  const random = new Random(3, 'inputs')
  const { relative } = readBudgets(
    { cpuPerRequest: 'base + 5%', rps: 'base - 5%' },
    { steps: [], target: true, base: true, model: 'closed' },
  )
  const judge = new ComparisonJudge(relative)
  const head = () => ({
    cpuTime: 400 * Math.exp(random.normal() * deviation),
    requests: Math.round(4e4 * Math.exp(random.normal() * deviation)),
  })
  for (const pair of pairs(count, () => ({
    base: { requests: 40_000, latency: 1, cpuTime: 400, asked: 400 },
    head: { ...head(), asked: 400 },
  })))
    judge.add(pair)
  return {
    ...{ base: { from: 'a' }, head: { from: 'b' }, notes: [], seed: 1, pairs: count, pairTook: 4_000, took: 60_000 },
    ...{ requests: { base: 0, head: 0 }, budgets: judge.findings(), beside: [] },
  }
}

describe('a build with itself', () => {
  test('on a quiet machine it passes, and small changes are seen', () => {
    for (const { noise, shares, seen, proposed } of calibrate(comparisonWith(0.01))) {
      expect(noise).toBeGreaterThan(0.006)
      expect(noise).toBeLessThan(0.016)
      expect(shares.pass).toBeGreaterThan(0.99)
      expect(shares.fail).toBeLessThan(0.01)
      const [half, one, two] = seen.map(({ change }) => change)
      expect(half).toBeGreaterThan(one!)
      expect(one).toBeGreaterThanOrEqual(two!)
      expect(one).toBeLessThan(0.03)
      expect(proposed).toBeLessThan(0.03)
    }
  })

  test('on a noisy one it stays undecided, and a wider bound is proposed', () => {
    for (const { shares, proposed } of calibrate(comparisonWith(0.15))) {
      expect(shares.open).toBeGreaterThan(0.3)
      expect(shares.fail).toBeLessThan(0.02)
      expect(proposed).toBeGreaterThan(0.05)
    }
  })

  test('fewer than five pairs tell nothing', () => {
    expect(calibrate(comparisonWith(0.01, 4))).toEqual([])
  })

  describe('that never fails', () => {
    /** A build with itself, with so many requests a launch and no failure. */
    function comparisonOf(requests: number): Comparison {
      const { relative } = readBudgets(
        { errorRate: 'base + 0.1%' },
        { steps: [], target: true, base: true, model: 'open' },
      )
      const judge = new ComparisonJudge(relative)
      for (const pair of pairs(15, () => ({ base: { requests }, head: { requests } }))) judge.add(pair)
      return { ...comparisonWith(0.01), budgets: judge.findings() }
    }

    test('stays undecided with too few requests, by the comparison and by its calibration', () => {
      const comparison = comparisonOf(200)
      expect(comparison.budgets).toMatchObject([{ verdict: 'inconclusive' }])
      expect(sentenceOf(comparison.budgets[0]!, 4_000)).toContain(
        'the requests of 15 pairs are too few to show failures of up to 0.133 %: give a higher rate, or widen the bound',
      )
      const [found] = calibrate(comparison)
      expect(found!.shares).toEqual({ pass: 0, open: 1, fail: 0 })
      // Four failures among the requests of 15 pairs of 4 s.
      expect(found!.proposed).toBeCloseTo(4 / 3_000, 6)
      expect(describeCalibration(found!)).toContain("'base + 0.13 %'")
    })

    test('passes with enough of them, by both', () => {
      const comparison = comparisonOf(400)
      expect(comparison.budgets).toMatchObject([{ verdict: 'pass' }])
      const [found] = calibrate(comparison)
      expect(found!.shares).toEqual({ pass: 1, open: 0, fail: 0 })
      expect(found!.proposed).toBeLessThan(0.001)
    })
  })

  test('is put into words that can be copied', () => {
    const [cpu, rps] = calibrate(comparisonWith(0.02)).map(describeCalibration)
    expect(cpu).toMatch(/^cpuPerRequest <= base \+ 5 %: noise [\d.]+ % a pair \(15 pairs\)\n/)
    expect(cpu).toMatch(/cpuPerRequest: 'base \+ [\d.]+ %'\.$/)
    expect(rps).toMatch(/rps: 'base - [\d.]+ %'\.$/)
    expect(cpu).toMatch(/ in 30 s, [\d.]+ % in 60 s, [\d.]+ % in 2 min\./)
  })
})
