import { expect, test } from 'vitest'
import { API, arazzo, problemsOf } from './reading.ts'

const withInputs = (inputs: string, more = '') => ({
  'main.yaml': arazzo(
    `  - workflowId: main
    inputs: ${inputs}
    steps: [{ stepId: a, operationId: listItems }]`,
    { more },
  ),
  'api.yaml': API,
})

test('values that no JSON Schema has are reported where they stand', async () => {
  const inputs =
    "{ type: objct, properties: { a: { type: strng }, b: { pattern: '(' }, c: { minLength: -1 } }, required: a }"
  expect(await problemsOf(withInputs(inputs))).toMatchInlineSnapshot(`
    "main.yaml:7:21 error invalid-value: Failed to read the inputs of workflow "main": no JSON Schema has the type "objct". Did you mean "object"?
    main.yaml:7:53 error invalid-value: Failed to read the inputs of workflow "main": no JSON Schema has the type "strng". Did you mean "string"?
    main.yaml:7:76 error invalid-value: Failed to read the inputs of workflow "main": \`pattern\` of a schema is not a regular expression. Write a regular expression.
    main.yaml:7:99 error invalid-value: Failed to read the inputs of workflow "main": \`minLength\` of a schema is not a whole number from 0. Write a whole number from 0.
    main.yaml:7:117 error invalid-value: Failed to read the inputs of workflow "main": \`required\` of a schema is not a list. Write a list."
  `)
})

test('so are those of components, once', async () => {
  const more = 'components: { inputs: { page: { type: [integer, nul], allOf: { type: x } } } }'
  expect(await problemsOf(withInputs("{ $ref: '#/components/inputs/page' }", more))).toMatchInlineSnapshot(`
    "main.yaml:9:39 error invalid-value: Failed to read the inputs of \`components.inputs.page\`: no JSON Schema has the type "nul". Did you mean "null"?
    main.yaml:9:62 error invalid-value: Failed to read the inputs of \`components.inputs.page\`: \`allOf\` of a schema is not a list with at least one item. Write a list with at least one item."
  `)
})

test('keywords nobody knows, and schemas that are true or false, are none of its business', async () => {
  const inputs = "{ 'x-a': 1, properties: { a: true, b: { $comment: x, examples: [1] } }, additionalProperties: false }"
  expect(await problemsOf(withInputs(inputs))).toBe('')
})

test('members that are no schemas, and lists of names that are none, are reported too', async () => {
  const inputs =
    "{ properties: { a: 5, b: { multipleOf: 0 } }, patternProperties: { '(': {} }, allOf: [1], anyOf: [], required: [a, 1, a], dependentRequired: { a: b }, type: [], readOnly: 1 }"
  expect(await problemsOf(withInputs(inputs))).toMatchInlineSnapshot(`
    "main.yaml:7:32 error invalid-value: Failed to read the inputs of workflow "main": "a" of \`properties\` is not a schema. Correct it, or remove it.
    main.yaml:7:52 error invalid-value: Failed to read the inputs of workflow "main": \`multipleOf\` of a schema is not a number above 0. Write a number above 0.
    main.yaml:7:85 error invalid-value: Failed to read the inputs of workflow "main": "(" of \`patternProperties\` is not a regular expression. Correct it, or remove it.
    main.yaml:7:99 error invalid-value: Failed to read the inputs of workflow "main": item 1 of \`allOf\` is not a schema. Correct it, or remove it.
    main.yaml:7:110 error invalid-value: Failed to read the inputs of workflow "main": \`anyOf\` of a schema is not a list with at least one item. Write a list with at least one item.
    main.yaml:7:128 error invalid-value: Failed to read the inputs of workflow "main": item 2 of \`required\` is not text. Correct it, or remove it.
    main.yaml:7:131 error invalid-value: Failed to read the inputs of workflow "main": \`required\` has "a" twice. Correct it, or remove it.
    main.yaml:7:159 error invalid-value: Failed to read the inputs of workflow "main": "a" of \`dependentRequired\` is not a list. Correct it, or remove it.
    main.yaml:7:170 error invalid-value: Failed to read the inputs of workflow "main": \`type\` of a schema names no type. Name one, or leave \`type\` out.
    main.yaml:7:184 error invalid-value: Failed to read the inputs of workflow "main": \`readOnly\` of a schema is not true or false. Write true or false."
  `)
})
