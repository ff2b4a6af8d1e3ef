import { expect, test } from 'vitest'
import { type Decided, settlingOf } from '../../../src/load/limit/governor.ts'

/** A window a second, with these limits after it and on these sides: `f` fast, `s` slow, `n` near. */
function told(limits: readonly number[], sides: string, maxVus = 100) {
  const words = { f: 'fast', s: 'slow', n: 'near' } as const
  const decisions = limits.map(
    (users, i): Decided => ({ at: (i + 1) * 1_000, users, side: words[sides[i] as keyof typeof words] }),
  )
  return settlingOf(decisions, maxVus)
}

test('settled: the last windows swing little, on both sides of the latency or near to it', () => {
  expect(told([10, 20, 30, 38, 42, 40, 38, 40, 39], 'ffffsssfn')).toEqual({
    settled: true,
    since: 4_000,
    because: '38 to 42 users since 4 s',
  })
  expect(told([5, 5, 5, 5, 5, 5], 'nnnnnn')).toMatchObject({ because: '5 users since 1 s' })
  expect(told([1, 2, 3, 2, 3, 2, 3], 'fffsfsf')).toMatchObject({ settled: true })
})

test('settled at an end: maxVus, or one user', () => {
  expect(told([24, 27, 30, 30, 30, 30, 30, 30], 'ffffffff', 30)).toMatchObject({
    settled: true,
    because: '27 to 30 users since 2 s, which is maxVus',
  })
  expect(told([3, 2, 1, 1, 1, 1, 1, 1], 'ssssssss')).toMatchObject({
    settled: true,
    because: '1 to 3 users since 1 s, and one is too many for the latency',
  })
})

test('not settled: on its way, to and fro, or with too few windows to tell', () => {
  expect(told([10, 11, 12, 13, 15, 16], 'ffffff').because).toBe('it still rose at the end: measure longer')
  // So slowly that it swings by less than is allowed.
  expect(told([40, 40, 41, 41, 42, 42], 'ffffff')).toMatchObject({ settled: false })
  expect(told([90, 81, 73, 66, 59, 53], 'ssssss').because).toBe('it still fell at the end: measure longer')
  expect(told([40, 20, 40, 20, 40, 20, 40], 'fsfsfsf').because).toBe(
    'it went between 20 and 40 in the last 6 windows: measure longer, or give a longer window',
  )
  expect(told([10, 11], 'ff')).toEqual({ settled: false, because: 'only 2 windows came to an end: measure longer' })
  expect(told([], '').settled).toBe(false)
})
