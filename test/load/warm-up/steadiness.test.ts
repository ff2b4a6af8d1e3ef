import { expect, test } from 'vitest'
import { Steadiness } from '../../../src/load/warm-up/steadiness.ts'
import { randomOf } from '../../simulate/random.ts'

/** So many batches of 100 ms each, of twenty iterations, with means as given. */
function steadinessOf(
  batches: number,
  mean: (batch: number) => number,
  count: (batch: number) => number = () => 20,
) {
  const steadiness = new Steadiness()
  for (let i = 0; i < batches; i++)
    steadiness.add({ from: i * 100, to: (i + 1) * 100, count: count(i), sum: count(i) * mean(i) })
  return steadiness
}

test('the same all the time is steady from twenty batches on', () => {
  expect(steadinessOf(19, () => 10).isSteady).toBe(false)
  expect(steadinessOf(20, () => 10).isSteady).toBe(true)
})

test('a change in the last half is none of up to 15 %', () => {
  const step = (by: number) => steadinessOf(40, batch => (batch < 30 ? 10 : 10 * by))
  expect(step(1.14).isSteady).toBe(true)
  expect(step(1.16).isSteady).toBe(false)
  expect(step(1 / 1.16).isSteady).toBe(false)
  expect(step(1.5).drift()).toEqual({
    ...{ over: 2_000, latency: { from: 10, to: 15 }, rate: { from: 200, to: 200 } },
    change: 0.5,
  })
})

test('nor is one of less than 0.2 ms, for certain', () => {
  const step = (from: number, to: number, noise = 0) =>
    steadinessOf(40, batch => (batch < 30 ? from : to) + (batch % 4 < 2 ? noise : -noise))
  expect(step(0.28, 0.32).isSteady).toBe(true)
  expect(step(0.28, 0.47).isSteady).toBe(true)
  expect(step(0.28, 0.47).drift()!.change).toBe(0)
  expect(step(0.28, 0.49).isSteady).toBe(false)
  expect(step(0.28, 0.49).drift()!.change).toBeCloseTo(0.75)
  // A change that may as well be a larger one.
  expect(step(0.28, 0.47, 0.2).isSteady).toBe(false)
})

test('a change of the rate counts too', () => {
  const faster = steadinessOf(
    40,
    () => 10,
    batch => (batch < 30 ? 20 : 26),
  )
  expect(faster.isSteady).toBe(false)
  expect(faster.drift()!.change).toBeCloseTo(0.3)
})

test('what happened in the first half does not count', () => {
  expect(steadinessOf(40, batch => (batch < 20 ? 100 : 10)).isSteady).toBe(true)
  expect(steadinessOf(36, batch => (batch < 20 ? 100 : 10)).isSteady).toBe(false)
})

test('noise takes longer: of what is steady little is called so at once, and nearly all in the end; of what is not, hardly any', () => {
  const share = (batches: number, noise: number, growth: number) => {
    const random = randomOf(7)
    const runs = Array.from({ length: 200 }, () =>
      steadinessOf(batches, batch => (1 + growth * (batch / batches)) * (1 + noise * (random() - 0.5) * 2)),
    )
    return runs.filter(({ isSteady }) => isSteady).length / runs.length
  }
  expect(share(20, 0.3, 0)).toBeLessThan(0.2)
  expect(share(400, 0.3, 0)).toBeGreaterThan(0.95)
  // Grows by a quarter from one half of the last half to the other, 5 % of which is the error that is allowed.
  for (const batches of [20, 100, 400]) expect(share(batches, 0.3, 10)).toBeLessThan(0.05)
})

test('batches with fewer than five iterations are joined', () => {
  const steadiness = steadinessOf(
    99,
    () => 10,
    () => 1,
  )
  expect(steadiness.isSteady).toBe(false)
  expect(steadiness.drift()).toBeUndefined()
  steadiness.add({ from: 9_900, to: 10_000, count: 1, sum: 10 })
  expect(steadiness.isSteady).toBe(true)
})
