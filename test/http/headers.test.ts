import { expect, test } from 'vitest'
import { findHeader, toRecord } from '../../src/http/headers.ts'

const strings = [
  'Content-Type',
  'text/plain',
  'X-A',
  '1',
  'x-a',
  '2',
  'Set-Cookie',
  'a=1, b',
  'set-cookie',
  'c=2',
  'X-Ü',
  'é',
]

test('finds the first value of a header, whatever the case', () => {
  const headers = strings
  expect(findHeader(headers, 'content-type')).toBe('text/plain')
  expect(findHeader(headers, 'CONTENT-TYPE')).toBe('text/plain')
  expect(findHeader(headers, 'x-a')).toBe('1')
  expect(findHeader(headers, 'x-b')).toBeUndefined()
  // A value is not a name.
  expect(findHeader(headers, 'text/plain')).toBeUndefined()
  // Only letters have a case: `@` and backquote, `[` and `{` are 32 apart too.
  expect(findHeader(['a`', '1'], 'a@')).toBeUndefined()
})

test('makes a record', () => {
  expect(toRecord(strings)).toEqual({
    'content-type': 'text/plain',
    'x-a': '1, 2',
    'set-cookie': 'a=1, b\nc=2',
    'x-ü': 'é',
  })
})

test('a header called __proto__ is a header', () => {
  const record = toRecord(['__proto__', 'x', 'constructor', 'y'])
  expect(Object.entries(record)).toEqual([
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ])
  expect(({} as Record<string, unknown>).x).toBeUndefined()
})
