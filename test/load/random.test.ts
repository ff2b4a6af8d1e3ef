import { describe, expect, test } from 'vitest'
import { Random } from '../../src/ground/random.ts'
import { drawPause } from '../../src/load/plan/load-plan.ts'
import { correlation, distance } from '../simulate/statistics.ts'

const draws = (n: number, draw: () => number) => Array.from({ length: n }, draw)
const N = 20_000
/** The Kolmogorov-Smirnov distance that 1 in 1,000 samples of a right generator exceeds. */
const CRITICAL = 1.95 / Math.sqrt(N)

describe('the same seed', () => {
  test('gives the same numbers, from any place', () => {
    const a = new Random(42, 'thinkTime')
    const first = draws(5, () => a.next())
    a.seed(42, 'thinkTime', 7)
    const seventh = draws(5, () => a.next())
    expect(draws(5, nextOf(new Random(42, 'thinkTime')))).toEqual(first)
    expect(draws(5, nextOf(new Random(42, 'thinkTime', 7)))).toEqual(seventh)
    expect(seventh).not.toEqual(first)
  })

  test('gives others for another use, another seed, and a place beyond 32 bits', () => {
    const all = [
      new Random(1, 'thinkTime'),
      new Random(2, 'thinkTime'),
      new Random(1 + 2 ** 32, 'thinkTime'),
      new Random(1, 'inputs'),
      new Random(1, 'thinkTime', 1),
      new Random(1, 'thinkTime', 1 + 2 ** 32),
    ].map(random => random.next())
    expect(new Set(all).size).toBe(all.length)
  })
})

describe('distributions', () => {
  test.each<[string, (random: Random) => number, (x: number) => number]>([
    ['uniform', random => random.next(), x => x],
    ['exponential', random => random.exponential(), x => 1 - Math.exp(-x)],
    ['normal', random => random.normal(), normalDistribution],
  ])('%s', (_, draw, distribution) => {
    const random = new Random(7, 'thinkTime')
    const sample = draws(N, () => draw(random))
    expect(distance(sample, distribution)).toBeLessThan(CRITICAL)
    expect(Math.abs(correlation(sample))).toBeLessThan(4 / Math.sqrt(N))
  })

  test('the first number of each of many places: they are far apart', () => {
    const random = new Random(7, 'thinkTime')
    const sample = Array.from({ length: N }, (_, place) => {
      random.seed(7, 'thinkTime', place)
      return random.next()
    })
    expect(distance(sample, x => x)).toBeLessThan(CRITICAL)
    expect(Math.abs(correlation(sample))).toBeLessThan(4 / Math.sqrt(N))
  })

  test('whole numbers below an end', () => {
    const random = new Random(1, 'inputs')
    const counts = [0, 0, 0]
    for (let i = 0; i < 3_000; i++) counts[random.below(3)]!++
    for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(4 * Math.sqrt(1_000))
  })
})

test('pauses: fixed, of a range, and normal with nothing below zero', () => {
  const random = new Random(3, 'thinkTime')
  expect(drawPause({ kind: 'fixed', length: 5 }, random)).toBe(5)
  const uniform = draws(N, () => drawPause({ kind: 'uniform', from: 200, to: 800 }, random))
  expect(distance(uniform, x => (x - 200) / 600)).toBeLessThan(CRITICAL)
  const normal = draws(N, () => drawPause({ kind: 'normal', mean: 100, deviation: 100 }, random))
  expect(Math.min(...normal)).toBe(0)
  // One in six lies a deviation below the mean.
  expect(normal.filter(pause => pause === 0).length / N).toBeCloseTo(normalDistribution(-1), 2)
})

const nextOf = (random: Random) => () => random.next()

/** By the error function of Abramowitz and Stegun 7.1.26, exact to 1.5e-7. */
function normalDistribution(x: number): number {
  const z = Math.abs(x) / Math.SQRT2
  const t = 1 / (1 + 0.3275911 * z)
  const poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
  const erf = 1 - poly * Math.exp(-z * z)
  return x < 0 ? (1 - erf) / 2 : (1 + erf) / 2
}
