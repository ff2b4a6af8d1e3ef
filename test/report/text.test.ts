import { describe, expect, test } from 'vitest'
import { cut, cutMiddle, padEnd, padStart, widthOf, wrap } from '../../src/report/text.ts'

test.each([
  ['abc', 3],
  ['', 0],
  ['⚡', 2],
  ['█░', 2],
  ['日本', 4],
  ['e\u0301', 1],
  ['\u001b[31mred\u001b[39m', 3],
  ['✓ p99', 5],
])('the width of %j is %d', (text, width) => {
  expect(widthOf(text)).toBe(width)
})

test('padding counts columns, not characters', () => {
  expect(padStart('日', 4)).toBe('  日')
  expect(padEnd('\u001b[31mred\u001b[39m', 5)).toBe('\u001b[31mred\u001b[39m  ')
  expect(padEnd('longer', 3)).toBe('longer')
})

test('cutting keeps within the width', () => {
  expect(cut('checkout', 8)).toBe('checkout')
  expect(cut('checkout', 5)).toBe('chec…')
  expect(cut('日本語', 4)).toBe('日…')
  expect(cut('x', 0)).toBe('')
})

test('cutting in the middle keeps both ends', () => {
  expect(cutMiddle('checkout', 8)).toBe('checkout')
  expect(cutMiddle('checkout at a busy hour', 10)).toBe('checko…our')
  expect(cutMiddle('日本語の道', 6)).toBe('日本…')
  expect(cutMiddle('x', 0)).toBe('')
})

describe('wrapping', () => {
  test('breaks between words', () => {
    expect(wrap('one two three', 7)).toEqual(['one two', 'three'])
  })

  test('leaves a long word whole', () => {
    expect(wrap('a http://127.0.0.1:3000/x b', 5)).toEqual(['a', 'http://127.0.0.1:3000/x', 'b'])
  })

  test('cuts a long word where that is wished', () => {
    expect(wrap('a http://127.0.0.1:3000/x b', 12, 'cut')).toEqual(['a', 'http://1…0/x', 'b'])
  })

  test('keeps a number beside its unit', () => {
    expect(wrap('after 80 ms more', 8)).toEqual(['after', '80 ms', 'more'])
    expect(wrap('up to 12 % of', 8)).toEqual(['up to', '12 % of'])
    expect(wrap('up to my some', 5)).toEqual(['up to', 'my', 'some'])
  })

  test('keeps runs of spaces within a line', () => {
    expect(wrap('✓ a   1 x', 20)).toEqual(['✓ a   1 x'])
  })
})
