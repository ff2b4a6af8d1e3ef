import { expect, test } from 'vitest'
import { binomialAtMost } from '../../src/measure/binomial.ts'

/** By definition, with whole numbers as far as they go. */
function exactly(k: number, n: number, numerator: bigint, denominator: bigint): number {
  let choose = 1n
  let sum = 0n
  for (let i = 0n; i <= BigInt(k); i++) {
    if (i > 0n) choose = (choose * (BigInt(n) - i + 1n)) / i
    sum += choose * numerator ** i * (denominator - numerator) ** (BigInt(n) - i)
  }
  const scale = 10n ** 18n
  return Number((sum * scale) / denominator ** BigInt(n)) / 1e18
}

test.each([
  [3, 10, 1n, 2n],
  [9, 10, 1n, 2n],
  [0, 10, 1n, 4n],
  [298, 299, 99n, 100n],
  [995, 1000, 99n, 100n],
  [980, 1000, 99n, 100n],
  [30, 1000, 1n, 100n],
  [2990, 3000, 999n, 1000n],
])('at most %d of %d', (k, n, numerator, denominator) => {
  const p = Number(numerator) / Number(denominator)
  expect(binomialAtMost(k, n, p)).toBeCloseTo(exactly(k, n, numerator, denominator), 11)
})

test('ends and certainties', () => {
  expect(binomialAtMost(-1, 10, 0.5)).toBe(0)
  expect(binomialAtMost(10, 10, 0.5)).toBe(1)
  expect(binomialAtMost(3, 10, 0)).toBe(1)
  expect(binomialAtMost(3, 10, 1)).toBe(0)
})

test('of ten million samples: nearly one half at the mean, as the normal law has it one deviation away', () => {
  const [n, p] = [10_000_000, 0.01]
  const deviation = Math.sqrt(n * p * (1 - p))
  expect(binomialAtMost(n * p, n, p)).toBeCloseTo(0.5, 2)
  expect(binomialAtMost(Math.round(n * p - deviation), n, p)).toBeCloseTo(0.1587, 2)
  expect(binomialAtMost(Math.round(n * p + deviation), n, p)).toBeCloseTo(0.8413, 2)
})
