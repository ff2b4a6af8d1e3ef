import { describe, expect, test } from 'vitest'
import { examples } from '../../fixtures/expressions/rfc9535.ts'
import { ExpressionError } from '../../src/expression/expression-error.ts'
import { getAt } from '../../src/expression/pointer.ts'
import { compileQuery } from '../../src/expression/select.ts'

const store = examples[0]!.value as { store: { book: { title: string; price: number }[]; bicycle: object } }
const { book } = store.store
const compileGoessner = (text: string) => compileQuery('draft-goessner-dispatch-jsonpath-00', text)
const titles = (text: string) => compileGoessner(text).select(store)
const select = (text: string, value: unknown) => compileGoessner(text).select(value)

test.each([
  ['$.store.book[*].title', [0, 1, 2, 3]],
  ['$..title', [0, 1, 2, 3]],
  ["$['store']['book'][0].title", [0]],
  ['$..book[2].title', [2]],
  ['$..book[(@.length-1)].title', [3]],
  ['$..book[-1:].title', [3]],
  ['$..book[0,1].title', [0, 1]],
  ['$..book[:2].title', [0, 1]],
  ['$..book[?(@.isbn)].title', [2, 3]],
  ['$..book[?(!@.isbn)].title', [0, 1]],
  ['$..book[?(@.price<10)].title', [0, 2]],
  ["$..book[?(@.category == 'fiction' && @.price < 10)].title", [2]],
  ["$..book[?(@.category === 'reference' || @.price > 20)].title", [0, 3]],
  ['$..book[?(@.price * 2 + 1 > 26.5)].title', [1, 3]],
  ['$..book[?(@.title =~ /^s.*ry$/i)].title', [0]],
  ['$..book[?(@.title.match(/^s/i))].title', [0, 1]],
  ['$..book[?(/dick/i.test(@.title))].title', [2]],
  ["$..book[?(@.title.indexOf('the') >= 0)].title", [0, 3]],
  ["$..book[?(@.title.toLowerCase().startsWith('the'))].title", [3]],
  ["$..book[?(@['price'] < 9)].title", [0, 2]],
  ['$..book[?(@.title.length > 20)].title', [0, 3]],
  ['$..book[?(@property === 1)].title', [1]],
  ['$..book[?(@.price < @root.store.bicycle.price / 40)].title', [0, 2]],
  ['$..book[?(@.price == null)].title', []],
])('%s', (text, expected) => {
  expect(titles(text)).toEqual(expected.map(index => book[index]!.title))
})

test('tells whether and where', () => {
  const query = compileGoessner('$..book[?(@.price > 12)].price')
  expect(query.exists(store)).toBe(true)
  expect(query.locate(store).map(pointer => [pointer.text, getAt(store, pointer)])).toEqual([
    ['/store/book/1/price', 12.99],
    ['/store/book/3/price', 22.99],
  ])
  expect(compileGoessner('$.nothing').exists(store)).toBe(false)
})

test('text in filters may hold what the library rewrites', () => {
  expect(select("$[?(@.a == 'x@.y @root')]", [{ a: 'x@.y @root' }, { a: 'x_$_v.y' }])).toEqual([{ a: 'x@.y @root' }])
  expect(select('$[?(@.a == "it\'s")]', [{ a: "it's" }])).toEqual([{ a: "it's" }])
  expect(select("$[?(@.a == '\\u0041\\n')]", [{ a: 'A\n' }])).toEqual([{ a: 'A\n' }])
})

test.each([null, 0, '', false, 'text', 5])('nothing is found in %j', value => {
  expect(select('$.a', value)).toEqual([])
})

test('a missing member in a filter is no error', () => {
  expect(select('$[?(@.a.b.c > 1)]', [{ a: 1 }, {}, null, { a: { b: { c: 2 } } }])).toEqual([{ a: { b: { c: 2 } } }])
})

test('objects and lists have no order, though JavaScript would make numbers of them', () => {
  expect(select('$[?(@.a < 10)]', [{ a: [5] }, { a: '5' }, { a: {} }])).toEqual([{ a: '5' }])
  expect(select('$[?(10 >= @.a)]', [{ a: [] }, { a: 10 }])).toEqual([{ a: 10 }])
})

test.each([
  'a',
  '',
  '$[?(@.a ==)]',
  '$[?(@.a = 1)]',
  '$[?(@.a.replaceAll("a"))]',
  '$[?(@.a.match("a"))]',
  '$[?(process)]',
  '$[?(x => x)]',
  '$[?(@.a; 1)]',
  '$[?(@.a =~ /(/)]',
  '$[(1 +)]',
  `$[?(${'!'.repeat(200)}@.a)]`,
  `$.${'a'.repeat(2_000)}`,
])('%s is no query', text => {
  expect(() => compileGoessner(text)).toThrow(ExpressionError)
})

describe('no filter', () => {
  test.each([
    "@.constructor.constructor('return process')()",
    "@['constructor']['constructor']('return 1')()",
    '@.a.__proto__',
    "''.sub.constructor('return 1')()",
    '@.a.toString',
    '@.a.valueOf()',
    '(() => 1)()',
    'new Date()',
    'this.process.exit()',
    'globalThis',
    '@.a = 1',
    '@.a.repeat(1e9)',
    '`${1}`',
  ])('runs code: %s', filter => {
    const value = [{ a: 'x' }]
    let found: unknown[] = []
    try {
      found = select(`$[?(${filter})]`, value)
    } catch (error) {
      expect(error).toBeInstanceOf(ExpressionError)
    }
    expect(found).toEqual([])
    expect(value).toEqual([{ a: 'x' }])
  })

  test('hangs on a catastrophic pattern', () => {
    expect(select('$[?(@.a =~ /^(a+)+$/)]', [{ a: `${'a'.repeat(50_000)}b` }])).toEqual([])
    expect(select('$[?(@.a.match(/^(a+)+$/))]', [{ a: `${'a'.repeat(50_000)}b` }])).toEqual([])
  })

  test('hangs on descents in descents', () => {
    let deep: unknown = { a: 1 }
    for (let i = 0; i < 200; i++) deep = { a: deep, b: deep === 1 ? 1 : [1] }
    expect(() => select('$..*..*..*..*..*', deep)).toThrow(ExpressionError)
  })
})
