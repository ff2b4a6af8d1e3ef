import { expect, test } from 'vitest'
import { API, readAll } from './reading.ts'

const HEAD = `arazzo: 1.1.0
info: { title: test, version: '1' }
sourceDescriptions: [{ name: api, url: ./api.yaml }]
workflows:
  - workflowId: w
    steps:
      - stepId: s
        operationId: listItems
`
const STEP = '        '

/** A mistake of each kind that a text of one of the languages, or the shape of a field, can have. */
const MISTAKES: readonly string[] = [
  ...['$statusCode ==', '($statusCode == 200', '$statusCode == 200)', '', '&& true', '$statusCode <> 1', "'a", 'a']
    .map(JSON.stringify as (text: string) => string)
    .map(condition => `successCriteria: [{ condition: ${condition} }]`),
  ...['regex: "["', 'jsonpath: "$.a["', 'jsonpath: a', 'xpath: "/a["', 'xpath: ""'].map(text => {
    const [type, condition] = text.split(/: (.*)/)
    return `successCriteria: [{ context: $response.body, type: ${type}, condition: ${condition} }]`
  }),
  'successCriteria: [{ context: $response.body, type: { type: jsonpath }, condition: $.a }]',
  'successCriteria: [{ context: $response.body, type: { type: xpath, version: xpath-10 }, condition: "foo(" }]',
  'successCriteria: [{ type: jsonpath, condition: $.a }]',
  'successCriteria: [{}]',
  'successCriteria: []',
  'outputs: { a: $response }',
  'outputs: { a: $inputs. }',
  'outputs: { a: "x{$inputs.b" }',
  'outputs: { a: $response.body#a }',
  'outputs: { a: { context: $response.body, selector: "a b", type: jsonpath } }',
  'outputs: { a: { selector: /a, type: jsonpointer } }',
  'outputs: { a: $foo.bar }',
  'outputs: [a]',
  'parameters: [{ name: a, in: query }]',
  'parameters: [{ name: nope, in: cookie, value: 1 }]',
  'parameters: [{ reference: $components.parameters.nope }]',
  'parameters: { a: 1 }',
  'timeout: soon',
  'timeout: 1.5',
  'onFailure: [{ type: end }]',
  'onFailure: [{ name: a }]',
  'onFailure: [{ name: a, type: retry, retryLimit: 1.5 }]',
  'onSuccess: [{ name: a, type: goto, workflowId: w, parameters: [{ name: a, value: 1 }] }]',
  'requestBody: { payload: {}, replacements: [{ target: /a }] }',
  'requestBody: { payload: {}, replacements: [{ target: "$.[", targetSelectorType: jsonpath, value: 1 }] }',
  'description: *nope',
  'description: { a: 1',
]

test.each(MISTAKES)('%s: its problem says what to do', async mistake => {
  const { problems } = await readAll({ 'main.yaml': `${HEAD}${STEP}${mistake}\n`, 'api.yaml': API })
  expect(problems.length).toBeGreaterThan(0)
  for (const { message, hint, at } of problems) {
    expect(message).toMatch(/^Failed to [a-z]+ [^:]+.*: .+\.$/s)
    expect({ message, hint }).toEqual({ message, hint: expect.stringMatching(/^[^a-z].*[.?]$/s) })
    expect(at.line).toBeGreaterThanOrEqual(1)
  }
})

test.each(['', '# nothing', '[]', 'hello', 'openapi: 3.1.0'])('a document that is %j says what one is', async text => {
  const { problems } = await readAll({ 'main.yaml': text })
  expect(problems.map(({ hint }) => hint)).toEqual(['An Arazzo document begins with `arazzo: 1.1.0`.'])
})
