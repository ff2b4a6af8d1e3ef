import { expect, test } from 'vitest'
import { memoize } from '../../src/expression/memo.ts'

test('makes once, and forgets the oldest', () => {
  const made: string[] = []
  const memo = memoize(text => ({ text, number: made.push(text) }), 2)
  expect(memo('a')).toBe(memo('a'))
  memo('b')
  memo('c')
  memo('b')
  memo('a')
  expect(made).toEqual(['a', 'b', 'c', 'a'])
})

test('remembers no failure', () => {
  const memo = memoize(text => {
    throw new Error(text)
  })
  expect(() => memo('x')).toThrow('x')
  expect(() => memo('x')).toThrow('x')
})
