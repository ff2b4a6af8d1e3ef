import { describe, expect, test } from 'vitest'
import { type CriterionFields, parseCriterion } from '../../src/expression/criterion.ts'
import type { ExpressionError, Warning } from '../../src/expression/expression-error.ts'

describe('is read', () => {
  test.each([
    ['true', ['true']],
    ['1 == 1', ['1 == 1']],
    ["!('a' == 'b')", ["!('a' == 'b')"]],
    ['$statusCode == 200 || 201', ['201']],
    ['$statusCode == 200 && (1 < 2 || $inputs.a)', ['1 < 2']],
    ['$statusCode == 200', []],
    ['$inputs.a == null || !$inputs.b', []],
    ["'{$inputs.a}' == 'b'", []],
  ])('%s, with a warning of each part that is the same for all responses', (condition, constants) => {
    const warnings: Warning[] = []
    parseCriterion({ condition }, warning => warnings.push(warning))
    const found = constants.map(text => `\`${text}\` holds no expression, and is the same for each response`)
    expect(warnings.map(({ message }) => message)).toEqual(found)
    expect(warnings.map(({ offset }) => offset)).toEqual(constants.map(text => condition.indexOf(text)))
  })
})

test('mistakes are named with their field and place', () => {
  const criteria: CriterionFields[] = [
    {},
    { condition: { a: 1 } },
    { condition: '$statusCode = 200' },
    { condition: '200', type: 'regexp', context: '$statusCode' },
    { condition: '200', type: 'jsonpointer', context: '$response.body' },
    { condition: '^200$', type: 'regex' },
    { condition: '^200$', type: 'regex', context: 'statusCode' },
    { condition: '^200$', type: 'regex', context: ' $status' },
    { condition: '^(200$', type: 'regex', context: '$statusCode' },
    { condition: '$.a[', type: 'jsonpath', context: '$response.body' },
    { condition: '/a[', type: 'xpath', context: '$response.body' },
    { condition: '$.a[{$inputs.}]', type: 'jsonpath', context: '$response.body' },
    { condition: '$.a', type: { type: 'jsonpath', version: 'rfc9353' }, context: '$response.body' },
    { condition: '$.a', type: { type: 'jsonpath' }, context: '$response.body' },
  ]
  const messages = criteria.map(fields => {
    try {
      return parseCriterion(fields)
    } catch (error) {
      const { field, offset, message, hint } = error as ExpressionError
      return `${field} @${offset}: ${message}.${hint === undefined ? '' : ` ${hint}`}`
    }
  })
  expect(messages).toMatchInlineSnapshot(`
    [
      "condition @0: expected a condition, found none.",
      "condition @0: expected a condition, found object.",
      "condition @12: expected a value or an operator, found "=". Write == for equality.",
      "type @0: expected a type, found "regexp". Did you mean "regex"?",
      "type @0: expected a type, found "jsonpointer". Use one of simple, regex, jsonpath or xpath.",
      "context @0: expected a context for type regex, found none. Give it an expression, as in \`context: $response.body\`.",
      "context @0: expected an expression that starts with "$", found "s".",
      "context @1: expected an expression, found "$status". Use one of $url, $method, $statusCode, $request, $response, $message, $inputs, $outputs, $steps, $workflows, $sourceDescriptions, $components or $self.",
      "condition @0: expected a regular expression, found "^(200$" (missing closing ): "^(200$"). Write one such as \`^2\\d{2}$\`, with \`\\\` before characters that stand for themselves.",
      "condition @4: expected a JSONPath (RFC 9535), found "$.a[" (unclosed bracketed selection). Write one such as \`$.items[?@.price > 10]\`; the older dialect is \`draft-goessner-dispatch-jsonpath-00\`.",
      "condition @2: expected an XPath that can be evaluated, found "/a[" (XPST0003: Failed to parse script. Expected end of input). Write one such as \`//item[@price > 10]\`.",
      "condition @13: expected the name of an input after "$inputs.", found "}".",
      "version @0: expected a version of jsonpath, found "rfc9353". Did you mean "rfc9535"?",
      "version @0: expected a "version" beside "type", found none.",
    ]
  `)
})

test('warnings name their field', () => {
  const warnings: Warning[] = []
  const warn = (warning: Warning) => warnings.push(warning)
  parseCriterion({ condition: '$statusCode == "a"', context: '$response.body' }, warn)
  parseCriterion({ condition: 'a $inputs.b', context: ' $response.body[0]', type: 'regex' }, warn)
  expect(
    warnings.map(({ field, offset, message, hint }) => `${field} @${offset}: ${message}. ${hint}`),
  ).toMatchInlineSnapshot(`
    [
      "context @0: a simple condition has no use for a context. Give the criterion a type (regex, jsonpath or xpath), or leave out the context.",
      "condition @15: "a" is read as text, which has single quotes. Write 'a'.",
      "context @1: "[0]" is read as the JSON Pointer "/0". Write $response.body#/0.",
      "condition @2: "$inputs.b" stands in the middle of text without braces and is taken as text. Write {$inputs.b} to embed it.",
    ]
  `)
})
