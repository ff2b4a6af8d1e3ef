import { expect, test } from 'vitest'
import { pointerThrough, unescapeToken } from '../../src/ground/pointer.ts'
import { shorten, show } from '../../src/ground/show.ts'

test('a value in a message is its kind where it has members, else what was written', () => {
  expect(show([1])).toBe('a list')
  expect(show({ a: 1 })).toBe('an object')
  expect(show(() => 1)).toBe('a function')
  expect(show('a "b"')).toBe('"a \\"b\\""')
  expect([1.5, null, undefined, true, Number.NaN, 10n].map(show)).toEqual([
    '1.5',
    'null',
    'undefined',
    'true',
    'NaN',
    '10',
  ])
})

test('a text in a message has 60 characters at most', () => {
  expect(shorten('x'.repeat(60))).toBe('x'.repeat(60))
  expect(shorten('x'.repeat(61))).toBe(`${'x'.repeat(57)}...`)
  // No half of a character is left.
  expect(shorten('🎉'.repeat(31))).toBe(`${'🎉'.repeat(28)}...`)
  expect(shorten(`x${'🎉'.repeat(31)}`)).toBe(`x${'🎉'.repeat(28)}...`)
})

test('keys with slashes and tildes come back from a pointer', () => {
  const keys = ['a/b', '~1', '', 'x~y']
  const pointer = pointerThrough([...keys, 0])
  expect(pointer).toBe('/a~1b/~01//x~0y/0')
  expect(pointer.split('/').slice(1).map(unescapeToken)).toEqual([...keys, '0'])
})
