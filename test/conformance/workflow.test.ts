import { expect } from 'vitest'
import { section, type Version } from './rule.ts'
import { accepted, documentOf, outputsOf, read, refused, run, status, step } from './run.ts'

const workflow = section('Workflow Object')

const other = (version: Version, more: object = {}) =>
  documentOf(version, {
    workflows: [{ workflowId: 'elsewhere', steps: [step('there', { operationId: 'getOther' })], ...more }],
  })

const withOther = {
  sourceDescriptions: [
    { name: 'api', url: './api.json', type: 'openapi' },
    { name: 'other', url: './other.json', type: 'arazzo' },
  ],
}

workflow.refused(
  'workflowId and steps are required',
  { field: ['workflowId', 'steps'], level: 'MUST' },
  async version => {
    expect(await refused(version, { workflows: [{ steps: [step('a')] }] })).toEqual(['missing-field'])
    expect(await refused(version, { workflows: [{ workflowId: 'main' }] })).toEqual(['missing-field'])
    expect(await refused(version, { steps: [] })).toEqual(['invalid-value'])
  },
)

workflow.refused('a workflowId is unique in its document', { field: 'workflowId', level: 'MUST' }, async version => {
  const codes = await refused(version, { steps: [step('a')], workflows: [{ workflowId: 'main', steps: [step('b')] }] })
  expect(codes).toEqual(['duplicate-id'])
})

workflow.executed('but not among documents', { field: 'workflowId' }, async version => {
  const { requests } = await run(version, {
    steps: [step('a'), step('b', { workflowId: '$sourceDescriptions.other.main' })],
    root: withOther,
    files: { 'other.json': documentOf(version, { steps: [step('c', { operationId: 'getOther' })] }) },
  })
  expect(requests).toEqual(['GET /thing', 'GET /other'])
})

workflow.executed('a workflowId is case-sensitive', { field: 'workflowId' }, async version => {
  const parts = {
    steps: [step('a', { workflowId: 'Pay' })],
    workflows: [
      { workflowId: 'Pay', steps: [step('upper')] },
      { workflowId: 'pay', steps: [step('lower')] },
    ],
  }
  expect((await run(version, parts)).trail).toEqual(['upper passed', 'a passed'])
  const wrong = { ...parts, steps: [step('a', { workflowId: 'PAY' })] }
  expect(await refused(version, wrong)).toEqual(['undefined-workflow'])
})

workflow.read('a workflowId has letters, digits, _ and -', { field: 'workflowId', level: 'SHOULD' }, async version => {
  const { codes } = await read(version, { workflows: [{ workflowId: 'my flow', steps: [step('a')] }] })
  expect(codes).toEqual(['(invalid-name)'])
})

workflow.read('summary and description are text', { field: ['summary', 'description'] }, async version => {
  const document = await accepted(version, { steps: [step('a')], workflow: { summary: 's', description: 'd *e*' } })
  expect(document.workflows[0]).toMatchObject({ summary: 's', description: 'd *e*' })
  const codes = await refused(version, { steps: [step('a')], workflow: { summary: 1, description: [] } })
  expect(codes).toEqual(['wrong-type', 'wrong-type'])
})

/* ---- inputs ---- */

const person = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string' }, age: { type: 'integer', default: 18 } },
}

workflow.executed('inputs are described by a JSON Schema, and reach the steps', { field: 'inputs' }, async version => {
  const { requests } = await run(version, {
    steps: [step('a', { parameters: [{ name: 'name', in: 'query', value: '$inputs.name' }] })],
    workflow: { inputs: person },
    inputs: { name: 'Ada' },
  })
  expect(requests).toEqual(['GET /thing?name=Ada'])
})

workflow.executed(
  'defaults of the schema fill in what is not given',
  { field: 'inputs', decides: 'inputs-validation' },
  async version => {
    const outputs = await outputsOf(
      version,
      { age: '$inputs.age', street: '$inputs.address#/street', listed: '$inputs.list' },
      {},
      {
        workflow: {
          inputs: {
            type: 'object',
            properties: {
              age: { type: 'integer', default: 18 },
              address: { type: 'object', properties: { street: { default: 'Main' } } },
              list: { default: [1, 2] },
            },
          },
        },
        inputs: { address: {} },
      },
    )
    expect(outputs).toEqual({ age: 18, street: 'Main', listed: [1, 2] })
  },
)

workflow.refused(
  'inputs that do not fit the schema do not start the workflow',
  { field: 'inputs', decides: 'inputs-validation' },
  async version => {
    const parts = { steps: [step('a')], workflow: { inputs: person } }
    await expect(run(version, { ...parts, inputs: {} })).rejects.toThrow('input "name" is missing')
    await expect(run(version, { ...parts, inputs: { name: 'Ada', age: 'x' } })).rejects.toThrow('input "age"')
  },
)

workflow.refused(
  'properties may have the names of keywords and of inherited members',
  { field: 'inputs' },
  async version => {
    const names = ['default', 'enum', '$id', '$ref', 'constructor', 'toString']
    const properties = Object.fromEntries(names.map(name => [name, { $ref: '#/components/inputs/count' }]))
    const parts = {
      steps: [step('a')],
      workflow: { inputs: { type: 'object', properties } },
      components: { inputs: { count: { type: 'integer' } } },
    }
    expect((await run(version, { ...parts, inputs: {} })).report.state).toBe('passed')
    for (const name of names)
      await expect(run(version, { ...parts, inputs: { [name]: 'x' } })).rejects.toThrow(`input "${name}" must`)
  },
)

workflow.executed(
  'nor those that a step or an action passes',
  { field: 'inputs', decides: 'inputs-validation' },
  async version => {
    const parameters = [{ name: 'name', value: '$inputs.name' }]
    const child = { workflowId: 'child', inputs: person, steps: [step('c')] }
    const called = { steps: [step('a', { workflowId: 'child', parameters })], workflows: [child] }
    const bad = await run(version, { ...called, inputs: { name: 5 } })
    expect(bad.report.because).toBe(
      'step "a" failed: Failed to run step "a": for workflow "child", input "name" must be string. Correct the parameters, or what their values come from.',
    )
    expect(bad.requests).toEqual([])
    expect((await run(version, { ...called, inputs: { name: 'Ada' } })).requests).toEqual(['GET /thing'])
    const next = { name: 'next', type: 'goto', workflowId: 'child' }
    const left = await run(version, { steps: [step('a', { onSuccess: [next] })], workflows: [child] })
    expect(left.report.because).toContain('Failed to go to workflow "child": input "name" is missing.')
    expect(left.requests).toEqual(['GET /thing'])
  },
)

workflow.refused('inputs that are no JSON Schema are reported', { field: 'inputs' }, async version => {
  const inputs = { type: 'object', properties: { a: { type: 'strng' } } }
  expect(await refused(version, { steps: [step('a')], workflow: { inputs } })).toEqual(['invalid-value'])
})

workflow.executed('the schema is one of 2020-12, regardless of its `$schema`', { field: 'inputs' }, async version => {
  for (const $schema of ['https://json-schema.org/draft/2020-12/schema', 'http://json-schema.org/draft-07/schema#']) {
    const parts = { steps: [step('a')], workflow: { inputs: { $schema, ...person } } }
    expect((await run(version, { ...parts, inputs: { name: 'Ada' } })).report.state).toBe('passed')
    await expect(run(version, { ...parts, inputs: {} })).rejects.toThrow('input "name" is missing')
  }
})

/* ---- dependsOn ---- */

workflow.executed(
  'workflows of dependsOn are completed before it',
  { field: 'dependsOn', level: 'MUST' },
  async version => {
    const { requests } = await run(version, {
      steps: [step('a')],
      workflow: { dependsOn: ['first', 'second'] },
      workflows: [
        { workflowId: 'second', dependsOn: ['first'], steps: [step('s', { operationId: 'getThird' })] },
        { workflowId: 'first', steps: [step('f', { operationId: 'getOther' })] },
      ],
    })
    expect(requests).toEqual(['GET /other', 'GET /third', 'GET /thing'])
  },
)

workflow.executed(
  'a workflow whose prerequisite fails is not processed',
  { field: 'dependsOn', level: 'MUST' },
  async version => {
    const { report, requests } = await run(version, {
      steps: [step('a')],
      workflow: { dependsOn: ['first'] },
      workflows: [{ workflowId: 'first', steps: [step('f', { operationId: 'getOther' })] }],
      answers: { '/other': { status: 500 } },
    })
    expect(report.state).toBe('failed')
    expect(requests).toEqual(['GET /other'])
  },
)

workflow.executed(
  'a prerequisite gets the inputs of the workflow that needs it',
  { field: 'dependsOn', decides: 'inputs-of-prerequisites' },
  async version => {
    const { requests } = await run(version, {
      steps: [step('a')],
      workflow: { dependsOn: ['first'] },
      workflows: [
        {
          workflowId: 'first',
          inputs: { type: 'object', properties: { user: {}, size: { default: 3 } } },
          steps: [
            step('f', {
              parameters: [
                { name: 'user', in: 'query', value: '$inputs.user' },
                { name: 'size', in: 'query', value: '$inputs.size' },
              ],
            }),
          ],
        },
      ],
      inputs: { user: 'ada' },
    })
    expect(requests).toEqual(['GET /thing?user=ada&size=3', 'GET /thing'])
  },
)

workflow.executed('its outputs can be read afterwards', { field: 'dependsOn' }, async version => {
  const { outputs } = await run(version, {
    steps: [step('a')],
    workflow: { dependsOn: ['first'], outputs: { token: '$workflows.first.outputs.token' } },
    workflows: [
      {
        workflowId: 'first',
        steps: [step('f', { operationId: 'getOther', outputs: { token: '$response.body#/token' } })],
        outputs: { token: '$steps.f.outputs.token' },
      },
    ],
    answers: { '/other': { body: { token: 't-1' } } },
  })
  expect(outputs).toEqual({ token: 't-1' })
})

workflow.executed(
  'a workflow of another document is named by its source',
  { field: 'dependsOn', level: 'MUST' },
  async version => {
    const parts = {
      steps: [step('a')],
      workflow: { dependsOn: ['$sourceDescriptions.other.elsewhere'] },
      root: withOther,
      files: { 'other.json': other(version) },
    }
    expect((await run(version, parts)).requests).toEqual(['GET /other', 'GET /thing'])
    const bare = { ...parts, workflow: { dependsOn: ['elsewhere'] } }
    expect(await refused(version, bare)).toEqual(['undefined-workflow'])
  },
)

workflow.refused('each entry is a workflow that exists', { field: 'dependsOn', level: 'MUST' }, async version => {
  expect(await refused(version, { steps: [step('a')], workflow: { dependsOn: ['none'] } })).toEqual([
    'undefined-workflow',
  ])
  const unknown = { steps: [step('a')], workflow: { dependsOn: ['$sourceDescriptions.none.flow'] } }
  expect(await refused(version, unknown)).toEqual(['undefined-source'])
})

workflow.refused('workflows cannot wait for one another', { field: 'dependsOn' }, async version => {
  const codes = await refused(version, {
    steps: [step('a')],
    workflow: { dependsOn: ['first'] },
    workflows: [{ workflowId: 'first', dependsOn: ['main'], steps: [step('f')] }],
  })
  expect(codes).toContain('cyclic-depends-on')
  const self = { steps: [step('a')], workflow: { dependsOn: ['main'] } }
  expect(await refused(version, self)).toEqual(['cyclic-depends-on'])
})

/* ---- steps ---- */

workflow.executed('steps run in the order in which they are written', { field: 'steps' }, async version => {
  const { requests, trail } = await run(version, {
    steps: [step('z', { operationId: 'getThird' }), step('a', { operationId: 'getOther' }), step('m')],
  })
  expect(requests).toEqual(['GET /third', 'GET /other', 'GET /thing'])
  expect(trail).toEqual(['z passed', 'a passed', 'm passed'])
})

/* ---- actions for all steps ---- */

workflow.executed('successActions apply to every step', { field: 'successActions' }, async version => {
  const { trail } = await run(version, {
    steps: [step('a'), step('b', { operationId: 'getOther' }), step('c')],
    workflow: {
      successActions: [{ name: 'stop', type: 'end', criteria: [{ condition: '$response.body#/done == true' }] }],
    },
    answers: { '/other': { body: { done: true } } },
  })
  expect(trail).toEqual(['a passed', 'b passed'])
})

workflow.executed('failureActions apply to every step', { field: 'failureActions' }, async version => {
  const { requests } = await run(version, {
    steps: [step('a'), step('b', { operationId: 'getOther' })],
    workflow: { failureActions: [{ name: 'again', type: 'retry', retryAfter: 0, retryLimit: 2 }] },
    answers: { '/thing': [{ status: 503 }, {}], '/other': [{ status: 503 }, { status: 503 }, {}] },
  })
  expect(requests).toEqual(['GET /thing', 'GET /thing', 'GET /other', 'GET /other', 'GET /other'])
})

workflow.executed(
  "a step's action of the same name replaces the workflow's, the others stay",
  { field: ['successActions', 'failureActions'], decides: 'action-overriding' },
  async version => {
    const { trail } = await run(version, {
      steps: [
        step('a', { onFailure: [{ name: 'way', type: 'goto', stepId: 'c' }] }),
        step('b', { operationId: 'getOther' }),
        step('c', { operationId: 'getThird', onFailure: [{ name: 'else', type: 'end', criteria: status(404) }] }),
      ],
      workflow: { failureActions: [{ name: 'way', type: 'goto', stepId: 'b' }] },
      answers: { '/thing': { status: 500 }, '/third': [{ status: 500 }, { status: 404 }] },
    })
    expect(trail).toEqual(['a failed', 'c failed', 'b passed', 'c failed'])
  },
)

workflow.executed(
  'a step cannot remove them, not even with an empty list',
  { field: ['successActions', 'failureActions'], decides: 'action-overriding' },
  async version => {
    const { requests } = await run(version, {
      steps: [step('a', { onFailure: [], onSuccess: [] })],
      workflow: { failureActions: [{ name: 'again', type: 'retry', retryAfter: 0 }] },
      answers: { '/thing': [{ status: 500 }, {}] },
    })
    expect(requests).toEqual(['GET /thing', 'GET /thing'])
  },
)

workflow.executed(
  "a step's own actions are looked at first",
  { field: ['successActions', 'failureActions'], decides: 'action-overriding' },
  async version => {
    const { trail } = await run(version, {
      steps: [
        step('a', { onSuccess: [{ name: 'own', type: 'goto', stepId: 'c' }] }),
        step('b'),
        step('c', { onSuccess: [{ name: 'own', type: 'end' }] }),
      ],
      workflow: { successActions: [{ name: 'shared', type: 'goto', stepId: 'b' }] },
    })
    expect(trail).toEqual(['a passed', 'c passed'])
  },
)

workflow.executed(
  'a Reusable Object stands for an action of the components',
  { field: ['successActions', 'failureActions'], level: 'MUST' },
  async version => {
    const { requests } = await run(version, {
      steps: [step('a')],
      workflow: {
        failureActions: [{ reference: '$components.failureActions.again' }],
        successActions: [{ reference: '$components.successActions.stop' }],
      },
      components: {
        failureActions: { again: { name: 'again', type: 'retry', retryAfter: 0 } },
        successActions: { stop: { name: 'stop', type: 'end' } },
      },
      answers: { '/thing': [{ status: 500 }, {}] },
    })
    expect(requests).toEqual(['GET /thing', 'GET /thing'])
  },
)

workflow.refused(
  'it links to an action of its own kind',
  { field: ['successActions', 'failureActions'], level: 'MUST' },
  async version => {
    const components = {
      successActions: { stop: { name: 'stop', type: 'end' } },
      parameters: { page: { name: 'page', in: 'query', value: 1 } },
    }
    for (const reference of ['$components.successActions.stop', '$components.failureActions.none', '$inputs.a']) {
      const workflow = { failureActions: [{ reference }] }
      expect(await refused(version, { steps: [step('a')], workflow, components })).toEqual(['undefined-component'])
    }
    const workflow = { successActions: [{ reference: '$components.parameters.page' }] }
    expect(await refused(version, { steps: [step('a')], workflow, components })).toEqual(['undefined-component'])
  },
)

workflow.refused(
  'no list of actions has two of one name',
  { field: ['successActions', 'failureActions'], level: 'MUST' },
  async version => {
    const twice = [
      { name: 'stop', type: 'end' },
      { name: 'stop', type: 'end', criteria: status(200) },
    ]
    for (const list of ['successActions', 'failureActions'])
      expect(await refused(version, { steps: [step('a')], workflow: { [list]: twice } })).toEqual(['duplicate-action'])
  },
)

/* ---- outputs ---- */

workflow.executed('outputs are taken when the workflow ends', { field: 'outputs' }, async version => {
  const { outputs } = await run(version, {
    steps: [step('a', { outputs: { id: '$response.body#/id' } })],
    workflow: { outputs: { 'the.id': '$steps.a.outputs.id', text: 'id {$steps.a.outputs.id}', input: '$inputs.n' } },
    answers: { body: { id: 5 } },
    inputs: { n: [1] },
  })
  expect(outputs).toEqual({ 'the.id': 5, text: 'id 5', input: [1] })
})

workflow.executed('a workflow that fails gives the outputs that there are', { field: 'outputs' }, async version => {
  const { report } = await run(version, {
    steps: [
      step('a', { outputs: { id: '$response.body#/id' } }),
      step('b', { operationId: 'getOther', outputs: { n: '$statusCode' } }),
    ],
    workflow: { outputs: { id: '$steps.a.outputs.id', n: '$steps.b.outputs.n' } },
    answers: { '/thing': { body: { id: 5 } }, '/other': { status: 500 } },
  })
  expect(report.state).toBe('failed')
  expect(report.outputs.id).toBe(5)
  expect(report.outputs.n).toBeUndefined()
})

workflow.executed('an output may be a Selector Object', { only: '1.1.0', field: 'outputs' }, async version => {
  const { outputs } = await run(version, {
    steps: [step('a', { outputs: { body: '$response.body' } })],
    workflow: { outputs: { id: { context: '$steps.a.outputs.body', selector: '$.items[1].id', type: 'jsonpath' } } },
    answers: { body: { items: [{ id: 1 }, { id: 2 }] } },
  })
  expect(outputs).toEqual({ id: 2 })
})

workflow.refused('in 1.0 it is an expression', { only: '1.0.1', field: 'outputs' }, async version => {
  const outputs = { id: { context: '$steps.a.outputs.body', selector: '$.id', type: 'jsonpath' } }
  expect(await refused(version, { steps: [step('a')], workflow: { outputs } })).toEqual(['newer-field'])
})

workflow.refused(
  'names of outputs have letters, digits, ., - and _',
  { field: 'outputs', level: 'MUST' },
  async version => {
    for (const name of ['a b', 'a/b', 'ä', '$x', ''])
      expect(await refused(version, { steps: [step('a')], workflow: { outputs: { [name]: '$inputs.a' } } })).toContain(
        'invalid-name',
      )
    await accepted(version, { steps: [step('a')], workflow: { outputs: { 'a.b-c_D9': '$inputs.a' } } })
  },
)

/* ---- parameters for all steps ---- */

const page = (value: unknown) => ({ name: 'page', in: 'query', value })

workflow.executed('parameters are passed to every operation', { field: 'parameters', level: 'MUST' }, async version => {
  const { requests } = await run(version, {
    steps: [step('a'), step('b', { operationId: 'getOther' })],
    workflow: { parameters: [page('1')] },
  })
  expect(requests).toEqual(['GET /thing?page=1', 'GET /other?page=1'])
})

workflow.executed(
  'and to every workflow that a step runs, as inputs',
  { field: 'parameters', level: 'MUST', decides: 'workflow-parameters' },
  async version => {
    const { requests } = await run(version, {
      steps: [step('a', { workflowId: 'child' }), step('b')],
      workflow: { parameters: [page('1')] },
      workflows: [
        {
          workflowId: 'child',
          inputs: { type: 'object', properties: { page: {} } },
          steps: [step('c', { parameters: [{ name: 'got', in: 'query', value: '$inputs.page' }] })],
        },
      ],
    })
    expect(requests).toEqual(['GET /thing?got=1', 'GET /thing?page=1'])
  },
)

workflow.executed('a step overrides them by name and place', { field: 'parameters' }, async version => {
  const { requests, seen } = await run(version, {
    steps: [
      step('a', { parameters: [page('2')] }),
      step('b', { parameters: [{ name: 'page', in: 'header', value: 'h' }] }),
    ],
    workflow: { parameters: [page('1')] },
  })
  expect(requests).toEqual(['GET /thing?page=2', 'GET /thing?page=1'])
  expect(seen[1]!.headers.page).toBe('h')
})

workflow.executed('but cannot remove them', { field: 'parameters' }, async version => {
  const { requests } = await run(version, {
    steps: [step('a', { parameters: [] })],
    workflow: { parameters: [page('1')] },
  })
  expect(requests).toEqual(['GET /thing?page=1'])
})

workflow.executed('headers are overridden in any letter case', { field: 'parameters' }, async version => {
  const header = (name: string, value: string) => ({ name, in: 'header', value })
  const { seen } = await run(version, {
    steps: [step('a', { parameters: [header('x-trace', 'own')] })],
    workflow: { parameters: [header('X-Trace', 'shared')] },
  })
  expect(seen[0]!.headers['x-trace']).toBe('own')
})

workflow.executed(
  'a Reusable Object stands for a parameter of the components',
  { field: 'parameters', level: 'MUST' },
  async version => {
    const { requests } = await run(version, {
      steps: [step('a')],
      workflow: { parameters: [{ reference: '$components.parameters.page' }] },
      components: { parameters: { page: page('7') } },
    })
    expect(requests).toEqual(['GET /thing?page=7'])
  },
)

workflow.refused('it links to a parameter', { field: 'parameters', level: 'MUST' }, async version => {
  const components = { successActions: { stop: { name: 'stop', type: 'end' } } }
  for (const reference of ['$components.successActions.stop', '$components.parameters.none', 'page']) {
    const workflow = { parameters: [{ reference }] }
    expect(await refused(version, { steps: [step('a')], workflow, components })).toEqual(['undefined-component'])
  }
})

workflow.refused('no parameter is there twice', { field: 'parameters', level: 'MUST' }, async version => {
  const workflow = { parameters: [page('1'), page('2')] }
  expect(await refused(version, { steps: [step('a')], workflow })).toContain('duplicate-parameter')
})

workflow.refused(
  'a parameter for operations says where it goes',
  { field: 'parameters', level: 'MUST' },
  async version => {
    const workflow = { parameters: [{ name: 'page', value: '1' }] }
    expect(await refused(version, { steps: [step('a')], workflow })).toEqual(['missing-in'])
  },
)

workflow.executed(
  'next to steps that run workflows, a parameter without a place reaches only those',
  { field: 'parameters', decides: 'workflow-parameters' },
  async version => {
    const { requests } = await run(version, {
      steps: [step('a', { workflowId: 'child' }), step('b')],
      workflow: { parameters: [{ name: 'page', value: '1' }] },
      workflows: [
        {
          workflowId: 'child',
          inputs: { type: 'object', properties: { page: {} } },
          steps: [step('c', { parameters: [{ name: 'got', in: 'query', value: '$inputs.page' }] })],
        },
      ],
    })
    expect(requests).toEqual(['GET /thing?got=1', 'GET /thing'])
  },
)

workflow.read('extensions are accepted, other fields are not', {}, async version => {
  const document = await accepted(version, { steps: [step('a')], workflow: { 'x-load-test': { any: 1 } } })
  expect(document.workflows[0]!.extensions['x-load-test']!.value).toEqual({ any: 1 })
  expect(await refused(version, { steps: [step('a')], workflow: { onFailure: [] } })).toEqual(['unknown-field'])
})
