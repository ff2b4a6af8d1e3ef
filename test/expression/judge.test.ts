import { describe, expect, test } from 'vitest'
import { Nodes } from '../../src/expression/chain.ts'
import { type CriterionFields, parseCriterion } from '../../src/expression/criterion.ts'
import { compileCriterion } from '../../src/expression/judge.ts'
import type { Scope } from '../../src/expression/scope.ts'
import { type Given, scopeOf } from './scope-of.ts'

const passes = (fields: CriterionFields, given: Given) => compileCriterion(parseCriterion(fields)).test(scopeOf(given))
const body = '$response.body'
const goessner = { type: 'jsonpath', version: 'draft-goessner-dispatch-jsonpath-00' }
const xml = '<root><pets><pet/></pets><items><price>12</price></items></root>'

const passing: readonly (readonly [CriterionFields, Given])[] = [
  // the specification's examples
  [{ condition: '$statusCode == 200' }, { statusCode: 200 }],
  [{ condition: '$response.body.count > $inputs.threshold' }, { body: { count: 3 }, inputs: { threshold: '2' } }],
  [{ condition: '$statusCode == 200 && $response.body.data != null' }, { statusCode: 200, body: { data: {} } }],
  [
    { context: body, condition: '$[?(@.status == "{$inputs.expectedStatus}")]', type: 'jsonpath' },
    { body: { status: 'sold' }, inputs: { expectedStatus: 'sold' } },
  ],
  [
    { context: body, condition: '/root/items[price > {$steps.getPricing.outputs.minPrice}]', type: 'xpath' },
    { body: xml, steps: { getPricing: { minPrice: 10 } } },
  ],
  [
    { context: '$response.body.status', condition: '^({$inputs.statusPattern})$', type: 'regex' },
    { body: { status: 'sold' }, inputs: { statusPattern: 'placed|sold' } },
  ],
  [{ context: '$statusCode', condition: '^2\\d{2}$', type: 'regex' }, { statusCode: 204 }],
  [{ context: '$statusCode', condition: '^200$', type: 'regex' }, { statusCode: 200 }],
  [{ context: body, condition: '$[?count(@.pets) > 0]', type: 'jsonpath' }, { body: { pets: [] } }],
  [{ context: body, condition: '$.pets[*]', type: 'jsonpath' }, { body: { pets: [1] } }],
  [{ context: body, condition: '$.data[*]', type: 'jsonpath' }, { body: { data: [null] } }],
  [{ context: body, condition: 'count(/root/pets/*) > 0', type: 'xpath' }, { body: xml }],
  [{ context: body, condition: '/root/pets', type: 'xpath' }, { body: xml }],
  [{ condition: '{$statusCode == 401}' }, { statusCode: 401 }],
  [{ condition: '$response.body#/0 == null' }, { body: [] }],
  [{ context: body, condition: '$[?@.access_token != null]', type: 'jsonpath' }, { body: { access_token: 't' } }],

  [{ context: body, condition: '$', type: 'jsonpath' }, { body: {} }],
  [{ context: body, condition: '$.a', type: 'jsonpath' }, { body: { a: null } }],
  [{ context: '$response.body#/a', condition: '$[?@ > 1]', type: 'jsonpath' }, { body: { a: [1, 2] } }],
  [{ context: body, condition: '$.a[?@.b == "x"]', type: 'jsonpath' }, { body: { a: [{ b: 'x' }] } }],
  [
    { context: body, condition: '$.a[?@.b > {$inputs.min}]', type: 'jsonpath' },
    { body: { a: [{ b: 2 }] }, inputs: { min: 1 } },
  ],
  [{ context: body, condition: '$..book[?(@.price < 10)]', type: goessner }, { body: { book: [{ price: 9 }] } }],
  [{ context: body, condition: '/Ok/i', type: 'regex' }, { body: 'it is OK' }],
  [{ context: body, condition: '"a":1', type: 'regex' }, { body: { a: 1 } }],
  [{ context: '$response.header.X-Flag', condition: 'true', type: 'regex' }, { headers: { 'x-flag': 'true' } }],
  [{ context: '$inputs.on', condition: '^true$', type: 'regex' }, { inputs: { on: true } }],
]

const failing: readonly (readonly [CriterionFields, Given])[] = [
  [{ condition: '$statusCode == 200' }, { statusCode: 500 }],
  [{ context: '$statusCode', condition: '^2\\d{2}$', type: 'regex' }, { statusCode: 404 }],
  [{ context: '$inputs.a', condition: '', type: 'regex' }, { inputs: { a: null } }],
  [{ context: '$inputs.a', condition: '', type: 'regex' }, {}],
  [{ context: '$inputs.a', condition: 'null|undefined', type: 'regex' }, { inputs: { a: null } }],
  [{ context: body, condition: '$', type: 'jsonpath' }, { body: null }],
  [{ context: body, condition: '$', type: 'jsonpath' }, {}],
  [{ context: body, condition: '$.a', type: 'jsonpath' }, { body: null }],
  [{ context: body, condition: '$.a', type: 'jsonpath' }, { body: {} }],
  [{ context: body, condition: '$.pets[*]', type: 'jsonpath' }, { body: { pets: [] } }],
  [{ context: body, condition: '$.pets[*]', type: 'jsonpath' }, { body: 'not JSON' }],
  [
    { context: body, condition: '$.a[{$inputs.x}]', type: 'jsonpath' },
    { body: { a: [1] }, inputs: { x: '?' } },
  ],
  [
    { context: body, condition: '({$inputs.x}', type: 'regex' },
    { body: 'a', inputs: { x: 'a' } },
  ],
  [
    { context: body, condition: '/root/{$inputs.x}', type: 'xpath' },
    { body: xml, inputs: { x: '[' } },
  ],
  [{ context: body, condition: '/root/cats', type: 'xpath' }, { body: xml }],
  [{ context: body, condition: '/root', type: 'xpath' }, { body: 'not XML' }],
  [{ context: body, condition: '/root', type: 'xpath' }, { body: null }],
  [{ context: body, condition: '/root', type: 'xpath' }, {}],
  [{ context: body, condition: '(1, 2)', type: 'xpath' }, { body: xml }],
]

test.each(passing)('%j passes with %j', (fields, given) => {
  expect(passes(fields, given)).toBe(true)
  expect(compileCriterion(parseCriterion(fields)).explain(scopeOf(given)).error).toBeUndefined()
})

test.each(failing)('%j fails with %j', (fields, given) => {
  expect(passes(fields, given)).toBe(false)
})

test('nothing of a scope makes it throw', () => {
  const broken = new Proxy({} as Scope, {
    get() {
      throw new Error('unreadable')
    },
  })
  for (const [fields] of passing) {
    const criterion = compileCriterion(parseCriterion(fields))
    expect(criterion.test(broken)).toBe(false)
    expect(criterion.explain(broken)).toEqual({ actual: {}, error: 'unreadable' })
  }
})

describe('an explanation', () => {
  const explain = (fields: CriterionFields, given: Given) =>
    compileCriterion(parseCriterion(fields)).explain(scopeOf(given))

  test('of a condition', () => {
    expect(explain({ condition: '$statusCode == 200' }, { statusCode: 503 })).toEqual({
      actual: { $statusCode: 503 },
      expected: { $statusCode: 200 },
    })
  })

  test('of a pattern', () => {
    expect(explain({ context: '$statusCode', condition: '^2\\d{2}$', type: 'regex' }, { statusCode: 503 })).toEqual({
      actual: { $statusCode: 503 },
      expected: { $statusCode: 'a match of ^2\\d{2}$' },
    })
  })

  test('of a query shows only the part of the body that it is about', () => {
    const given = { body: { pets: [], rest: 'large' }, inputs: { id: 5 } }
    expect(explain({ context: body, condition: '$.pets[*]', type: 'jsonpath' }, given)).toEqual({
      actual: { '$response.body#/pets': [] },
      expected: { '$response.body#/pets': 'a node at $.pets[*]' },
    })
    expect(
      explain({ context: '$response.body.pets', condition: '$[?@.id == {$inputs.id}]', type: 'jsonpath' }, given),
    ).toEqual({
      actual: { '$response.body.pets': [], '$inputs.id': 5 },
      expected: { '$response.body.pets': 'a node at $[?@.id == 5]' },
    })
  })

  test('of what cannot be evaluated has the reason', () => {
    const errors = [
      explain({ context: body, condition: '({$inputs.x}', type: 'regex' }, { body: 'a', inputs: { x: 'a' } }),
      explain({ context: body, condition: '$[*]', type: 'jsonpath' }, { body: '<html>' }),
      explain({ context: body, condition: '/a', type: 'xpath' }, { body: '{}' }),
      explain({ context: body, condition: '(1, 2)', type: 'xpath' }, { body: '<a/>' }),
    ]
    expect(errors.map(({ error }) => error)).toMatchInlineSnapshot(`
      [
        "expected a regular expression, found "(a" (missing closing ): "(a")",
        "expected JSON to apply a JSONPath to, found text",
        "expected XML, found "{}" (Parsing document failed, expected "<", line 1, character 1)",
        "expected an XPath that can be evaluated, found "(1, 2)" (FORG0006: Cannot determine the effective boolean value of a sequence with a length higher than one)",
      ]
    `)
  })

  test('of what passes expects nothing', () => {
    expect(explain({ context: '$statusCode', condition: '2', type: 'regex' }, { statusCode: 200 })).toEqual({
      actual: { $statusCode: 200 },
    })
  })
})

test('what was left out for the query is shown when it finds nothing', () => {
  const criterion = compileCriterion(
    parseCriterion({ context: body, condition: '$.items[?@.id == 2]', type: 'jsonpath' }),
  )
  const scope = scopeOf({ body: { items: [{ id: 1, name: 'x' }] } })
  const { response } = scope
  const at: typeof response = {
    ...response!,
    body: undefined,
    at: pointer => (pointer.chain === undefined ? response!.at(pointer) : new Nodes([], 0)),
  }
  expect(criterion.test({ ...scope, response: at })).toBe(false)
  expect(criterion.explain({ ...scope, response: at }).actual).toEqual({
    '$response.body#/items': [{ id: 1, name: 'x' }],
  })
})
