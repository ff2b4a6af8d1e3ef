import { expect, test } from 'vitest'
import { masked, Needles } from '../../../src/workflow/masking/mask.ts'

function hidden(text: string, ...secrets: string[]): string {
  const needles = new Needles()
  for (const secret of secrets) needles.add(secret)
  return masked(text, needles)
}

test('secrets that overlap, touch or lie within one another are hidden whole', () => {
  expect(hidden('a abcdef z', 'abcd', 'cdef')).toBe('a *** z')
  expect(hidden('a abcdef z', 'abcdef', 'bc')).toBe('a *** z')
  expect(hidden('a abcdef z', 'abc', 'def')).toBe('a *** z')
  expect(hidden('abc def', 'abc', 'def')).toBe('*** ***')
})

test('of a long secret each part of ten characters is hidden, in either case, and no shorter one', () => {
  const secret = 'Kx7-pQ2m-Zt9w'
  expect(hidden(`a ${secret} z`, secret)).toBe('a *** z')
  expect(hidden(`a ${secret.slice(0, 10)} z`, secret)).toBe('a *** z')
  expect(hidden(`a ${secret.slice(-10).toUpperCase()} z`, secret)).toBe('a *** z')
  expect(hidden(`a ${secret.slice(0, 9)} z`, secret)).toBe(`a ${secret.slice(0, 9)} z`)
})
