import fc from 'fast-check'
import { expect, test } from 'vitest'
import { given } from '../../src/ground/given.ts'

type Some = Record<string, unknown>

const value = fc.oneof(fc.constant(undefined), fc.constantFrom(null, false, 0, '', Number.NaN), fc.jsonValue())
const key = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString'))
const objects = fc.array(fc.tuple(key, value)).map(entries => Object.fromEntries(entries) as Some)

test('every key whose value is not undefined stays, in its order, with the same value; no other key does', () => {
  fc.assert(
    fc.property(objects, object => {
      const made = given<Some>(object)
      expect(Object.keys(made)).toEqual(Object.keys(object).filter(name => object[name] !== undefined))
      for (const name of Object.keys(made)) expect(Object.is(made[name], object[name])).toBe(true)
    }),
  )
})

test('the object itself stays as it is, and the copy is a plain object', () => {
  fc.assert(
    fc.property(objects, object => {
      const before = Object.entries(object)
      expect(Object.getPrototypeOf(given<Some>(object))).toBe(Object.prototype)
      expect(Object.entries(object)).toStrictEqual(before)
    }),
  )
})

test('a copy is its own copy', () => {
  fc.assert(
    fc.property(objects, object => {
      const made = given<Some>(object)
      expect(Object.entries(given<Some>(made))).toStrictEqual(Object.entries(made))
    }),
  )
})

test('only the keys of the object itself count, not those within', () => {
  expect(given<Some>({ a: { b: undefined }, c: undefined })).toStrictEqual({ a: { b: undefined } })
})
