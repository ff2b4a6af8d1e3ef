import { expect } from 'vitest'
import { openapi } from '../builders/project.ts'
import { section, type Version } from './rule.ts'
import { accepted, documentOf, read, refused, run, status, step } from './run.ts'

const { executed, read: isRead, refused: isRefused } = section('Step Object')

const twoApis = (version: Version, steps: object[]) => ({
  steps,
  root: {
    sourceDescriptions: [
      { name: 'api', url: './api.json', type: 'openapi' },
      { name: 'shop', url: './shop.json', type: 'openapi' },
      { name: 'flows', url: './flows.json', type: 'arazzo' },
    ],
  },
  files: {
    'shop.json': openapi({ getThing: ['get', '/shop-thing'], onlyShop: ['get', '/only-shop'] }),
    'flows.json': documentOf(version, {
      workflows: [{ workflowId: 'far', steps: [step('f', { operationId: 'getOther' })] }],
    }),
  },
})

/* ---- stepId, description ---- */

isRefused('stepId is required', { field: 'stepId', level: 'MUST' }, async version => {
  expect(await refused(version, { steps: [{ operationId: 'getThing' }] })).toEqual(['missing-field'])
})

isRefused('a stepId is unique in its workflow', { field: 'stepId', level: 'MUST' }, async version => {
  expect(await refused(version, { steps: [step('a'), step('a')] })).toEqual(['duplicate-id'])
})

executed('but not among workflows', { field: 'stepId' }, async version => {
  const { trail } = await run(version, {
    steps: [step('a'), step('b', { workflowId: 'child' })],
    workflows: [{ workflowId: 'child', steps: [step('a'), step('b')] }],
  })
  expect(trail).toEqual(['a passed', 'a passed', 'b passed', 'b passed'])
})

executed('a stepId is case-sensitive', { field: 'stepId' }, async version => {
  const { trail } = await run(version, {
    steps: [step('first', { onSuccess: [{ name: 'go', type: 'goto', stepId: 'A' }] }), step('a'), step('A')],
  })
  expect(trail).toEqual(['first passed', 'A passed'])
})

isRead('a stepId has letters, digits, _ and -', { field: 'stepId', level: 'SHOULD' }, async version => {
  expect((await read(version, { steps: [step('my-step_1')] })).codes).toEqual([])
  expect((await read(version, { steps: [step('my.step')] })).codes).toEqual(['(invalid-name)'])
})

isRead('a description is text', { field: 'description' }, async version => {
  const document = await accepted(version, { steps: [step('a', { description: 'a *b*' })] })
  expect(document.workflows[0]!.steps[0]!.description).toBe('a *b*')
  expect(await refused(version, { steps: [step('a', { description: 1 })] })).toEqual(['wrong-type'])
})

/* ---- what it runs ---- */

isRefused(
  'operationId, operationPath and workflowId exclude each other',
  { field: ['operationId', 'operationPath', 'workflowId'] },
  async version => {
    const path = '{$sourceDescriptions.api.url}#/paths/~1thing/get'
    for (const fields of [
      { operationId: 'getThing', operationPath: path },
      { operationId: 'getThing', workflowId: 'main' },
      { operationPath: path, workflowId: 'main' },
    ])
      expect(await refused(version, { steps: [{ stepId: 'a', ...fields }] })).toContain('exclusive-fields')
  },
)

isRefused('one of them is there', { field: ['operationId', 'operationPath', 'workflowId'] }, async version => {
  expect(await refused(version, { steps: [{ stepId: 'a' }] })).toEqual(['missing-field'])
})

executed('operationId: the operation is called', { field: 'operationId' }, async version => {
  const { requests } = await run(version, { steps: [step('a', { operationId: 'postThing' })] })
  expect(requests).toEqual(['POST /thing'])
})

isRefused('the operation exists in a source', { field: 'operationId' }, async version => {
  expect(await refused(version, { steps: [step('a', { operationId: 'none' })] })).toEqual(['undefined-operation'])
})

executed('with one source, the operationId may name it all the same', { field: 'operationId' }, async version => {
  for (const operationId of ['$sourceDescriptions.api.getOther', '{$sourceDescriptions.api.getOther}'])
    expect((await run(version, { steps: [step('a', { operationId })] })).requests).toEqual(['GET /other'])
})

executed(
  'with several sources, an expression says of which one the operation is',
  { field: 'operationId', level: 'MUST' },
  async version => {
    const { requests } = await run(
      version,
      twoApis(version, [
        step('a', { operationId: '$sourceDescriptions.api.getThing' }),
        step('b', { operationId: '$sourceDescriptions.shop.getThing' }),
      ]),
    )
    expect(requests).toEqual(['GET /thing', 'GET /shop-thing'])
  },
)

isRefused(
  'an operationId that several sources have is ambiguous',
  { field: 'operationId', level: 'MUST' },
  async version => {
    expect(await refused(version, twoApis(version, [step('a')]))).toContain('ambiguous-operation')
  },
)

executed(
  'one that only one source has is taken, with a warning',
  { field: 'operationId', level: 'MUST', decides: 'plain-operation-id' },
  async version => {
    const parts = twoApis(version, [step('a', { operationId: 'onlyShop' })])
    expect((await read(version, parts)).codes).toEqual(['(operation-form)'])
    expect((await run(version, parts)).requests).toEqual(['GET /only-shop'])
  },
)

executed('sources of type arazzo do not count as several', { field: 'operationId' }, async version => {
  const { root, files } = twoApis(version, [])
  const [first, , flows] = root.sourceDescriptions
  const parts = { steps: [step('a')], root: { sourceDescriptions: [first, flows] }, files }
  expect((await read(version, parts)).codes).toEqual([])
  expect((await run(version, parts)).requests).toEqual(['GET /thing'])
})

executed('an operationId may hold any characters', { field: 'operationId' }, async version => {
  const files = { 'api.json': openapi({ 'get.all/the things #1': ['get', '/all'] }) }
  for (const operationId of ['get.all/the things #1', '$sourceDescriptions.api.get.all/the things #1'])
    expect((await run(version, { steps: [step('a', { operationId })], files })).requests).toEqual(['GET /all'])
})

executed(
  'operationPath: a source and a JSON Pointer lead to the operation',
  { field: 'operationPath', level: 'MUST' },
  async version => {
    const parameters = [{ name: 'id', in: 'path', value: '7' }]
    for (const pointer of ['#/paths/~1items~1{id}/get', '#/paths/~1items~1%7Bid%7D/get']) {
      const operationPath = `{$sourceDescriptions.api.url}${pointer}`
      const { requests } = await run(version, { steps: [step('a', { operationPath, parameters })] })
      expect(requests).toEqual(['GET /items/7'])
    }
  },
)

executed('an operation without operationId can be called by its path', { field: 'operationPath' }, async version => {
  const paths = { '/a~b': { get: { responses: { default: { description: 'any' } } } } }
  const { requests } = await run(version, {
    steps: [step('a', { operationPath: '{$sourceDescriptions.api.url}#/paths/~1a~0b/get' })],
    files: { 'api.json': { openapi: '3.0.3', info: { title: 'a', version: '1' }, paths } },
  })
  expect(requests).toEqual(['GET /a~b'])
})

executed(
  'the expression may also stand without braces',
  { field: 'operationPath', decides: 'operation-path-form' },
  async version => {
    const operationPath = '$sourceDescriptions.api.url#/paths/~1other/get'
    expect((await run(version, { steps: [step('a', { operationPath })] })).requests).toEqual(['GET /other'])
  },
)

isRefused('an expression identifies the source', { field: 'operationPath', level: 'MUST' }, async version => {
  for (const operationPath of ['./api.json#/paths/~1thing/get', '#/paths/~1thing/get', '/thing'])
    expect(await refused(version, { steps: [step('a', { operationPath })] })).toEqual(['operation-form'])
  const unknown = '{$sourceDescriptions.none.url}#/paths/~1thing/get'
  expect(await refused(version, { steps: [step('a', { operationPath: unknown })] })).toEqual(['undefined-source'])
})

isRefused('the operation is described there', { field: 'operationPath', level: 'MUST' }, async version => {
  for (const pointer of ['#/paths/~1none/get', '#/paths/~1thing/delete', '#/components/schemas/a']) {
    const operationPath = `{$sourceDescriptions.api.url}${pointer}`
    expect(await refused(version, { steps: [step('a', { operationPath })] })).toEqual(['undefined-operation'])
  }
})

executed(
  'a source and an operationId in it are read as what they are',
  { field: 'operationPath', decides: 'operation-path-form' },
  async version => {
    const parts = { steps: [step('a', { operationPath: '$sourceDescriptions.api.getOther' })] }
    expect((await read(version, parts)).codes).toEqual(['(operation-form)'])
    expect((await run(version, parts)).requests).toEqual(['GET /other'])
  },
)

executed('workflowId: a workflow of the document is run', { field: 'workflowId' }, async version => {
  const { requests } = await run(version, {
    steps: [step('a'), step('b', { workflowId: 'child' }), step('c', { operationId: 'getThird' })],
    workflows: [{ workflowId: 'child', steps: [step('x', { operationId: 'getOther' })] }],
  })
  expect(requests).toEqual(['GET /thing', 'GET /other', 'GET /third'])
})

executed(
  'workflowId: a workflow of another document is named by its source',
  { field: 'workflowId', level: 'MUST' },
  async version => {
    const parts = twoApis(version, [step('a', { workflowId: '$sourceDescriptions.flows.far' })])
    expect((await run(version, parts)).requests).toEqual(['GET /other'])
    expect(await refused(version, twoApis(version, [step('a', { workflowId: 'far' })]))).toEqual(['undefined-workflow'])
  },
)

isRefused('the workflow exists', { field: 'workflowId' }, async version => {
  expect(await refused(version, { steps: [step('a', { workflowId: 'none' })] })).toEqual(['undefined-workflow'])
})

executed('a step passes when the workflow that it runs passes', { field: 'workflowId' }, async version => {
  const { trail, report } = await run(version, {
    steps: [step('a', { workflowId: 'child' }), step('b')],
    workflows: [{ workflowId: 'child', steps: [step('x', { operationId: 'getOther' })] }],
    answers: { '/other': { status: 500 } },
  })
  expect(trail).toEqual(['x failed', 'a failed'])
  expect(report.state).toBe('failed')
})

executed('a workflow may call itself, and so may two each other', { field: 'workflowId' }, async version => {
  const { requests } = await run(version, {
    steps: [
      step('a', {
        outputs: { left: '$response.body#/left' },
        onSuccess: [{ name: 'done', type: 'end', criteria: [{ condition: '$response.body#/left == 0' }] }],
      }),
      step('b', { workflowId: 'main' }),
    ],
    answers: ({ url }, count) => ({ body: { left: 3 - count, url } }),
  })
  expect(requests).toHaveLength(3)
})

/* ---- parameters ---- */

executed('parameters are passed to the operation', { field: 'parameters', level: 'MUST' }, async version => {
  const { requests, seen } = await run(version, {
    steps: [
      step('a', {
        operationId: 'getItem',
        parameters: [
          { name: 'id', in: 'path', value: 7 },
          { name: 'q', in: 'query', value: 'x' },
          { name: 'X-H', in: 'header', value: 'h' },
          { name: 'c', in: 'cookie', value: 'k' },
        ],
      }),
    ],
  })
  expect(requests).toEqual(['GET /items/7?q=x'])
  expect(seen[0]!.headers).toMatchObject({ 'x-h': 'h', cookie: 'c=k' })
})

executed('or to the workflow, as inputs', { field: 'parameters', level: 'MUST' }, async version => {
  const { requests } = await run(version, {
    steps: [step('a', { workflowId: 'child', parameters: [{ name: 'n', value: 5 }] })],
    workflows: [
      {
        workflowId: 'child',
        inputs: { type: 'object', properties: { n: {} } },
        steps: [step('c', { parameters: [{ name: 'got', in: 'query', value: '$inputs.n' }] })],
      },
    ],
  })
  expect(requests).toEqual(['GET /thing?got=5'])
})

executed(
  'parameters that the operation does not declare are passed as well, with a warning',
  { field: 'parameters', level: 'MUST', decides: 'undeclared-parameters' },
  async version => {
    const parts = { steps: [step('a', { parameters: [{ name: 'new', in: 'query', value: [1, 2] }] })] }
    expect((await read(version, parts)).codes).toEqual(['(unknown-parameter)'])
    expect((await run(version, parts)).requests).toEqual(['GET /thing?new=1&new=2'])
  },
)

executed(
  'a Reusable Object stands for a parameter of the components',
  { field: 'parameters', level: 'MUST' },
  async version => {
    const { requests } = await run(version, {
      steps: [
        step('a', {
          parameters: [
            { reference: '$components.parameters.page' },
            { reference: '$components.parameters.size', value: 50 },
          ],
        }),
      ],
      components: {
        parameters: { page: { name: 'page', in: 'query', value: 3 }, size: { name: 'size', in: 'query', value: 10 } },
      },
    })
    expect(requests).toEqual(['GET /thing?page=3&size=50'])
  },
)

isRefused('no parameter is there twice', { field: 'parameters', level: 'MUST' }, async version => {
  const twice = (a: string, b: string, place: string) => ({
    steps: [
      step('a', {
        parameters: [
          { name: a, in: place, value: 1 },
          { name: b, in: place, value: 2 },
        ],
      }),
    ],
  })
  expect(await refused(version, twice('q', 'q', 'query'))).toContain('duplicate-parameter')
  expect(await refused(version, twice('X-A', 'x-a', 'header'))).toContain('duplicate-parameter')
})

isRefused('a path parameter without a value is reported', { field: 'parameters' }, async version => {
  expect(await refused(version, { steps: [step('a', { operationId: 'getItem' })] })).toEqual(['missing-parameter'])
})

executed('an operation that takes none needs none', { field: 'parameters' }, async version => {
  expect((await run(version, { steps: [step('a', { parameters: [] })] })).requests).toEqual(['GET /thing'])
})

/* ---- requestBody ---- */

executed('requestBody is sent with POST, PUT and PATCH', { field: 'requestBody' }, async version => {
  const files = {
    'api.json': openapi({ put: ['put', '/thing'], patch: ['patch', '/thing'], post: ['post', '/thing'] }),
  }
  const body = { requestBody: { contentType: 'application/json', payload: { a: 1 } } }
  const { seen } = await run(version, {
    steps: ['put', 'patch', 'post'].map(operationId => step(operationId, { operationId, ...body })),
    files,
  })
  expect(seen.map(({ method, body }) => `${method} ${body}`)).toEqual(['PUT {"a":1}', 'PATCH {"a":1}', 'POST {"a":1}'])
})

executed('and permitted with GET and DELETE', { field: 'requestBody' }, async version => {
  const files = { 'api.json': openapi({ get: ['get', '/thing'], del: ['delete', '/thing'] }) }
  const body = { requestBody: { contentType: 'application/json', payload: { a: 1 } } }
  const { seen } = await run(version, {
    steps: ['get', 'del'].map(operationId => step(operationId, { operationId, ...body })),
    files,
  })
  expect(seen.map(({ method, body }) => `${method} ${body}`)).toEqual(['GET {"a":1}', 'DELETE {"a":1}'])
})

isRead('a step that runs a workflow has no use for one', { field: 'requestBody' }, async version => {
  const { codes } = await read(version, {
    steps: [step('a', { workflowId: 'child', requestBody: { payload: 1 } })],
    workflows: [{ workflowId: 'child', steps: [step('b')] }],
  })
  expect(codes).toEqual(['(irrelevant-field)'])
})

/* ---- successCriteria ---- */

executed('all successCriteria have to be satisfied', { field: 'successCriteria', level: 'MUST' }, async version => {
  const run2 = (second: string) =>
    run(version, {
      steps: [step('a', { successCriteria: [...status(200), { condition: second }] })],
      answers: { body: { n: 1 } },
    })
  expect((await run2('$response.body#/n == 1')).report.state).toBe('passed')
  expect((await run2('$response.body#/n == 2')).report.state).toBe('failed')
})

executed('they may accept what is an error otherwise', { field: 'successCriteria' }, async version => {
  const parts = { steps: [step('a', { successCriteria: status(404) })] }
  expect((await run(version, { ...parts, answers: { status: 404 } })).report.state).toBe('passed')
  expect((await run(version, { ...parts, answers: { status: 200 } })).report.state).toBe('failed')
})

executed(
  'without any, a status below 400 is a success',
  { field: 'successCriteria', decides: 'no-success-criteria' },
  async version => {
    const state = async (code: number) =>
      (await run(version, { steps: [step('a')], answers: { status: code, body: {} }, checks: 'off' })).report.state
    for (const code of [200, 201, 302, 399]) expect(await state(code)).toBe('passed')
    for (const code of [400, 404, 500, 503]) expect(await state(code)).toBe('failed')
  },
)

isRefused(
  'there is at least one when there are any',
  { only: '1.1.0', field: 'successCriteria', level: 'MUST' },
  async version => {
    expect(await refused(version, { steps: [step('a', { successCriteria: [] })] })).toEqual(['invalid-value'])
  },
)

executed('in 1.0 an empty list counts as absent', { only: '1.0.1', field: 'successCriteria' }, async version => {
  expect((await run(version, { steps: [step('a', { successCriteria: [] })] })).report.state).toBe('passed')
})

/* ---- onSuccess, onFailure ---- */

executed('without onSuccess the next step is executed', { field: 'onSuccess' }, async version => {
  expect((await run(version, { steps: [step('a'), step('b')] })).trail).toEqual(['a passed', 'b passed'])
})

executed('without onFailure the workflow breaks and returns', { field: 'onFailure' }, async version => {
  const { trail, report } = await run(version, { steps: [step('a'), step('b')], answers: { status: 500 } })
  expect(trail).toEqual(['a failed'])
  expect(report.state).toBe('failed')
})

const ways = (type: 'onSuccess' | 'onFailure', ...criteria: (object[] | undefined)[]) => ({
  [type]: criteria.map((list, index) => ({
    name: `way${index}`,
    type: 'goto',
    stepId: `s${index}`,
    ...(list && { criteria: list }),
  })),
})

executed(
  'the first action whose criteria are met is executed',
  { field: ['onSuccess', 'onFailure'], level: 'SHALL' },
  async version => {
    const end = { onSuccess: [{ name: 'end', type: 'end' }] }
    const met = [{ condition: '$response.body#/n >= 1' }]
    const unmet = [{ condition: '$response.body#/n > 1' }]
    const targets = ['s0', 's1', 's2'].map(id => step(id, { operationId: 'getOther', ...end }))
    const passing = [step('a', ways('onSuccess', unmet, met, met)), ...targets]
    expect((await run(version, { steps: passing, answers: { body: { n: 1 } } })).trail).toEqual([
      'a passed',
      's1 passed',
    ])
    const failing = [step('a', { successCriteria: status(201), ...ways('onFailure', unmet, met, met) }), ...targets]
    expect((await run(version, { steps: failing, answers: { body: { n: 1 } } })).trail).toEqual([
      'a failed',
      's1 passed',
    ])
  },
)

executed('when none is met it is as if there were none', { field: ['onSuccess', 'onFailure'] }, async version => {
  const unmet = [{ condition: '$statusCode == 999' }]
  const passing = [step('a', ways('onSuccess', unmet)), step('b', { operationId: 'getOther' }), step('s0')]
  expect((await run(version, { steps: passing })).trail).toEqual(['a passed', 'b passed', 's0 passed'])
  const failing = [step('a', ways('onFailure', unmet)), step('s0')]
  expect((await run(version, { steps: failing, answers: { status: 500 } })).trail).toEqual(['a failed'])
})

isRefused(
  'no list has two actions of one name',
  { field: ['onSuccess', 'onFailure'], level: 'MUST' },
  async version => {
    const twice = [
      { name: 'x', type: 'end' },
      { name: 'x', type: 'end', criteria: status(200) },
    ]
    for (const list of ['onSuccess', 'onFailure'])
      expect(await refused(version, { steps: [step('a', { [list]: twice })] })).toEqual(['duplicate-action'])
  },
)

isRefused(
  'a Reusable Object links to an action of the same kind',
  { field: ['onSuccess', 'onFailure'], level: 'MUST' },
  async version => {
    const components = {
      successActions: { s: { name: 's', type: 'end' } },
      failureActions: { f: { name: 'f', type: 'end' } },
    }
    await accepted(version, {
      steps: [
        step('a', {
          onSuccess: [{ reference: '$components.successActions.s' }],
          onFailure: [{ reference: '$components.failureActions.f' }],
        }),
      ],
      components,
    })
    for (const fields of [
      { onSuccess: [{ reference: '$components.failureActions.f' }] },
      { onFailure: [{ reference: '$components.successActions.s' }] },
    ])
      expect(await refused(version, { steps: [step('a', fields)], components })).toEqual(['undefined-component'])
  },
)

/* ---- outputs ---- */

executed('outputs name values of the exchange', { field: 'outputs' }, async version => {
  const { outputs } = await run(version, {
    steps: [
      step('a', {
        outputs: {
          id: '$response.body#/id',
          rate: '$response.header.X-Rate-Limit',
          code: '$statusCode',
          text: 'item {$response.body#/id}',
        },
      }),
    ],
    workflow: {
      outputs: Object.fromEntries(['id', 'rate', 'code', 'text'].map(name => [name, `$steps.a.outputs.${name}`])),
    },
    answers: { body: { id: 5 }, headers: { 'x-rate-limit': '10' } },
  })
  expect(outputs).toEqual({ id: 5, rate: '10', code: 200, text: 'item 5' })
})

executed('an output may be a Selector Object', { only: '1.1.0', field: 'outputs' }, async version => {
  const { outputs } = await run(version, {
    steps: [
      step('a', { outputs: { email: { context: '$response.body', selector: '$.user.email', type: 'jsonpath' } } }),
    ],
    workflow: { outputs: { email: '$steps.a.outputs.email' } },
    answers: { body: { user: { email: 'a@b.c' } } },
  })
  expect(outputs).toEqual({ email: 'a@b.c' })
})

isRefused('names of outputs have letters, digits, ., - and _', { field: 'outputs', level: 'MUST' }, async version => {
  for (const name of ['a b', 'a/b', 'ü', ''])
    expect(await refused(version, { steps: [step('a', { outputs: { [name]: '$statusCode' } })] })).toContain(
      'invalid-name',
    )
  await accepted(version, { steps: [step('a', { outputs: { 'a.b-c_9': '$statusCode' } })] })
})

executed('a failed step has no outputs', { field: 'outputs', decides: 'outputs-of-failed-steps' }, async version => {
  const { seen } = await run(version, {
    steps: [
      step('a', { outputs: { why: '$response.body#/why' }, onFailure: [{ name: 'tell', type: 'goto', stepId: 'b' }] }),
      step('b', { operationId: 'postThing', requestBody: { payload: { why: '$steps.a.outputs.why', b: 1 } } }),
    ],
    answers: { '/thing': [{ status: 500, body: { why: 'x' } }, { body: {} }] },
  })
  expect(seen[1]!.body).toBe('{"b":1}')
})

executed(
  "a step's criteria and actions see the outputs of the current attempt, also of a failed one",
  { field: 'outputs', decides: 'outputs-of-failed-steps' },
  async version => {
    const criteria = (n: number) => [{ condition: `$steps.a.outputs.n == ${n}` }]
    const { trail } = await run(version, {
      steps: [
        step('a', {
          outputs: { n: '$response.body#/n' },
          successCriteria: criteria(1),
          onFailure: [
            { name: 'three', type: 'goto', stepId: 'b', criteria: criteria(3) },
            { name: 'two', type: 'goto', stepId: 'c', criteria: criteria(2) },
          ],
        }),
        step('b', { operationId: 'getOther' }),
        step('c', { operationId: 'getThird', onSuccess: [{ name: 'back', type: 'goto', stepId: 'a' }] }),
      ],
      answers: { '/thing': [{ body: { n: 2 } }, { body: { n: 3 } }], '/other': { status: 500 } },
    })
    expect(trail).toEqual(['a failed', 'c passed', 'a failed', 'b failed'])
  },
)

/* ---- timeout ---- */

executed('timeout: after so many milliseconds the step fails', { only: '1.1.0', field: 'timeout' }, async version => {
  const { report, trail } = await run(version, {
    steps: [step('a', { timeout: 60 }), step('b')],
    answers: { delay: 'never' },
  })
  expect(trail).toEqual(['a unanswered'])
  expect(report.state).toBe('failed')
})

executed(
  'and with it the workflow, unless an onFailure action says otherwise',
  { only: '1.1.0', field: 'timeout' },
  async version => {
    const again = { onFailure: [{ name: 'again', type: 'retry', retryAfter: 0 }] }
    const { report, trail } = await run(version, {
      steps: [step('a', { timeout: 60, ...again }), step('b')],
      answers: { '/thing': [{ delay: 'never' }, { body: {} }] },
    })
    expect(trail).toEqual(['a unanswered', 'a passed', 'b passed'])
    expect(report.state).toBe('passed')
  },
)

executed('it bounds a step that runs a workflow, all of it', { only: '1.1.0', field: 'timeout' }, async version => {
  const { trail } = await run(version, {
    steps: [step('a', { workflowId: 'child', timeout: 60 })],
    workflows: [{ workflowId: 'child', steps: [step('x'), step('y', { operationId: 'getOther' })] }],
    answers: { '/other': { delay: 'never' } },
  })
  expect(trail[0]).toBe('x passed')
  expect(trail.at(-1)).toMatch(/^a (failed|unanswered)$/)
})

isRefused('it is a whole number', { only: '1.1.0', field: 'timeout' }, async version => {
  for (const timeout of [1.5, '1000', -1])
    expect(await refused(version, { steps: [step('a', { timeout })] })).toHaveLength(1)
})

isRefused('1.0 has no timeout, dependsOn, action, correlationId and channelPath', { only: '1.0.1' }, async version => {
  const newer = { timeout: 1, dependsOn: ['a'], action: 'send', correlationId: 'x', channelPath: 'y' }
  for (const [field, value] of Object.entries(newer))
    expect(await refused(version, { steps: [step('a', { [field]: value })] })).toEqual(['newer-field'])
})

isRead('extensions are accepted, other fields are not', {}, async version => {
  await accepted(version, { steps: [step('a', { 'x-note': 1 })] })
  expect(await refused(version, { steps: [step('a', { retries: 3 })] })).toEqual(['unknown-field'])
})
