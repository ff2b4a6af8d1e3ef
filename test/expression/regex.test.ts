import { describe, expect, test } from 'vitest'
import { bounded } from '../../src/expression/bounded.ts'
import { ExpressionError } from '../../src/expression/expression-error.ts'
import { compileRegex } from '../../src/expression/regex.ts'

test.each([
  ['^200$', '200'],
  ['^2\\d{2}$', '204'],
  ['b', 'abc'],
  ['', 'anything'],
  ['^(placed|sold)$', 'sold'],
  ['\\/pets\\/\\d+', '/pets/12'],
  ['[\\w.-]+@[\\w-]+\\.[a-z]{2,}', 'to ann.b@shop.example now'],
  ['(?<year>\\d{4})-(?<month>\\d\\d)', 'on 2024-05'],
  ['\\u0041', 'A'],
  ['^.$', '😀'],
  ['(?i)abc', 'xABCx'],
  ['/abc/i', 'xABCx'],
  ['/^b$/m', 'a\nb\nc'],
  ['/a.b/s', 'a\nb'],
  ['/a\\/b/gi', 'A/B'],
  ['/abc/', 'abc'],
  ['/pets/1', '/pets/1'],
  ['/pets/', 'pets'],
  ['/a/b/i', '/a/b/i'],
  ['/abc/ii', '/abc/ii'],
  ['/abc/x', '/abc/x'],
])('%s matches %j', (pattern, text) => {
  expect(compileRegex(pattern)(text)).toBe(true)
})

test.each([
  ['^200$', '2000'],
  ['abc', 'ABC'],
  ['^2\\d{2}$', '404'],
  ['a.b', 'a\nb'],
  ['/pets/1', 'pets'],
])('%s does not match %j', (pattern, text) => {
  expect(compileRegex(pattern)(text)).toBe(false)
})

describe('a pattern that is none', () => {
  test.each(['(', '[', '*a', '(?=x', '(?!x)*+', '(?<=a)b)', '(a\\1'])('%s', pattern => {
    expect(() => compileRegex(pattern)).toThrow(ExpressionError)
  })

  test('is named, with the reason and what to do', () => {
    const messageOf = (pattern: string) => {
      try {
        compileRegex(pattern)
      } catch (error) {
        const { message, hint, offset } = error as ExpressionError
        return { message, hint, offset }
      }
      return undefined
    }
    expect([messageOf('a[b'), messageOf('foo(?=bar')]).toMatchInlineSnapshot(`
      [
        {
          "hint": "Write one such as \`^2\\d{2}$\`, with \`\\\` before characters that stand for themselves.",
          "message": "expected a regular expression, found "a[b" (missing closing ]: "[b")",
          "offset": 0,
        },
        {
          "hint": "Write one such as \`^2\\d{2}$\`, with \`\\\` before characters that stand for themselves.",
          "message": "expected a regular expression, found "foo(?=bar" (invalid or unsupported Perl syntax: "(?=")",
          "offset": 0,
        },
      ]
    `)
  })
})

test('look-around and backreferences, which RE2 has not, run in JavaScript’s engine', () => {
  expect(compileRegex('^(?!.*error)')('all is well')).toBe(true)
  expect(compileRegex('^(?!.*error)')('an error')).toBe(false)
  expect(compileRegex('/^(A)\\1$/i')('aa')).toBe(true)
  expect(compileRegex('(?<=a)b')('ab')).toBe(true)
  expect(compileRegex('(?<n>a)\\k<n>')('ab')).toBe(false)
})

test('and are stopped when they take too long', () => {
  const catastrophe = compileRegex('^(?=a)(a+)+$')
  expect(() => catastrophe(`${'a'.repeat(40)}!`)).toThrow('expected a result within 1000 ms, found none')
})

test('a catastrophic pattern takes linear time', () => {
  const text = `${'a'.repeat(100_000)}!`
  const patterns = ['^(a+)+$', '^(a|aa)+$', '(.*)*x', '^(([a-z])+.)+[A-Z]([a-z])+$']
  expect(bounded(() => patterns.map(pattern => compileRegex(pattern)(text)), 15_000)).toEqual([
    false,
    false,
    false,
    false,
  ])
})
