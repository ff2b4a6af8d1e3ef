import { describe, expect, test } from 'vitest'
import { ExpressionError } from '../../src/expression/expression-error.ts'
import { compileSelector } from '../../src/expression/select.ts'
import { parseSelectorType } from '../../src/expression/selector-type.ts'

const select = (type: unknown, text: string, context: unknown) =>
  compileSelector(parseSelectorType(type), text)(context)
const body = { items: [{ id: 1 }, { id: 2 }], user: { email: 'a@b.example' }, none: null }

test.each([
  ['jsonpath', '$.user.email', body, 'a@b.example'],
  ['jsonpath', '$.items[0].id', body, 1],
  ['jsonpath', '$.items[*].id', body, [1, 2]],
  ['jsonpath', '$.items[?@.id == 2].id', body, 2],
  ['jsonpath', '$.nothing', body, undefined],
  ['jsonpath', '$.none', body, null],
  ['jsonpath', '$.items[?(@.id == 2)]', undefined, undefined],
  [{ type: 'jsonpath', version: 'draft-goessner-dispatch-jsonpath-00' }, '$.items[(@.length-1)].id', body, 2],
  ['jsonpointer', '/items/1/id', body, 2],
  ['jsonpointer', '#/items/1/id', body, 2],
  ['jsonpointer', '', body, body],
  ['jsonpointer', '/items/2', body, undefined],
  ['xpath', '/a/b', '<a><b>1</b></a>', '1'],
  ['xpath', '/a/b', '<a><b>1</b><b>2</b></a>', ['1', '2']],
  ['xpath', '/a/c', '<a/>', undefined],
  [{ type: 'xpath', version: 'xpath-10' }, 'count(/a/b)', '<a><b/></a>', 1],
  ['xpath', '/a', null, undefined],
])('%j %s', (type, text, context, value) => {
  expect(select(type, text, context)).toEqual(value)
})

test('a context that cannot be searched is an error', () => {
  expect(() => select('jsonpath', '$.a', '<html>')).toThrow('expected JSON to apply "$.a" to, found text')
  expect(() => select('xpath', '/a', 'no xml')).toThrow(ExpressionError)
})

describe('types', () => {
  test.each([
    ['jsonpath', { type: 'jsonpath', version: 'rfc9535' }],
    ['xpath', { type: 'xpath', version: 'xpath-31' }],
    ['jsonpointer', { type: 'jsonpointer', version: 'rfc6901' }],
    [
      { type: 'xpath', version: 'xpath-20' },
      { type: 'xpath', version: 'xpath-20' },
    ],
  ])('%j', (written, read) => {
    expect(parseSelectorType(written)).toEqual(read)
  })

  test('are named when they are none', () => {
    const messages = [
      'jsonpth',
      undefined,
      'regex',
      { type: 'xpath', version: 'xpath-3' },
      { type: 'jsonpath' },
      5,
    ].map(type => {
      try {
        return parseSelectorType(type)
      } catch (error) {
        const { message, hint, field } = error as ExpressionError
        return `${field}: ${message}. ${hint ?? ''}`
      }
    })
    expect(messages).toMatchInlineSnapshot(`
      [
        "type: expected a type, found "jsonpth". Did you mean "jsonpath"?",
        "type: expected a type, found none. Use one of jsonpath, xpath or jsonpointer.",
        "type: expected a type, found "regex". Use one of jsonpath, xpath or jsonpointer.",
        "version: expected a version of xpath, found "xpath-3". Did you mean "xpath-31"?",
        "version: expected a "version" beside "type", found none. ",
        "type: expected a type, found number. Use one of jsonpath, xpath or jsonpointer.",
      ]
    `)
  })
})
