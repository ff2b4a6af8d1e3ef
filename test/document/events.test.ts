import { expect, test } from 'vitest'
import { API, problemsOf, readAll as read } from './reading.ts'

const flow = (rule: string, { step = 'operationId: listItems', version = '1.1.0' } = {}) => ({
  'api.yaml': API,
  'main.yaml': `arazzo: ${version}
info: { title: test, version: '1' }
sourceDescriptions: [{ name: api, url: ./api.yaml }]
workflows:
  - workflowId: main
    steps:
      - stepId: watch
        ${step}
        x-events: ${rule}
  - { workflowId: other, steps: [{ stepId: list, operationId: listItems }] }
`,
})

test.each([
  [
    `{ until: "$response.body#/0/data == 'x'" }`,
    { most: 1_000, within: undefined, until: ["$response.body#/0/data == 'x'"] },
  ],
  ['{ most: 5 }', { most: 5, within: undefined, until: [] }],
  ['{ most: 5, within: 2min }', { most: 5, within: 120_000, until: [] }],
  [
    '{ until: [$statusCode == 200, { condition: $.x, context: $response.body, type: jsonpath }], within: 250 }',
    { most: 1_000, within: 250, until: ['$statusCode == 200', '$.x'] },
  ],
])('x-events: %s', async (rule, expected) => {
  for (const version of ['1.0.1', '1.1.0']) {
    const { document, problems } = await read(flow(rule, { version }))
    expect(problems).toEqual([])
    const { at, until, most, within } = document!.workflows[0]!.steps[0]!.events!
    expect({ most, within, until: until.map(({ text }) => text) }).toEqual(expected)
    expect(at).toMatchObject({ line: 9, column: 9 })
  }
})

test.each([
  ['5', '9:19 Failed to read x-events of step "watch": it is not an object. Write such as `x-events: { most: 1 }`.'],
  [
    '{}',
    '9:9 Failed to read x-events of step "watch": it says neither how long it reads nor how much. Give it `until`, a condition, or `most`, a number of events.',
  ],
  ['{ most: 0 }', '9:27 Failed to read "most" in x-events of step "watch": 0 is not a whole number of at least 1.'],
  ['{ most: 1, within: 5 parsecs }', /^9:38 Failed to read "within" in x-events of step "watch": "5 parsecs": /],
  ['{ most: 1, within: 0 }', /^9:38 .+: it is zero\. Give it some time\.$/],
  [
    '{ most: 1, untill: x }',
    '9:30 Failed to read "untill" in x-events of step "watch": there is no such key. Did you mean "until"?',
  ],
  [
    '{ until: [] }',
    '9:28 Failed to read "until" in x-events of step "watch": the list is empty. Give it a condition, or leave it out.',
  ],
  [
    '{ until: 5 }',
    /^9:28 Failed to read "until" in x-events of step "watch": it is neither a condition nor a Criterion Object\./,
  ],
  [
    '{ until: [$statusCode == 200, {}] }',
    /^9:49 Failed to read criterion 2 of "until" in x-events of step "watch": expected a condition, found none/,
  ],
  ['{ until: $statusCode = 200 }', /^9:40 Failed to read "until" in x-events of step "watch": /],
  [
    '{ until: $steps.none.outputs.a == 1 }',
    /^9:28 Failed to resolve \$steps\.none\.outputs\.a: workflow "main" has no step "none"/,
  ],
  ['{ until: { condition: $.a, type: jsonpath } }', /^9:46 .*`type` is given without a `context`/],
  [
    '{ until: { condition: $statusCode == 200, contxt: a } }',
    /^9:61 .+: a Criterion Object has no field `contxt`\. Its fields are condition, context, type, version\.$/,
  ],
])('x-events: %s is a problem with its place', async (rule, expected) => {
  const errors = (await problemsOf(flow(rule))).split('\n').filter(line => line.includes(' error '))
  const shown = errors.map(line => line.replace(/^main\.yaml:/, '').replace(/ error [\w-]+:/, ''))
  expect(shown).toEqual([typeof expected === 'string' ? expected : expect.stringMatching(expected)])
})

test('a step that runs a workflow has no stream', async () => {
  const problems = await problemsOf(flow('{ most: 1 }', { step: 'workflowId: other' }))
  expect(problems).toContain('a step that runs a workflow has no event stream. Move it to a step of an operation.')
})

test('x-events elsewhere, or misspelt, is a warning', async () => {
  const files = flow('{ most: 1 }')
  files['main.yaml'] = files['main.yaml']
    .replace('    steps:\n', '    x-events: { most: 1 }\n    steps:\n')
    .replace('        x-events', '        x-event')
  const problems = await problemsOf(files)
  expect(problems).toContain('Failed to read workflow "main": `x-events` is not read there. Move it to a step.')
  expect(problems).toContain(
    'Failed to read step "watch": `x-event` means nothing here and is not read. Did you mean `x-events`?',
  )
})
