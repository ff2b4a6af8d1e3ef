import { expect, test } from 'vitest'
import { explainCondition } from '../../../src/expression/condition/evaluate.ts'
import { parseCondition } from '../../../src/expression/condition/parser.ts'
import { scopeOf } from '../scope-of.ts'

const scope = scopeOf({
  statusCode: 404,
  body: { count: 3, items: [{ id: 7 }], nothing: null },
  inputs: { limit: 10, i: 0, off: false, on: true },
})
const explain = (text: string) => explainCondition(parseCondition(text), text, scope)

test.each([
  ['$statusCode == 200', { $statusCode: 404 }, { $statusCode: 200 }],
  ['200 == $statusCode', { $statusCode: 404 }, { $statusCode: 200 }],
  [
    '$response.body.count > $inputs.limit',
    { '$response.body.count': 3, '$inputs.limit': 10 },
    { '$response.body.count': '> 10' },
  ],
  ['10 < $response.body.count', { '$response.body.count': 3 }, { '$response.body.count': '> 10' }],
  ['$response.body.nothing != null', { '$response.body.nothing': null }, { '$response.body.nothing': 'not null' }],
  [
    '$response.body.gone == null && $statusCode == 200',
    { '$response.body.gone': undefined, $statusCode: 404 },
    { $statusCode: 200 },
  ],
  [
    '$statusCode == 200 && $response.body.count < 2',
    { $statusCode: 404, '$response.body.count': 3 },
    { $statusCode: 200, '$response.body.count': '< 2' },
  ],
  [
    '$statusCode == 200 || $statusCode == 201 || $statusCode == 204',
    { $statusCode: 404 },
    { $statusCode: '200 or 201 or 204' },
  ],
  ['$statusCode == 200 || $inputs.off', { $statusCode: 404, '$inputs.off': false }, undefined],
  ['$inputs.off', { '$inputs.off': false }, { '$inputs.off': true }],
  ['!$inputs.on', { '$inputs.on': true }, { '$inputs.on': false }],
  ['!($statusCode == 404)', { $statusCode: 404 }, undefined],
  [
    '$response.body.items[$inputs.i].id == 8',
    { '$response.body.items[$inputs.i].id': 7 },
    { '$response.body.items[$inputs.i].id': 8 },
  ],
  ["'a{$inputs.i}' == 'a1'", { "'a{$inputs.i}'": 'a0' }, { "'a{$inputs.i}'": 'a1' }],
  ['1 == 2', {}, undefined],
  ['$statusCode == 404', { $statusCode: 404 }, undefined],
])('%s', (text, actual, expected) => {
  expect(explain(text)).toStrictEqual(expected === undefined ? { actual } : { actual, expected })
})
