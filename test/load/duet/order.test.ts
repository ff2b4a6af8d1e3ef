import { expect, test } from 'vitest'
import { turnsOf } from '../../../src/load/thread/duet/blocks.ts'

const textOf = (pairs: number, seed: number) =>
  turnsOf(pairs, seed)
    .map(({ side }) => 'AB'[side])
    .join('')

test.each([0, 1, 2, 3, 7, 8, 11])('%i pairs of blocks: each is of both, every two are ABBA or BAAB', pairs => {
  for (let seed = 0; seed < 50; seed++) {
    const turns = textOf(pairs, seed)
    expect(turns).toHaveLength(2 * pairs)
    expect(turns).toMatch(/^(ABBA|BAAB)*(AB|BA)?$/)
  }
})

test('the same seed, the same order', () => {
  expect(turnsOf(10, 5)).toEqual(turnsOf(10, 5))
})

test('both orders come about as often, whatever came before', () => {
  const orders = Array.from({ length: 2_000 }, (_, seed) => textOf(4, seed))
  for (const order of ['ABBAABBA', 'ABBABAAB', 'BAABABBA', 'BAABBAAB']) {
    const count = orders.filter(one => one === order).length
    // 500 expected, with a deviation of 19.
    expect(Math.abs(count - 500), order).toBeLessThan(4 * 19)
  }
})

test('a pair of blocks that is sliced is turns of slices, of each side as many, every two pairs ABBA or BAAB', () => {
  for (let seed = 0; seed < 50; seed++) {
    const turns = turnsOf(3, seed, 8)
    expect(turns).toHaveLength(3 * 2 * 8)
    expect(turns.every(({ isSlice }) => isSlice)).toBe(true)
    expect(turns.map(({ side }) => 'AB'[side]).join('')).toMatch(/^(ABBA|BAAB){12}$/)
    for (let pair = 0; pair < 3; pair++) {
      const own = turns.slice(16 * pair, 16 * pair + 16)
      expect(own.filter(({ endsBlock }) => endsBlock).map(({ side }) => side)).toHaveLength(2)
      for (const side of [0, 1]) expect(own.findLast(turn => turn.side === side)!.endsBlock).toBe(true)
    }
  }
})

test('a sliced pair of blocks comes after each second of the whole ones, which keep their order', () => {
  for (let seed = 0; seed < 50; seed++) {
    const turns = turnsOf(4, seed, 3, true)
    expect(turns.map(({ isSlice }) => (isSlice ? 's' : 'b')).join('')).toBe('bbbbssssssbbbbssssss')
    const whole = turns.filter(({ isSlice }) => !isSlice)
    expect(whole.map(({ side }) => 'AB'[side]).join('')).toMatch(/^(ABBA|BAAB){2}$/)
    expect(whole.every(({ endsBlock }) => endsBlock)).toBe(true)
  }
  const only = turnsOf(1, 3, 2, true)
  expect(only.map(({ isSlice }) => (isSlice ? 's' : 'b')).join('')).toBe('bbssss')
})
