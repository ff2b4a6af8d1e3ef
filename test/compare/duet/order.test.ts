import { expect, test } from 'vitest'
import { turnsOf } from '../../../src/compare/duet/order.ts'

const textOf = (pairs: number, seed: number) =>
  turnsOf(pairs, seed)
    .map(place => 'AB'[place])
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
