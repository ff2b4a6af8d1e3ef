import { expect, test } from 'vitest'
import { samplesNeeded } from '../../src/measure/samples.ts'

test.each([
  [0.5, 20],
  [0.75, 40],
  [0.9, 100],
  [0.95, 200],
  [0.99, 1_000],
  [0.999, 10_000],
  [0.9999, 100_000],
  [0.1, 100],
  [0.01, 1_000],
  [0, 1],
  [1, 1],
])('the %d-quantile needs %d values', (q, n) => {
  expect(samplesNeeded(q)).toBe(n)
})

test.each([99, -0.1, Number.NaN])('%d is not a quantile', q => {
  expect(() => samplesNeeded(q)).toThrow('Write 0.99 for the 99th percentile.')
})
