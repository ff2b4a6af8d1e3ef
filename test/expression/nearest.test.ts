import { expect, test } from 'vitest'
import { didYouMean, nearest } from '../../src/expression/nearest.ts'

const words = ['login', 'logout', 'createOrder', 'a']

test.each([
  ['logn', 'login'],
  ['LOGIN', 'login'],
  ['createOrdr', 'createOrder'],
  ['craeteOrder', 'createOrder'],
  ['logot', 'logout'],
  ['search', undefined],
  ['b', undefined],
  ['', undefined],
])('%j probably means %j', (word, meant) => {
  expect(nearest(word, words)).toBe(meant)
})

test('where nothing is near, all is listed', () => {
  expect(didYouMean('logn', words)).toBe('Did you mean "login"?')
  expect(didYouMean('search', words)).toBe('Use one of login, logout, createOrder or a.')
  expect(didYouMean('search', ['login'])).toBe('Use login.')
  expect(didYouMean('search', [])).toBe('There is none.')
})
