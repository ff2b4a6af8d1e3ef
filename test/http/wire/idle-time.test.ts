import { expect, test } from 'vitest'
import { IdleTime } from '../../../src/http/wire/pool.ts'

test('what the server says counts, less half a second, and ten minutes at most', () => {
  const idle = new IdleTime(4_000)
  expect([7, 60, 3_600, 1, 0].map(seconds => idle.ofUsed(seconds))).toEqual([6_500, 59_500, 600_000, 500, 1])
})

test('a server that does not say gets the timeout, also where it said something on another connection', () => {
  const idle = new IdleTime(4_000)
  expect([idle.ofUsed(-1), idle.ofUnused()]).toEqual([4_000, 4_000])
  idle.ofUsed(60)
  expect(idle.ofUsed(-1)).toBe(4_000)
})

test('a connection without a request so far is kept as long as others, and half a minute at most', () => {
  const idle = new IdleTime(4_000)
  const unusedAfter = (seconds: number) => {
    idle.ofUsed(seconds)
    return idle.ofUnused()
  }
  expect([7, 60].map(unusedAfter)).toEqual([6_500, 29_500])
  // What is closed after each response may wait for a first request.
  idle.ofUsed(7)
  expect(unusedAfter(0)).toBe(6_500)
})
