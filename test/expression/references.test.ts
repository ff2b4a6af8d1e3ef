import { expect, test } from 'vitest'
import { parseCriterion } from '../../src/expression/criterion.ts'
import { expressionsIn, type Reference } from '../../src/expression/references.ts'
import { parseTemplate } from '../../src/expression/template.ts'

const short = (references: Reference[]) =>
  references.map(({ text, offset, path, field }) => [text, offset, path.join('/'), field])

test('of a template, with their places', () => {
  const value = {
    whole: '$inputs.a',
    text: 'Bearer {$steps.login.outputs.token}, {$inputs.b#/c}',
    list: [1, { deep: '{$url}' }],
    selector: { context: '$response.body', selector: '$.a[{$inputs.i}]', type: 'jsonpath' },
  }
  expect(short(expressionsIn(parseTemplate(value, { selectors: true })))).toEqual([
    ['$inputs.a', 0, 'whole', undefined],
    ['$steps.login.outputs.token', 8, 'text', undefined],
    ['$inputs.b#/c', 38, 'text', undefined],
    ['$url', 1, 'list/1/deep', undefined],
    ['$response.body', 0, 'selector', 'context'],
    ['$inputs.i', 5, 'selector', 'selector'],
  ])
  expect(expressionsIn(parseTemplate('text'))).toEqual([])
})

test('of a criterion, with their places', () => {
  const condition = "!$inputs.a && ($inputs.list[$inputs.i].x == 'a {$inputs.c}' || {$response.body#/first name} == 1)"
  expect(short(expressionsIn(parseCriterion({ condition })))).toEqual([
    ['$inputs.a', 1, '', 'condition'],
    ['$inputs.list', 15, '', 'condition'],
    ['$inputs.i', 28, '', 'condition'],
    ['$inputs.c', condition.indexOf('$inputs.c'), '', 'condition'],
    ['{$response.body#/first name}', condition.indexOf('{$response'), '', 'condition'],
  ])
  expect(
    short(expressionsIn(parseCriterion({ context: '$response.body', condition: '^{$inputs.p}$', type: 'regex' }))),
  ).toEqual([
    ['$response.body', 0, '', 'context'],
    ['$inputs.p', 2, '', 'condition'],
  ])
})
