import { expect, test } from 'vitest'
import { positionedError } from '../../plugin/failure/positioned-error.ts'
import { ArazzoError, describeProblems } from '../../src/ground/errors.ts'
import { failed } from '../../src/ground/fault.ts'
import { plain, plainAll, plainColumns, plainJson, plainLines } from '../../src/ground/plain.ts'

const hostile = 'a\x1b[31mred\x1b]0;title\x07 \x9b2J\u202eb\r\nc\0'

test('escape sequences, controls and turned directions are left out', () => {
  expect(plain(hostile)).toBe('ared  b c')
  expect(plainLines(hostile)).toBe('ared  b\nc ')
})

test('plain text has no escapes, controls or line breaks', () => {
  expect(plain(' a\u001b[2J\r\nb\u0007\u2028c\u009b31m ')).toBe('a b c')
})

test('in a line of code each control leaves a place, so that a caret stays where it was', () => {
  expect(plainColumns('a\x1b[31mb')).toBe('a\ufffd[31mb')
})

test.each([
  '::stop-commands::token',
  '  ::set-output name=a::b',
  'found: ::error file=a,line=1::text',
  '##[group]name',
])('no log takes %j for a command', text => {
  for (const shown of [plain(text), plainLines(`first\n${text}`), plainColumns(text)])
    expect(shown).not.toMatch(/(^|\s)::[a-z-]+.*::|##\[/)
})

test('addresses stay what they are', () => {
  const text = 'connect ECONNREFUSED ::1:3000, ::ffff:127.0.0.1, a::b, ## heading'
  expect(plainLines(text)).toBe(text)
})

test('values are plain down to the names of their members', () => {
  expect(plainAll({ 'a\x07': ['\x1b[0mb', 1, null] })).toEqual({ 'a ': ['b', 1, null] })
  expect(plainJson({ a: '\x9b\x7f\u2028' })).toBe('{\n  "a": "\\u009b\\u007f\\u2028"\n}')
})

test('errors of every kind are plain', () => {
  const at = { file: '/no/such.yaml', line: 1, column: 1 }
  const problem = {
    code: 'invalid-value',
    severity: 'error',
    message: `Failed to read ${hostile}.`,
    hint: hostile,
    at,
  } as const
  const texts = [
    failed('read', hostile, hostile, hostile),
    describeProblems([problem]),
    new ArazzoError([problem]).message,
    positionedError('E', hostile, [{ what: hostile, at }]).stack,
  ]
  for (const text of texts) expect(text).not.toMatch(/[\0-\x08\v-\x1f\x7f-\x9f\u202e]/)
  const { actual } = positionedError('E', '', [], { diff: { actual: { x: hostile }, expected: 1 } }) as unknown as {
    actual: { x: string }
  }
  expect(actual.x).toBe('ared  b\nc ')
  expect(positionedError('E', '', [], { evidence: [hostile, 'z'] })).toHaveProperty('diff', 'ared  b\nc \nz')
})
