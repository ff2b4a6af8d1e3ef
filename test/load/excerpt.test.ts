import { expect, test } from 'vitest'
import { excerptOf } from '../../src/load/plan/excerpt.ts'
import { lengthOf, peakOf, windowOf } from '../../src/load/plan/load-plan.ts'
import { readShape } from '../../src/load/plan/shape.ts'

function excerpt(shape: Parameters<typeof readShape>[0]) {
  const { plan, problems } = readShape(shape)
  expect(problems).toEqual([])
  return excerptOf(plan!, { warmUp: 1_000, duration: 4_000, rate: 250 })
}

test.each<[string, Parameters<typeof readShape>[0], number]>([
  ['a long load', { vus: 8, duration: '1m', rampUp: '10s' }, 4_000],
  ['a short load', { rps: 100, duration: '2s' }, 4_000],
  ['a number of iterations', { vus: 3, iterations: 1_000_000 }, 4_000],
  ['a search for the capacity', { capacity: { latency: 'p99 < 100ms' }, duration: '30s' }, 4_000],
  [
    'stages',
    {
      stages: [
        { vus: 2, hold: '10s' },
        { vus: 6, hold: '10s' },
      ],
    },
    4_000,
  ],
])('the measured part of %s is as long as it is to be, after a warm-up', (_, shape, length) => {
  const plan = excerpt(shape)
  expect(windowOf(plan)).toEqual({ from: 1_000, to: 1_000 + length })
  expect([lengthOf(plan), plan.steady]).toEqual([1_000 + length, undefined])
  if ('curve' in plan) expect(plan.curve.reduce((sum, { length }) => sum + length, 0)).toBe(1_000 + length)
})

test('the levels of a load are the same, and a search has the rate that was found', () => {
  const plan = excerpt({
    stages: [
      { vus: 2, hold: '10s' },
      { vus: 6, hold: '30s' },
    ],
  })
  if (!('curve' in plan)) throw new Error('it has no curve')
  expect(peakOf(plan.curve)).toBe(6)
  expect(plan.curve).toEqual([
    { from: 2, to: 2, length: 2_000 },
    { from: 6, to: 6, length: 3_000 },
  ])
  expect(excerpt({ capacity: { latency: 'p99 < 100ms' } })).toMatchObject({ kind: 'rps', rate: 250 })
})
