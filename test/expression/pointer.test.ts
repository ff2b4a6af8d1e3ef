import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ExpressionError } from '../../src/expression/expression-error.ts'
import {
  getAt,
  intern,
  lookup,
  memberOf,
  parsePointer,
  pointerTo,
  resolveName,
  setAt,
} from '../../src/expression/pointer.ts'
import { pointerThrough } from '../../src/ground/pointer.ts'

const at = (value: unknown, text: string) => getAt(value, parsePointer(text))
const set = (value: unknown, text: string, newValue: unknown) => setAt(value, parsePointer(text), newValue)

/** RFC 6901, section 5. */
const document = {
  foo: ['bar', 'baz'],
  '': 0,
  'a/b': 1,
  'c%d': 2,
  'e^f': 3,
  'g|h': 4,
  'i\\j': 5,
  'k"l': 6,
  ' ': 7,
  'm~n': 8,
}
const examples = [
  ['', document],
  ['/foo', ['bar', 'baz']],
  ['/foo/0', 'bar'],
  ['/', 0],
  ['/a~1b', 1],
  ['/c%d', 2],
  ['/e^f', 3],
  ['/g|h', 4],
  ['/i\\j', 5],
  ['/k"l', 6],
  ['/ ', 7],
  ['/m~0n', 8],
] as const

test.each(examples)('%j of the RFC', (text, value) => {
  expect(at(document, text)).toEqual(value)
})

test('~01 is ~1, not a slash', () => {
  expect(parsePointer('/~01').tokens).toEqual(['~1'])
})

describe('what a pointer does not reach is undefined', () => {
  test.each([
    '/foo/2',
    '/foo/-',
    '/foo/00',
    '/foo/01',
    '/foo/+1',
    '/foo/-1',
    '/foo/1e0',
    '/foo/ 0',
    '/foo/length',
    '/foo/0/0',
    '/no/way',
  ])('%s', text => {
    expect(at(document, text)).toBeUndefined()
  })

  test.each(['/__proto__', '/constructor', '/toString', '/constructor/prototype', '/foo/map'])(
    '%s, a prototype member',
    text => {
      expect(at(document, text)).toBeUndefined()
    },
  )

  test('nothing is reached in text, numbers, null', () => {
    expect([at('text', '/0'), at('text', '/length'), at(1, '/a'), at(null, '/a'), at(undefined, '')]).toEqual(
      Array(5).fill(undefined),
    )
  })

  test('own members with such names are reached', () => {
    expect(at(JSON.parse('{"__proto__": {"constructor": 1}}'), '/__proto__/constructor')).toBe(1)
    expect(memberOf({ length: 3 }, 'length')).toBe(3)
  })
})

test.each(['a', '#/a', '/a~', '/a~2/b'])('%s is no pointer', text => {
  expect(() => parsePointer(text)).toThrow(ExpressionError)
})

test('a bad escape is found at its place', () => {
  expect(() => parsePointer('/a~0/b~x')).toThrow(expect.objectContaining({ offset: 6 }))
})

test('equal pointers are one object', () => {
  const { text, tokens } = parsePointer('/a~1b/0')
  expect(pointerTo(['a/b', 0])).toBe(parsePointer(text))
  expect(intern({ text, tokens: [...tokens] })).toBe(parsePointer(text))
})

describe('setAt', () => {
  test('leaves the original as it was and shares the rest', () => {
    const original = { a: { b: 1 }, c: { d: 2 } }
    const changed = set(original, '/a/b', 3) as typeof original
    expect(changed).toEqual({ a: { b: 3 }, c: { d: 2 } })
    expect(original.a.b).toBe(1)
    expect(changed.c).toBe(original.c)
  })

  test.each([
    [{}, '/a', { a: 9 }],
    [{}, '/a/b/c', { a: { b: { c: 9 } } }],
    [{}, '/a/0/b', { a: [{ b: 9 }] }],
    [{}, '/a/-', { a: [9] }],
    [{}, '/a/1', { a: { 1: 9 } }],
    [{ a: null }, '/a/b', { a: { b: 9 } }],
    [undefined, '/a', { a: 9 }],
    [undefined, '/-', [9]],
    [[1, 2], '/1', [1, 9]],
    [[1, 2], '/2', [1, 2, 9]],
    [[1, 2], '/-', [1, 2, 9]],
    [[], '/-/a', [{ a: 9 }]],
    [{ a: 1 }, '', 9],
    [{ '': 1 }, '/', { '': 9 }],
  ])('%j at %s', (value, text, result) => {
    expect(set(value, text, 9)).toEqual(result)
  })

  test.each([
    [[1], '/2', 0],
    [[1], '/01', 0],
    [[1], '/a', 0],
    [{ a: 'text' }, '/a/b', 2],
    [{ a: { b: 5 } }, '/a/b/c/d', 4],
    ['text', '/0', 0],
  ])('%j at %s is refused', (value, text, offset) => {
    expect(() => set(value, text, 9)).toThrow(expect.objectContaining({ name: 'ExpressionError', offset }))
  })

  test('makes an own member of any name and changes no prototype', () => {
    const changed = set({}, '/__proto__/polluted', true) as object
    expect(Object.keys(changed)).toEqual(['__proto__'])
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
    expect(Object.getPrototypeOf(changed)).toBe(Object.prototype)
    expect(at(changed, '/__proto__/polluted')).toBe(true)
    set({}, '/constructor/prototype/polluted', true)
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('for all pointers', () => {
  const tokens = fc.array(fc.oneof(fc.string(), fc.constantFrom('~', '/', '~1', '~0', '', '0', '-', '__proto__')))

  test('parsing undoes formatting', () => {
    fc.assert(
      fc.property(tokens, tokens => {
        expect(parsePointer(pointerThrough(tokens)).tokens).toEqual(tokens)
      }),
    )
  })

  test('what was set is found there', () => {
    fc.assert(
      fc.property(fc.jsonValue(), tokens, fc.jsonValue(), (value, tokens, newValue) => {
        let changed: unknown
        try {
          changed = setAt(value, pointerTo(tokens), newValue)
        } catch (error) {
          expect(error).toBeInstanceOf(ExpressionError)
          return
        }
        // `-` names the item after the last, which is another one once it is set.
        if (!tokens.includes('-')) expect(getAt(changed, pointerTo(tokens))).toEqual(newValue)
      }),
    )
  })

  test('every place in a value is found by its own path', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        const visit = (here: unknown, path: (string | number)[]) => {
          expect(getAt(value, pointerTo(path))).toBe(here)
          if (typeof here !== 'object' || here === null) return
          const entries: [string | number, unknown][] = Array.isArray(here)
            ? here.map((v, i) => [i, v])
            : Object.entries(here)
          for (const [name, member] of entries) visit(member, [...path, name])
        }
        visit(value, [])
      }),
    )
  })
})

test.each([
  [{ 'user.name': 1, user: { name: 2 } }, 'user.name', 1],
  [{ user: { name: 2 } }, 'user.name', 2],
  [{ 'a.b': { c: 3 }, a: { 'b.c': 4 } }, 'a.b.c', 3],
  [{ a: { 'b.c': 4 } }, 'a.b.c', 4],
  [{ list: [{ id: 5 }] }, 'list.0.id', 5],
  [{ a: null }, 'a', null],
  [{ a: null }, 'a.b', undefined],
  [{ a: 'text' }, 'a.length', undefined],
  [{ a: [1] }, 'a.length', undefined],
  [{}, 'constructor', undefined],
  [{}, '__proto__.toString', undefined],
  [undefined, 'a.b', undefined],
])('%j, %s', (record, name, value) => {
  expect(lookup(record, name)).toBe(value)
})

test('a dotted name means the longest that exists', () => {
  const names = new Set(['a', 'a.b', 'c'])
  const resolve = (name: string) => resolveName(name, known => names.has(known))
  expect([resolve('a.b'), resolve('a.b.c'), resolve('a.x'), resolve('c'), resolve('d.a')]).toEqual([
    'a.b',
    'a.b',
    'a',
    'c',
    undefined,
  ])
})
