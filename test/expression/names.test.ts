import { expect, test } from 'vitest'
import { lookup, resolveName } from '../../src/expression/pointer.ts'

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
