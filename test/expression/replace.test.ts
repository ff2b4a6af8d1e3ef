import { describe, expect, test } from 'vitest'
import { compileReplacement } from '../../src/expression/replace.ts'
import { parseSelectorType } from '../../src/expression/selector-type.ts'

const replace = (type: unknown, target: string, payload: unknown, value: unknown) =>
  compileReplacement(parseSelectorType(type), target)(payload, value)

const order = {
  items: [
    { sku: 'ABC123', quantity: 1 },
    { sku: 'X', quantity: 2 },
  ],
  note: null,
}

test.each([
  ['jsonpointer', '/petId', { petId: 1 }, { petId: 9 }],
  ['jsonpointer', '/quantity', {}, { quantity: 9 }],
  ['jsonpointer', '#/a/b', {}, { a: { b: 9 } }],
  ['jsonpointer', '/tags/-', { tags: [1] }, { tags: [1, 9] }],
  [
    'jsonpath',
    "$.items[?(@.sku=='ABC123')].quantity",
    order,
    { ...order, items: [{ sku: 'ABC123', quantity: 9 }, order.items[1]] },
  ],
  [
    'jsonpath',
    '$.items[*].quantity',
    order,
    {
      ...order,
      items: [
        { sku: 'ABC123', quantity: 9 },
        { sku: 'X', quantity: 9 },
      ],
    },
  ],
  ['jsonpath', '$.new.member', order, { ...order, new: { member: 9 } }],
  ['jsonpath', '$', order, 9],
  ['jsonpath', '$..a', { a: { a: 1, b: 2 } }, { a: 9 }],
  [
    { type: 'jsonpath', version: 'draft-goessner-dispatch-jsonpath-00' },
    '$.items[(@.length-1)].quantity',
    order,
    { ...order, items: [order.items[0], { sku: 'X', quantity: 9 }] },
  ],
  [
    'xpath',
    '/Envelope/Header/CustomerId',
    '<Envelope><Header><CustomerId/></Header></Envelope>',
    '<Envelope><Header><CustomerId>9</CustomerId></Header></Envelope>',
  ],
])('%j %s', (type, target, payload, result) => {
  const before = structuredClone(payload)
  expect(replace(type, target, payload, 9)).toEqual(result)
  expect(payload).toEqual(before)
})

describe('what cannot be set is an error', () => {
  test.each([
    [
      'jsonpath',
      "$.items[?(@.sku=='gone')].quantity",
      order,
      "expected a place at $.items[?(@.sku=='gone')].quantity, found none",
    ],
    ['jsonpath', '$.items[5].quantity', order, 'expected a place at $.items[5].quantity, found none'],
    ['jsonpointer', '/items/7', order, 'expected an index up to 2, found "7"'],
    ['jsonpointer', '/items/0/sku/x', order, 'expected an object or array at "/items/0/sku", found string'],
    ['xpath', '/a/b', '<a/>', 'expected a node at /a/b, found none'],
    ['xpath', '/a/b', {}, 'expected XML as text, found structured data'],
  ])('%s %s', (type, target, payload, message) => {
    expect(() => replace(type, target, payload, 9)).toThrow(message)
  })
})

test('a value is set as it is, whatever it looks like', () => {
  expect(replace('jsonpointer', '/a', {}, '$inputs.b')).toEqual({ a: '$inputs.b' })
  expect(replace('jsonpointer', '/__proto__', {}, { polluted: true })).toEqual(
    JSON.parse('{"__proto__": {"polluted": true}}'),
  )
  expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  expect(replace('xpath', '/a', '<a/>', '</a><b/>$&')).toBe('<a>&lt;/a&gt;&lt;b/&gt;$&amp;</a>')
})
