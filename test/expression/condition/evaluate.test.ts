import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Condition } from '../../../src/expression/ast.ts'
import { COMPARISONS } from '../../../src/expression/condition/compare.ts'
import { compileCondition, compileOperand } from '../../../src/expression/condition/evaluate.ts'
import { parseCondition } from '../../../src/expression/condition/parser.ts'
import { scopeOf } from '../scope-of.ts'

const scope = scopeOf({
  url: 'http://127.0.0.1/pets',
  method: 'GET',
  statusCode: 200,
  headers: { 'x-rate-limit': '10', 'x-flag': 'true' },
  body: {
    status: 'Placed',
    count: 3,
    ok: true,
    no: false,
    nothing: null,
    zero: 0,
    empty: '',
    items: [{ id: 7, name: 'Rex' }, { id: 8 }],
    tags: ['a', 'b'],
    'first name': 'Ann',
    text: '$inputs.secret',
  },
  inputs: {
    threshold: 2,
    i: 1,
    key: 'id',
    status: 'placed',
    tags: ['a', 'b'],
    secret: 's',
    user: { name: 'Ann' },
    'dotted.name': 1,
  },
  steps: { login: { token: 't0k', list: [1, 2] } },
})

const holds = (text: string) => compileCondition(parseCondition(text))(scope)

test.each([
  '$statusCode == 200',
  '$statusCode == 200 && $response.body.data == null',
  '$response.body.count > $inputs.threshold',
  '$statusCode == 404 || $statusCode == 200',
  "$response.body.status == 'PLACED'",
  '$response.body.status == $inputs.status',
  "'placed' == $response.body.status",
  "$method == 'get'",
  '$response.body.count != null',
  '$response.body.missing == null',
  '$response.body.nothing == null',
  '$response.body#/items/0 != null',
  '$response.body#/items/5 == null',
  '$response.body.missing != 1',
  '$response.header.X-Rate-Limit == 10',
  '$response.header.X-Rate-Limit > 9.5',
  '10 >= $response.header.X-Rate-Limit',
  '3 <= $response.body.count',
  '$response.header.X-Flag == true',
  "$response.body.ok == 'TRUE'",
  '$response.body.ok',
  '!$response.body.no',
  '!$response.body.missing',
  '!$response.body.zero',
  '!$response.body.empty',
  '$response.body.items',
  '$response.body.items[0].id == 7',
  '$response.body.items[$inputs.i].id == 8',
  '$response.body.items[0][$inputs.key] == 7',
  "$response.body.items[0]['name'] == 'rex'",
  '$response.body.items[9].id == null',
  '$response.body.tags == $inputs.tags',
  '{$response.body#/first name} == $inputs.user.name',
  '$inputs.dotted.name == 1',
  '$steps.login.outputs.list[1] == 2',
  "$steps.login.outputs.token == 't0k'",
  "'Bearer {$steps.login.outputs.token}' == 'bearer t0k'",
  '(($statusCode))',
  '1 < 2 == true',
  "'10' > '9'",
  "'b' > 'A'",
  '{$statusCode == 200}',
])('%s', text => {
  expect(holds(text)).toBe(true)
})

test.each([
  '$statusCode == 404',
  'null',
  'false',
  '$response.body.nothing',
  '$response.body.missing > 1',
  '$response.body.missing < 1',
  '3 < $response.body.count',
  '3 > $response.body.count',
  '$response.body.nothing <= 0',
  '$response.body.nothing == 0',
  '$response.body.zero == null',
  '$response.body.status > 5',
  '$response.body.items.length == 2',
  '$response.body.constructor',
  '$response.body.__proto__',
  '$inputs.constructor',
  '$steps.constructor.outputs.name',
  '$steps.missing.outputs.name',
  '$message.payload',
  '$components.parameters.page',
  "'{$inputs.missing}'",
])('not %s', text => {
  expect(holds(text)).toBe(false)
})

test('a resolved value that looks like an expression is a value', () => {
  expect(holds("$response.body.text == '$inputs.secret'")).toBe(true)
  expect(holds("$response.body.text == 's'")).toBe(false)
})

test('what is not needed is not evaluated', () => {
  const asked = scopeOf({ statusCode: 200, body: {} })
  compileCondition(parseCondition('$statusCode == 404 && $response.body.a'))(asked)
  compileCondition(parseCondition('$statusCode == 200 || $response.body.a'))(asked)
  expect(asked.asked).toEqual([])
})

describe('closures for literals agree with the operators', () => {
  const value = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      undefined,
      true,
      false,
      0,
      1,
      200,
      '',
      'A',
      'a',
      '200',
      ' 1 ',
      'true',
      'NULL',
      [],
      {},
      [1],
      { a: 1 },
    ),
    fc.jsonValue(),
  )
  const literal = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constantFrom(null, 'a', '200', 'true', '1'))
  const operator = fc.constantFrom('==', '!=', '<', '<=', '>', '>=')

  test('on either side', () => {
    fc.assert(
      fc.property(value, literal, operator, (value, literal, operator) => {
        const scope = scopeOf({ inputs: { x: value } })
        const place = { start: 0, end: 0 }
        const left: Condition = { kind: 'expression', expression: { kind: 'inputs', name: 'x' }, ...place }
        const right: Condition = { kind: 'literal', value: literal, ...place }
        const condition = { kind: 'comparison', operator, ...place } as const
        expect(compileCondition({ ...condition, left, right })(scope)).toBe(COMPARISONS[operator](value, literal))
        expect(compileCondition({ ...condition, left: right, right: left })(scope)).toBe(
          COMPARISONS[operator](literal, value),
        )
        expect(compileOperand({ ...condition, left, right })(scope)).toBe(COMPARISONS[operator](value, literal))
      }),
      { numRuns: 1_000 },
    )
  })
})
