import { expect } from 'vitest'
import { section } from './rule.ts'
import { accepted, read, refused, run, step } from './run.ts'

const format = section('Format')

const yaml = (version: string, more = '') => `arazzo: ${version}
info: { title: test, version: '1' }
sourceDescriptions:
  - { name: api, url: ./api.json, type: openapi }
workflows:
  - workflowId: main
    steps:
      - stepId: a
        operationId: getThing
        outputs: { thing: $response.body#/thing }
    outputs: { thing: $steps.a.outputs.thing }
${more}`

format.executed('a document is YAML or JSON, and both mean the same', {}, async version => {
  const answer = { body: { thing: 7 } }
  const fromYaml = await run(version, { text: yaml(version), answers: answer })
  const fromJson = await run(version, {
    steps: [step('a', { outputs: { thing: '$response.body#/thing' } })],
    workflow: { outputs: { thing: '$steps.a.outputs.thing' } },
    answers: answer,
  })
  expect(fromYaml.outputs).toEqual({ thing: 7 })
  expect(fromJson.outputs).toEqual(fromYaml.outputs)
  expect(fromJson.requests).toEqual(fromYaml.requests)
})

format.refused('field names are case-sensitive', {}, async version => {
  const codes = await refused(version, { steps: [{ stepId: 'a', OperationId: 'getThing' }] })
  expect(codes.sort()).toEqual(['missing-field', 'unknown-field'])
})

format.executed('so are the keys of maps', {}, async version => {
  const { outputs } = await run(version, {
    steps: [step('a', { outputs: { Id: '$response.body#/A', id: '$response.body#/a' } })],
    workflow: { outputs: { upper: '$steps.a.outputs.Id', lower: '$steps.a.outputs.id' } },
    answers: { body: { a: 1, A: 2 } },
  })
  expect(outputs).toEqual({ upper: 2, lower: 1 })
})

format.read('YAML 1.2: words such as yes and no are text, and numbers keep their kind', {}, async version => {
  const document = await accepted(
    version,
    yaml(version, 'x-values: { a: yes, b: no, c: on, d: 0o14, e: 1.50, f: null, g: true }'),
  )
  expect(document.workflows).toHaveLength(1)
  const { document: typed } = await read(
    version,
    yaml(version).replace("{ title: test, version: '1' }", '{ title: no, version: 2026-01-01 }'),
  )
  expect(typed?.info).toEqual({ title: 'no', version: '2026-01-01' })
})

format.read('tags other than those of JSON are reported', { level: 'MUST' }, async version => {
  for (const tag of ['!!binary aGk=', '!!set { a, b }', '!custom x']) {
    const { problems } = await read(version, yaml(version, `x-tagged: ${tag}`))
    expect(problems.map(({ code }) => code)).toEqual(['unresolved-tag'])
  }
})

format.read('tags of JSON values are allowed', {}, async version => {
  const document = await accepted(version, yaml(version).replace('title: test', 'title: !!str 12'))
  expect(document.info.title).toBe('12')
  expect(document.warnings).toEqual([])
})

format.refused('keys of maps are scalars', { level: 'MUST' }, async version => {
  expect(await refused(version, yaml(version, 'x-map: { ? [a, b] : c }'))).toEqual(['invalid-yaml'])
  expect(await refused(version, yaml(version, 'x-map: { ? { a: b } : c }'))).toEqual(['invalid-yaml'])
})

format.refused('a key stands once in a map', {}, async version => {
  expect(await refused(version, yaml(version, 'x-map: { a: 1, a: 2 }'))).toEqual(['invalid-yaml'])
})

format.read('a key that looks like a number is text', {}, async version => {
  const document = await accepted(
    version,
    yaml(version).replace(
      'workflowId: main',
      'workflowId: main\n    inputs: { type: object, properties: { 200: { type: integer } } }',
    ),
  )
  expect(document.workflows[0]!.inputs).toMatchObject({ properties: { '200': { type: 'integer' } } })
})

format.read('anchors and merge keys stand for what they repeat', { decides: 'yaml-merge-keys' }, async version => {
  const text = yaml(version).replace(
    'outputs: { thing: $response.body#/thing }',
    `parameters: &shared [{ name: a, in: query, value: '1' }]
        outputs: &outputs { thing: $response.body#/thing }
      - { stepId: b, operationId: getOther, parameters: *shared, outputs: { <<: *outputs, more: $statusCode } }`,
  )
  const document = await accepted(version, text, { severities: { 'unknown-parameter': 'off' } })
  const [a, b] = document.workflows[0]!.steps
  expect(b!.parameters.map(({ name }) => name)).toEqual(a!.parameters.map(({ name }) => name))
  expect(b!.outputs.map(({ name }) => name).sort()).toEqual(['more', 'thing'])
})

format.executed(
  'what a block scalar leaves at the end of an expression or a query does not matter',
  { decides: 'block-scalars' },
  async version => {
    const text = `arazzo: ${version}
info: { title: test, version: '1' }
sourceDescriptions:
  - { name: api, url: ./api.json }
workflows:
  - workflowId: main
    steps:
      - stepId: a
        operationId: postThing
        requestBody:
          contentType: application/json
          payload: |
            $inputs.body
          replacements:
            - target: |
                /a
              value: 2
        successCriteria:
          - condition: |
              $statusCode == 200 &&
              $response.body#/thing == 7
          - context: |
              $response.body
            type: jsonpath
            condition: |
              $.thing
          - context: $statusCode
            type: regex
            condition: |
              ^200$
        outputs:
          thing: |
            $response.body#/thing
    outputs: { thing: $steps.a.outputs.thing }
`
    const { outputs, seen } = await run(version, { text, answers: { body: { thing: 7 } }, inputs: { body: { a: 1 } } })
    expect(outputs).toEqual({ thing: 7 })
    expect(seen[0]!.body).toBe('{"a":2}')
  },
)
