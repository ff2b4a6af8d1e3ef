import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { escaped, table } from '../../src/report/markdown-parts.ts'
import { anyCodePoint } from '../builders/code-points.ts'

test.each([
  ['a *b* _c_ `d` ~~e~~', 'a \\*b\\* \\_c\\_ \\`d\\` \\~\\~e\\~\\~'],
  ['<b>&lt;</b>', '\\<b\\>\\&lt;\\</b\\>'],
  ['[a](b) ![c](d)', '\\[a\\](b) !\\[c\\](d)'],
  ['@team, a@b.example', '@\u200bteam, a@\u200bb.example'],
  ['#12, o/r#3, GH-4, # 5', '\\#\u200b12, o/r\\#\u200b3, GH-\u200b4, \\# 5'],
  ['http://evil.example www.evil.example', 'http:\u200b//evil.example w\u200bww.evil.example'],
  ['http://127.0.0.1:80/x and http://[::1]:80/x', 'http://127.0.0.1:80/x and http://\\[::1\\]:80/x'],
  ['(http://localhost:80).', '(http://localhost:80).'],
  ['http://localhost:80@evil.example', 'http:\u200b//localhost:80@\u200bevil.example'],
  ['http://127.0.0.1.evil.example', 'http:\u200b//127.0.0.1.evil.example'],
  ['costs $1', 'costs $1'],
  ['$x$', '<span>$</span>x<span>$</span>'],
  ['- a', '\\- a'],
  ['-5 %', '-5 %'],
  ['1. a', '1\\. a'],
  ['===', '\\==='],
  ['a\nb\r\n\tc\x1b[31md', 'a b cd'],
])('%j in Markdown is %j', (text, expected) => {
  expect(escaped(text)).toBe(expected)
})

test("a table's cells are escaped, its rule is not", () => {
  expect(table(['a|b', ''], [['-', '1']], ['', 'right'])).toBe('| a\\|b |  |\n| --- | ---: |\n| \\- | 1 |')
})

test('the action escapes in the same way', async () => {
  const file = pathToFileURL(join(import.meta.dirname, '../../action/escape.mjs')).href
  const other = (await import(file)) as { escaped: typeof escaped }
  const words = fc.constantFrom(
    '@',
    '#1',
    'GH-2',
    '$',
    '://',
    'www.',
    'localhost',
    ':80',
    '`',
    '<',
    '\n',
    '\x1b[31m',
    '::a::',
    '##[',
    '-',
    '1.',
    '[::1]',
    '127.0.0.1',
    'x',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: anyCodePoint }),
        fc.array(words).map(all => all.join('')),
      ),
      text => {
        expect(other.escaped(text)).toBe(escaped(text))
      },
    ),
    { numRuns: 2_000 },
  )
})
