import { describe, expect, test } from 'vitest'
import {
  comparisonTable,
  comparisonValue,
  examples,
  functionTable,
  places,
} from '../../fixtures/expressions/rfc9535.ts'
import { bounded } from '../../src/expression/bounded.ts'
import { ExpressionError } from '../../src/expression/expression-error.ts'
import { compileJsonPath, existsInBody } from '../../src/expression/jsonpath.ts'
import { getAt } from '../../src/expression/pointer.ts'

const select = (text: string, value: unknown) => compileJsonPath(text).select(value)

describe.each(examples)('RFC 9535, $section', ({ value, queries }) => {
  test.each(queries)('%s', (text, nodes) => {
    const query = compileJsonPath(text)
    expect(query.select(value)).toEqual(nodes)
    expect(query.exists(value)).toBe(nodes.length > 0)
    expect(query.locate(value).map(pointer => getAt(value, pointer))).toEqual(nodes)
  })
})

describe('RFC 9535, 2.3.5.3, comparisons', () => {
  test.each(comparisonTable)('%s is %s', (comparison, result) => {
    expect(compileJsonPath(`$[?${comparison}]`).exists(comparisonValue)).toBe(result)
  })
})

describe('RFC 9535, 2.4.9, function expressions', () => {
  test.each(functionTable)('%s is well typed: %s', (text, isWellTyped) => {
    if (isWellTyped) compileJsonPath(text)
    else expect(() => compileJsonPath(text)).toThrow(ExpressionError)
  })
})

describe('RFC 9535, 2.7, normalized paths', () => {
  test.each(places)('%s', (text, value, pointer) => {
    const found = compileJsonPath(text).locate(value)
    expect(found.map(({ text }) => text)).toEqual([pointer])
  })
})

test('control characters may be escaped in a name', () => {
  const value = { 'a\nb': 1, '\u000b': 2, '\\u000b': 3, '😀\t': 4, '\u0000': 5 }
  expect(select('$["a\\u000ab"]', value)).toEqual([1])
  expect(select("$['\\u000B']", value)).toEqual([2])
  expect(select('$["\\\\u000b"]', value)).toEqual([3])
  expect(select('$["😀\\u0009"]', value)).toEqual([4])
  expect(select('$["\\uD83D\\uDE00\\u0009"]', value)).toEqual([4])
  expect(select('$["\\u0000"]', value)).toEqual([5])
})

test('a root filter that refers to the body itself is not tried on an array around it', () => {
  expect(existsInBody(compileJsonPath('$[?$.a == $.b]'), { a: 1 })).toBe(false)
  expect(existsInBody(compileJsonPath('$[?@.a == 1]'), { a: 1 })).toBe(true)
})

describe('functions', () => {
  test('length, count and value', () => {
    const value = { a: [1, 2, 3], b: 'ab', c: { x: 1 } }
    expect(select('$[?length(@) == 3]', value)).toEqual([[1, 2, 3]])
    expect(select('$[?length(@) == 2]', value)).toEqual(['ab'])
    expect(select('$[?count(@.*) == 1]', value)).toEqual([{ x: 1 }])
    expect(select('$[?value(@.x) == 1]', value)).toEqual([{ x: 1 }])
  })

  test('match is anchored, search is not, and a dot matches no line break', () => {
    const texts = ['a', 'ba', 'ab', 'a\n', 'x\ny', 'x\ry', 'x.y', 'xzy']
    expect(select("$[?match(@, 'a')]", texts)).toEqual(['a'])
    expect(select("$[?search(@, 'a')]", texts)).toEqual(['a', 'ba', 'ab', 'a\n'])
    expect(select("$[?match(@, 'x.y')]", texts)).toEqual(['x.y', 'xzy'])
    expect(select("$[?match(@, 'x\\\\.y')]", texts)).toEqual(['x.y'])
    expect(select("$[?match(@, 'x[.]y')]", texts)).toEqual(['x.y'])
    expect(select("$[?match(@, 'a|b.')]", texts)).toEqual(['a', 'ba'])
    expect(select("$[?search(@, '/A/i')]", ['a', '/A/i'])).toEqual(['/A/i'])
  })

  test('a pattern that is none, and a value that is no text, match nothing', () => {
    expect(select("$[?search(@, '(')]", ['('])).toEqual([])
    expect(select("$[?search(@, '1')]", [1, null])).toEqual([])
  })
})

test.each([
  '',
  'a',
  '$.',
  '$[',
  '$.a b',
  '$[?@.a = 1]',
  '$[?count(1) > 0]',
  '$[?nope(@)]',
  '$[01]',
  '$..',
  `$.${'a'.repeat(10_000)}`,
])('%j is no JSONPath', text => {
  expect(() => compileJsonPath(text)).toThrow(ExpressionError)
})

test('a fault is found at its place', () => {
  const fault = expect.objectContaining({
    offset: 6,
    message: `expected a JSONPath (RFC 9535), found "$[?@.a=1]" (unexpected filter selector token '=')`,
  })
  expect(() => compileJsonPath('$[?@.a=1]')).toThrow(fault)
})

describe('a filter behind the root', () => {
  const exists = (text: string, body: unknown) => existsInBody(compileJsonPath(text), body)

  test("of an object's body tests the body, as the specification's own criterion means it", () => {
    expect(exists('$[?count(@.pets) > 0]', { pets: [{ id: 1 }] })).toBe(true)
    expect(exists('$[?count(@.pets) > 0]', { dogs: [] })).toBe(false)
    expect(exists('$[?(@.status == "placed")]', { status: 'placed' })).toBe(true)
    expect(exists('$[?(@.status == "placed")]', { status: 'gone' })).toBe(false)
  })

  test('tests the members first, as the RFC says', () => {
    expect(exists('$[?@.active == true]', { a: { active: false }, b: { active: true } })).toBe(true)
    expect(exists('$[?count(@.pets) > 0]', { inner: { pets: 1 } })).toBe(true)
  })

  test("tests an array's items only", () => {
    expect(exists('$[?count(@.pets) > 0]', [{ pets: 1 }])).toBe(true)
    expect(exists('$[?count(@.pets) > 0]', [[{ pets: 1 }]])).toBe(false)
    expect(exists('$[?@ == "a"]', 'a')).toBe(false)
  })

  test('is not one further on', () => {
    expect(exists('$.a[?@.b == 1]', { a: { b: 1 } })).toBe(false)
    expect(exists('$..[?@.b == 2]', { b: 2 })).toBe(false)
    expect(exists('$["b"]', { a: 1 })).toBe(false)
  })
})

describe('what a query begins with', () => {
  test.each([
    ['$.a', ['a'], false],
    ['$.a["b c"].d', ['a', 'b c', 'd'], false],
    ['$.a[*]', ['a'], true],
    ['$.a.b[?@.c == "x"].d', ['a', 'b'], true],
    ['$.a[0].b', ['a'], true],
    ['$.a..b', ['a'], true],
    ['$.a["0"]', ['a'], true],
    ['$.a["b", "c"]', ['a'], true],
  ])('%s', (text, names, rest) => {
    const { beginning } = compileJsonPath(text)
    expect([beginning?.names, beginning?.rest !== undefined]).toEqual([names, rest])
  })

  test.each(['$', '$[0].a', '$[*]', '$..a', '$[?@.a]', '$.a[?@.b == $.c]'])('%s cannot be split', text => {
    expect(compileJsonPath(text).beginning).toBeUndefined()
  })
})

describe('no query', () => {
  test.each([
    '$.constructor',
    '$.__proto__',
    "$['__proto__']",
    '$.toString',
    '$..constructor',
    '$.a.length',
    '$.t[0]',
    '$.t.length',
  ])('reaches a prototype: %s', text => {
    expect(select(text, { a: [1], t: 'text' })).toEqual([])
  })

  test('hangs on a catastrophic pattern', () => {
    const run = () => [
      select("$[?search(@, '^(a+)+$')]", [`${'a'.repeat(50_000)}b`]),
      select("$[?match(@, '(a|a)*b')]", ['a'.repeat(50_000)]),
    ]
    expect(bounded(run, 15_000)).toEqual([[], []])
  })

  test('hangs on descents in descents', () => {
    let deep: unknown = 1
    for (let i = 0; i < 400; i++) deep = { a: deep, b: [deep === 1 ? 1 : 2] }
    const query = compileJsonPath('$[?count(@..*..*..*..*..*) < 0]')
    expect(() => query.exists(deep)).toThrow(ExpressionError)
  }, 10_000)

  test('overflows the stack on a deep body', () => {
    const body = JSON.parse(`${'['.repeat(3_000)}${']'.repeat(3_000)}`)
    expect(() => compileJsonPath('$..a').select(body)).toThrow(ExpressionError)
  })
})
