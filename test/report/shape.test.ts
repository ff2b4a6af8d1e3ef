import { expect, test } from 'vitest'
import { describeShape } from '../../src/report/figures.ts'

test.each([
  [{ rps: 2000, duration: '30s', rampUp: '5s' }, '2,000 requests/s for 30 s'],
  [{ rate: 0.5, duration: 90_000 }, '0.5 iterations/s for 90 s'],
  [{ vus: 50, duration: '2m' }, '50 users for 2 min'],
  [{ vus: 1, duration: '1s' }, '1 user for 1 s'],
  [{ vus: 4, iterations: 2500 }, '4 users, 2,500 iterations each'],
  [{ vus: 1, iterations: 1 }, '1 user, 1 iteration each'],
])('%j reads %j', (shape, text) => {
  expect(describeShape(shape)).toBe(text)
})
