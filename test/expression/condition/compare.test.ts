import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { COMPARISONS, equals, numberOf, order, truthy } from '../../../src/expression/condition/compare.ts'

describe('==', () => {
  test.each([
    [1, 1],
    ['a', 'A'],
    ['ÄPFEL', 'äpfel'],
    ['10', 10],
    [' 10.0 ', 10],
    ['1e1', 10],
    ['-0.5', -0.5],
    [true, true],
    ['TRUE', true],
    ['false', false],
    [null, null],
    [undefined, null],
    [undefined, undefined],
    [{ a: [1, { b: 'x' }] }, { a: [1, { b: 'x' }] }],
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [[], []],
  ])('%j and %j are equal', (a, b) => {
    expect([equals(a, b), equals(b, a)]).toEqual([true, true])
  })

  test.each([
    [1, 2],
    ['a', 'b'],
    ['10', '10.0'],
    ['ten', 10],
    ['', 0],
    ['0x0a', 10],
    ['Infinity', Number.POSITIVE_INFINITY],
    [1, true],
    [0, false],
    ['yes', true],
    [0, null],
    ['', null],
    [false, null],
    ['null', null],
    [{}, null],
    [[], null],
    [{}, []],
    [[1], 1],
    [[1], '1'],
    [{ a: 1 }, { a: 1, b: undefined }],
    [{ a: 'x' }, { a: 'X' }],
    [
      [1, 2],
      [2, 1],
    ],
    [{}, 'constructor'],
    [JSON.parse('{"__proto__": 1}'), {}],
    [{ toString: 1 }, { a: 1 }],
  ])('%j and %j are not', (a, b) => {
    expect([equals(a, b), equals(b, a)]).toEqual([false, false])
    expect(COMPARISONS['!='](a, b)).toBe(true)
  })
})

test('an integer with all its digits equals no number that is only near to it', () => {
  expect([equals(2n ** 53n, 2 ** 53), equals(2n ** 53n + 1n, 2 ** 53), equals(1n, 1.5)]).toEqual([true, false, false])
})

describe('order', () => {
  test.each([
    [1, 2],
    ['1', 2],
    [9, '10'],
    ['9', '10'],
    ['a', 'B'],
    ['2024-01-01', '2024-01-02'],
    ['9a', '9b'],
    [-1, 0],
  ])('%j is less than %j', (a, b) => {
    const results = Object.entries(COMPARISONS).map(([operator, compare]) => [operator, compare(a, b)])
    expect(Object.fromEntries(results)).toEqual({
      '==': false,
      '!=': true,
      '<': true,
      '<=': true,
      '>': false,
      '>=': false,
    })
  })

  test.each([
    [null, 1],
    [undefined, 1],
    [null, null],
    [1, null],
    ['a', 1],
    [true, false],
    [{}, {}],
    [[1], [2]],
    [Number.NaN, 1],
  ])('%j and %j have none', (a, b) => {
    expect([order(a, b) < 0, order(a, b) <= 0, order(a, b) > 0, order(a, b) >= 0]).toEqual([false, false, false, false])
  })

  test('is the same from both sides', () => {
    const value = fc.oneof(
      fc.integer(),
      fc.double(),
      fc.string(),
      fc.constantFrom('1', '1.0', ' 2', 'A', 'a', null, true, undefined),
    )
    fc.assert(
      fc.property(value, value, (a, b) => {
        expect(COMPARISONS['<'](a, b)).toBe(COMPARISONS['>'](b, a))
        expect(COMPARISONS['<='](a, b)).toBe(COMPARISONS['>='](b, a))
        expect(COMPARISONS['=='](a, b)).toBe(COMPARISONS['=='](b, a))
        expect(COMPARISONS['!='](a, b)).toBe(!COMPARISONS['=='](a, b))
      }),
    )
  })
})

test('only what looks like a number is one', () => {
  const texts = ['1', ' -1.5e3 ', '+2', '.5', '1.', '', ' ', '1 2', '0x1', '1_000', 'NaN', 'Infinity', '1px']
  expect(texts.map(numberOf)).toEqual([1, -1500, 2, 0.5, 1, ...Array(8).fill(undefined)])
})

test('what passes by itself', () => {
  expect([true, 1, 'a', 'false', {}, []].map(truthy)).toEqual(Array(6).fill(true))
  expect([false, null, undefined, 0, ''].map(truthy)).toEqual(Array(5).fill(false))
})
