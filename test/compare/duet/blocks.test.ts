import { expect, test } from 'vitest'
import { comparable } from '../../../src/compare/duet/duet.ts'
import { readShape } from '../../../src/load/plan/shape.ts'
import { blockLength, gapOf, sliceLength } from '../../../src/load/thread/duet/blocks.ts'

const gapIn = (shape: object, requestsPerRun = 1) => gapOf(comparable(readShape(shape).plan!).plan!, requestsPerRun)
const usual = { length: 100, discard: 10 }

test.each([
  [{ rps: 10, duration: '5s' }, 1, 100],
  [{ rps: 10, duration: '5s' }, 3, 300],
  [{ rate: 10, duration: '5s' }, 3, 100],
  [{ vus: 8, duration: '5s', pacing: '50ms' }, 1, 50],
  [{ vus: 8, duration: '5s', pacing: { uniform: ['50ms', '150ms'] } }, 1, 100],
  [{ vus: 8, duration: '5s', pacing: { normal: { mean: '80ms', deviation: '10ms' } } }, 1, 80],
  [{ vus: 8, duration: '5s' }, 1, 0],
])('%o at %i requests an iteration: one begins every %i ms', (shape, requests, gap) => {
  expect(gapIn(shape, requests)).toBeCloseTo(gap, 9)
})

test.each([
  ['as usual', 5, 0, 100],
  ['as usual at a high rate', 5, 1, 100],
  ['four slow iterations', 50, 0, 210],
  ['no more of them than 2 s', 900, 0, 2_000],
  ['four beginnings', 5, 100, 410],
  ['four beginnings of what is slower than that', 150, 100, 610],
  ['as many beginnings as find room in 4 s', 5, 1_500, 3_010],
  ['one of them', 5, 3_000, 3_010],
  ['no more than 4 s for them', 5, 1e6, 4_010],
])('%s', (_, slow, gap, expected) => {
  expect(blockLength(usual, slow, gap)).toBe(expected)
})

test.each([
  ['as usual', 100, 3, 5, 12],
  ['two slow iterations', 100, 20, 5, 42],
  ['two beginnings', 100, 3, 10, 22],
  ['none where two of each side have no room', 100, 26, 0, undefined],
  ['none where iterations begin seldom', 100, 3, 50, undefined],
  ['those of a long block', 410, 100, 0, 202],
])('slices: %s', (_, length, slow, gap, expected) => {
  expect(sliceLength(length, slow, gap)).toBe(expected)
})
