import { expect, test } from 'vitest'
import { isWarm } from '../../../src/load/thread/duet/blocks.ts'

const BOUNDS = { requests: 10_000, time: 60_000 }
const roundsOf = (costs: number[]) => costs.map(cost => ({ requests: 900, cost, took: 100 }))
/** Rounds after which a warm-up ends that would have these costs. */
const lengthOf = (costs: number[], bounds: Parameters<typeof isWarm>[1] = BOUNDS) =>
  costs.findIndex((_, round) => isWarm(roundsOf(costs.slice(0, round + 1)), bounds)) + 1

test('a warm-up ends after half of its bound and three rounds that gained nothing', () => {
  expect(isWarm([], BOUNDS)).toBe(false)
  expect(lengthOf([10, 10, 10, 10, 10, 10, 10]), 'so many requests').toBe(6)
  expect(lengthOf([10, 10, 10, 10, 10, 10, 10], { ...BOUNDS, time: 1_000 }), 'so much time').toBe(5)
  expect(lengthOf([40, 30, 20, 10, 9.9, 10.1, 9.85, 9.9])).toBe(7)
  // The costs of a request of a Node.js application, in rounds of 1,000.
  expect(lengthOf([310, 220, 125, 115, 115, 88, 85, 84, 86, 85])).toBe(10)
})

test('a rise does not make it longer, nor is it the end of a fall', () => {
  expect(lengthOf([40, 10, 14, 12, 13.5, 10], { ...BOUNDS, time: 1_000 })).toBe(5)
  expect(lengthOf([22, 30, 33, 25, 20, 15, 10, 10, 10, 10])).toBe(10)
})

test('it has an end: so many requests, or so much time', () => {
  const falling = Array.from({ length: 30 }, (_, i) => 50 * 0.9 ** i)
  expect(lengthOf(falling)).toBe(12)
  expect(lengthOf(falling, { ...BOUNDS, requests: 10_801 })).toBe(13)
  expect(lengthOf(falling, { ...BOUNDS, time: 1_000 })).toBe(10)
  expect(lengthOf(falling, { ...BOUNDS, time: 1 }), 'one round there is').toBe(1)
})

test('launches that have had load before need a fifth of the bound', () => {
  expect(lengthOf([10, 10, 10, 10, 10, 10, 10], { ...BOUNDS, isUsed: true })).toBe(4)
  expect(lengthOf([40, 30, 20, 10, 9.9, 10.1, 9.85, 9.9], { ...BOUNDS, isUsed: true })).toBe(7)
})

test('one that is whole has all of its requests, however early it is steady and however long it takes', () => {
  const steady = Array.from({ length: 30 }, () => 10)
  expect(lengthOf(steady, { requests: 7_000, time: 1, isWhole: true })).toBe(8)
})

test('one that is full has its requests or its time, however early it is steady', () => {
  const steady = Array.from({ length: 30 }, () => 10)
  expect(lengthOf(steady, { ...BOUNDS, isFull: true })).toBe(12)
  expect(lengthOf(steady, { ...BOUNDS, time: 1_000, isFull: true })).toBe(10)
})
