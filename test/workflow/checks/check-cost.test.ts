import { expect, test } from 'vitest'
import { CheckCost, StepCost } from '../../../src/workflow/checks/step-checks.ts'

/** Share that is validated after a second in which so many responses came, each of which costs so much. */
function shareAt(rate: number, cost: number, seconds = 1): number {
  const checks = new CheckCost()
  for (let i = 0; i <= rate * seconds; i++) checks.came((i * 1_000) / rate, cost)
  return checks.share
}

test.each([
  [1_000, 0.01, 1],
  [1_000, 0.19, 1],
  [1_000, 0.4, 0.5],
  [10_000, 0.1, 0.2],
  [1_000, 1, 0.2],
  [10, 1, 1],
  [1_000, 500, 0.01],
  [1_000, 0, 1],
])('of %i responses a second that cost %f ms each the share is %f', (rate, cost, share) => {
  expect(shareAt(rate, cost)).toBeCloseTo(share, 1)
})

test('it rises again when responses get cheaper or fewer', () => {
  const checks = new CheckCost()
  for (let at = 0; at < 1_000; at++) checks.came(at, 1)
  expect(checks.share).toBeCloseTo(0.2, 2)
  for (let at = 1_000; at < 2_000; at++) checks.came(at, 0.01)
  expect(checks.share).toBe(1)
})

test('a burst after a long silence is no lighter for the silence', () => {
  const checks = new CheckCost()
  for (let at = 0; at < 1_000; at++) checks.came(at, 1)
  checks.came(60_000, 1)
  expect(checks.share).toBeCloseTo(0.2, 2)
})

test('what one costs is the mean of the last ones, without the first and without those in which others ran', () => {
  const cost = new StepCost()
  for (const took of [500, 900, 700, 800]) cost.add(took)
  expect(cost.mean).toBe(700)
  for (let i = 0; i < 16; i++) cost.add(0.1)
  expect(cost.mean).toBeCloseTo(0.1)
  cost.add(1_000)
  cost.add(1_000)
  expect(cost.mean).toBeCloseTo(0.1)
  for (let i = 0; i < 16; i++) cost.add(2)
  expect(cost.mean).toBeCloseTo(2)
})

test('the first are measured, then one in 32', () => {
  const cost = new StepCost()
  const measured = Array.from({ length: 64 + 3200 }, () => {
    const { isMeasured } = cost
    cost.add(isMeasured ? 1 : undefined)
    return isMeasured
  })
  expect(measured.slice(0, 64)).toEqual(Array(64).fill(true))
  expect(measured.slice(64).filter(Boolean)).toHaveLength(100)
})
