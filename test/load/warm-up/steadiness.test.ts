import { describe, expect, test } from 'vitest'
import { Steadiness } from '../../../src/load/warm-up/steadiness.ts'
import { randomOf } from '../../simulate/random.ts'

/** So many batches of 100 ms each, of twenty iterations, with means as given. */
function steadinessOf(batches: number, mean: (batch: number) => number, count: (batch: number) => number = () => 20) {
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
    over: 2_000,
    latency: { from: 10, to: 15 },
    rate: { from: 200, to: 200 },
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

describe('the course of a measured window', () => {
  const decaying = (by: number) => steadinessOf(40, batch => 10 * (1 + by * Math.exp(-batch / 15)))

  test('reaches from where it was to where it goes, and of high percentiles from where it began', () => {
    const { latency, tail, hasChanged } = decaying(0.8).course()!
    const mean = steadinessOf(40, () => 10).course()!
    expect(mean).toMatchObject({ hasChanged: false, latency: { below: 0, above: 0 }, tail: { below: 0 } })
    expect(hasChanged).toBe(true)
    // In the mean it was 12.8, at first 18; at last it is 10.
    expect(12.8 / (1 + latency.below)).toBeLessThanOrEqual(10)
    expect(18 / (1 + tail.below)).toBeLessThanOrEqual(10)
    expect(tail.below).toBeLessThan(2)
    // It became faster, and no slower than it was.
    expect(latency.above).toBeLessThan(latency.below / 2)
  })

  test('that is nearly the same from end to end has not changed, nor has one of which too little is seen', () => {
    expect(decaying(0.05).course()!.hasChanged).toBe(false)
    expect(steadinessOf(19, () => 10).course()).toBeUndefined()
  })

  test('tells what trembles from what goes somewhere', () => {
    const random = randomOf(3)
    const trembling = steadinessOf(40, () => 10 * (0.5 + random())).course()!
    expect(trembling.hasChanged).toBe(false)
    expect(trembling.latency.below).toBeGreaterThan(0.05)
  })

  test('of the rate', () => {
    const faster = steadinessOf(
      40,
      () => 10,
      batch => (batch < 20 ? 20 : 30),
    ).course()!
    expect(faster).toMatchObject({ hasChanged: true, latency: { below: 0, above: 0 } })
    expect(faster.rate.above).toBeGreaterThan(1)
    expect(faster.ended).toBeGreaterThan(100)
  })
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
