import { expect, test } from 'vitest'
import { percentileOfBuckets } from '../../../src/load/counts/intervals.ts'
import { countedSince, SharedLimit } from '../../../src/load/limit/shared-limit.ts'

test('threads write into one memory, and have its limit in parts', () => {
  const limit = new SharedLimit(3)
  limit.current = 8
  const threads = [0, 1, 2].map(index => ({ index, limit: new SharedLimit(3, limit.buffer) }))
  expect(threads.map(({ index, limit }) => limit.usersOf({ index, count: 3 }))).toEqual([3, 3, 2])
  limit.current = 1
  expect(threads.map(({ index, limit }) => limit.usersOf({ index, count: 3 }))).toEqual([1, 0, 0])

  const before = limit.read()
  for (const { index, limit } of threads) {
    for (let i = 0; i < 10; i++) limit.began(index)
    for (let i = 0; i < 8; i++) limit.ended(index, 10 * (index + 1), index === 2)
  }
  const counted = countedSince(before, limit.read())
  expect(counted).toMatchObject({ count: 24, failed: 8, inFlight: 6, sum: 8 * 60 })
  expect(percentileOfBuckets(counted.buckets, counted.count, 0.5)).toBeCloseTo(20, -0.5)
  expect(countedSince(limit.read(), limit.read())).toMatchObject({ count: 0, failed: 0, sum: 0 })
})
