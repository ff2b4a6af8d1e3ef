import { expect, test } from 'vitest'
import { bounded } from '../../src/expression/bounded.ts'

test('gives the result', () => {
  expect(bounded(() => ({ a: 1 }))).toEqual({ a: 1 })
})

test('lets errors through as they are', () => {
  const error = new TypeError('broken')
  expect(() =>
    bounded(() => {
      throw error
    }),
  ).toThrow(error)
})

test('ends what does not end', () => {
  const endless = () => {
    for (;;);
  }
  expect(() => bounded(endless, 20)).toThrow(
    expect.objectContaining({ name: 'ExpressionError', message: 'expected a result within 20 ms, found none' }),
  )
  expect(bounded(() => 1)).toBe(1)
})
