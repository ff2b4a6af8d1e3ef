import { expect } from 'vitest'
import { section, type Version } from './rule.ts'
import { outputsOf, read, refused, run, step } from './run.ts'

const { executed, read: isRead, refused: isRefused } = section('Runtime Expressions')

const answer = {
  status: 201,
  headers: { 'X-Rate-Limit': '10', Server: 'test', 'X-Tag!': 'odd' },
  body: { status: 'ok', items: [{ id: 1 }, { id: 2 }], 'a/b': 1, 'm~n': 2, '': 3, nothing: null },
}
const request = {
  operationId: 'postThing',
  parameters: [
    { name: 'q', in: 'query', value: ['a', 'b'] },
    { name: 'X-Trace', in: 'header', value: 't-1' },
  ],
  requestBody: { contentType: 'application/json', payload: { user: { uuid: 'u-1' } } },
}

executed('$url is the URL of the request, $method its method', {}, async version => {
  const outputs = await outputsOf(version, { url: '$url', method: '$method' }, answer, { step: request })
  expect(outputs.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/thing\?q=a&q=b$/)
  expect(outputs.method).toBe('POST')
})

executed('$statusCode is the status of the response, a number', {}, async version => {
  expect(await outputsOf(version, { code: '$statusCode' }, answer)).toEqual({ code: 201 })
})

executed('$request.header, query, path and body are what was sent', { decides: 'request-values' }, async version => {
  const outputs = {
    header: '$request.header.X-Trace',
    type: '$request.header.content-type',
    accept: '$request.header.accept',
    query: '$request.query.q',
    uuid: '$request.body#/user/uuid',
    body: '$request.body',
  }
  expect(await outputsOf(version, outputs, answer, { step: request })).toEqual({
    header: 't-1',
    type: 'application/json',
    accept: expect.any(String),
    query: ['a', 'b'],
    uuid: 'u-1',
    body: { user: { uuid: 'u-1' } },
  })
  const path = { operationId: 'getItem', parameters: [{ name: 'id', in: 'path', value: 7 }] }
  expect(
    await outputsOf(version, { id: '$request.path.id', none: '$request.path.none' }, answer, { step: path }),
  ).toEqual({ id: 7 })
})

executed('$response.header: names have no case, single values only', { decides: 'repeated-headers' }, async version => {
  const outputs = {
    a: '$response.header.x-rate-limit',
    b: '$response.header.X-RATE-LIMIT',
    c: '$response.header.X-Tag!',
    d: '$response.header.none',
  }
  expect(await outputsOf(version, outputs, answer)).toEqual({ a: '10', b: '10', c: 'odd' })
  const twice = { body: {}, headers: { 'set-cookie': ['a=1', 'b=2'] } }
  expect(await outputsOf(version, { cookie: '$response.header.Set-Cookie' }, twice)).toEqual({ cookie: 'a=1' })
})

executed('$response.body is the body, and #/… a place in it', {}, async version => {
  const outputs = {
    all: '$response.body',
    status: '$response.body#/status',
    item: '$response.body#/items/1/id',
    slash: '$response.body#/a~1b',
    tilde: '$response.body#/m~0n',
    empty: '$response.body#/',
    whole: '$response.body#',
    nothing: '$response.body#/nothing',
  }
  expect(await outputsOf(version, outputs, answer)).toEqual({
    all: answer.body,
    status: 'ok',
    item: 2,
    slash: 1,
    tilde: 2,
    empty: 3,
    whole: answer.body,
    nothing: null,
  })
})

executed('a place that is not there is nothing', {}, async version => {
  const outputs = {
    a: '$response.body#/none',
    b: '$response.body#/items/2',
    c: '$response.body#/items/-1',
    d: '$response.body#/items/01',
    e: '$response.body#/status/length',
    f: '$response.body#/items/length',
  }
  expect(await outputsOf(version, outputs, answer)).toEqual({})
})

executed('bodies that are no JSON are text', { decides: 'bodies' }, async version => {
  const body = (type: string | undefined, text: string) => ({
    body: text,
    headers: { ...(type && { 'content-type': type }) },
  })
  const only = { body: '$response.body' }
  expect(await outputsOf(version, only, body('application/xml', '<a>1</a>'))).toEqual({ body: '<a>1</a>' })
  expect(await outputsOf(version, only, body('text/plain', '{"a":1}'))).toEqual({ body: '{"a":1}' })
  expect(await outputsOf(version, only, body('application/hal+json', '{"a":1}'))).toEqual({ body: { a: 1 } })
  expect(await outputsOf(version, only, body(undefined, '{"a":1}'))).toEqual({ body: { a: 1 } })
  expect(await outputsOf(version, only, { status: 204 })).toEqual({})
})

executed('$inputs: a name, or a place in it', {}, async version => {
  const inputs = { name: 'Ada', 'x-store-id': 1, 'my.dotted': 2, user: { name: 'N', tags: ['a'] } }
  const outputs = {
    a: '$inputs.name',
    b: '$inputs.x-store-id',
    c: '$inputs.my.dotted',
    d: '$inputs.user#/tags/0',
    e: '$inputs.user',
    f: '$inputs.none',
  }
  expect(await outputsOf(version, outputs, answer, { inputs })).toEqual({
    a: 'Ada',
    b: 1,
    c: 2,
    d: 'a',
    e: inputs.user,
  })
})

executed(
  'a dot is part of a name first, and leads to a member otherwise',
  { decides: 'dotted-names' },
  async version => {
    const inputs = { user: { name: 'inner', age: 3 }, 'user.name': 'dotted' }
    const outputs = { a: '$inputs.user.name', b: '$inputs.user.age', c: '$response.body.items' }
    expect(await outputsOf(version, outputs, answer, { inputs })).toEqual({ a: 'dotted', b: 3, c: answer.body.items })
  },
)

executed('$steps: an output of a step, or a place in it', {}, async version => {
  const { outputs } = await run(version, {
    steps: [
      step('first-step_1', { outputs: { 'list.of': '$response.body#/items', code: '$statusCode' } }),
      step('b', { operationId: 'getOther', outputs: { id: '$steps.first-step_1.outputs.list.of#/1/id' } }),
    ],
    workflow: {
      outputs: {
        id: '$steps.b.outputs.id',
        list: '$steps.first-step_1.outputs.list.of',
        text: '{$steps.first-step_1.outputs.code}',
      },
    },
    answers: answer,
  })
  expect(outputs).toEqual({ id: 2, list: answer.body.items, text: '201' })
})

const child = {
  workflowId: 'child',
  inputs: { type: 'object', properties: { n: {} } },
  steps: [step('x', { operationId: 'getOther', outputs: { body: '$response.body' } })],
  outputs: { result: '$steps.x.outputs.body' },
}

executed(
  '$outputs: in a step that runs a workflow, outputs of that',
  { decides: 'outputs-expression' },
  async version => {
    const { outputs } = await run(version, {
      steps: [
        step('a', {
          workflowId: 'child',
          successCriteria: [{ condition: "$outputs.result.status == 'ok'" }],
          outputs: { status: '$outputs.result#/status' },
        }),
      ],
      workflow: { outputs: { status: '$steps.a.outputs.status' } },
      workflows: [child],
      answers: answer,
    })
    expect(outputs).toEqual({ status: 'ok' })
  },
)

executed(
  '$outputs: elsewhere, outputs of the current workflow so far',
  { decides: 'outputs-expression' },
  async version => {
    const { requests } = await run(version, {
      steps: [
        step('a', { outputs: { id: '$response.body#/items/0/id' } }),
        step('b', { operationId: 'getOther', parameters: [{ name: 'id', in: 'query', value: '$outputs.bar' }] }),
      ],
      workflow: { outputs: { bar: '$steps.a.outputs.id' } },
      answers: answer,
    })
    expect(requests).toEqual(['GET /thing', 'GET /other?id=1'])
  },
)

executed('$workflows: inputs and outputs of a workflow of the document', {}, async version => {
  const { outputs } = await run(version, {
    steps: [step('a', { workflowId: 'child', parameters: [{ name: 'n', value: 5 }] })],
    workflow: {
      inputs: { type: 'object', properties: { own: {} } },
      outputs: {
        given: '$workflows.child.inputs.n',
        result: '$workflows.child.outputs.result#/status',
        own: '$workflows.main.inputs.own',
      },
    },
    workflows: [child],
    answers: answer,
    inputs: { own: 1 },
  })
  expect(outputs).toEqual({ given: 5, result: 'ok', own: 1 })
})

executed(
  '$workflows: a workflow that has not ended yet has no outputs',
  { decides: 'outputs-expression' },
  async version => {
    const { requests } = await run(version, {
      steps: [
        step('a', { outputs: { id: '$response.body#/items/0/id' } }),
        step('b', { parameters: [{ name: 'id', in: 'query', value: '$workflows.main.outputs.id' }] }),
      ],
      workflow: { outputs: { id: '$steps.a.outputs.id' } },
      answers: answer,
    })
    expect(requests).toEqual(['GET /thing', 'GET /thing'])
  },
)

executed('values keep their type', {}, async version => {
  const inputs = { n: 1.5, b: false, list: [1], map: { a: 1 }, nothing: null, text: '1' }
  const outputs = Object.fromEntries(Object.keys(inputs).map(name => [name, `$inputs.${name}`]))
  expect(await outputsOf(version, outputs, answer, { inputs })).toEqual(inputs)
})

/* ---- embedding ---- */

executed('expressions in braces are embedded into text, several of them', {}, async version => {
  const outputs = { text: 'https://{$inputs.host}/api/{$response.body#/items/0/id}/status' }
  expect(await outputsOf(version, outputs, answer, { inputs: { host: 'h.example' } })).toEqual({
    text: 'https://h.example/api/1/status',
  })
})

executed('scalars are embedded as their text', { decides: 'whole-interpolation' }, async version => {
  const inputs = { s: 'a', n: 1.5, b: true, nothing: null }
  const outputs = {
    s: '<{$inputs.s}>',
    n: '<{$inputs.n}>',
    b: '<{$inputs.b}>',
    nothing: '<{$inputs.nothing}>',
    whole: '{$inputs.n}',
  }
  expect(await outputsOf(version, outputs, answer, { inputs })).toEqual({
    s: '<a>',
    n: '<1.5>',
    b: '<true>',
    nothing: '<null>',
    whole: '1.5',
  })
})

executed('structures are embedded as JSON', { level: 'MUST' }, async version => {
  const inputs = { list: [1, 'a'], map: { a: { b: null } } }
  expect(await outputsOf(version, { a: '<{$inputs.list}>', b: '{$inputs.map}' }, answer, { inputs })).toEqual({
    a: '<[1,"a"]>',
    b: '{"a":{"b":null}}',
  })
})

executed('text that holds a structure is embedded as it is', {}, async version => {
  const xml = { body: '<a b="1"/>', headers: { 'content-type': 'application/xml' } }
  expect(await outputsOf(version, { a: 'xml: {$response.body}' }, xml)).toEqual({ a: 'xml: <a b="1"/>' })
})

executed('a missing value is empty text', { decides: 'missing-values' }, async version => {
  expect(await outputsOf(version, { a: '<{$inputs.none}>' }, answer)).toEqual({ a: '<>' })
})

executed('other braces and dollars are text', { decides: 'literal-braces' }, async version => {
  const outputs = { a: '{x} {} {$} $5.00 {"a": 1} $ref $.a {inputs.n}', b: '$' }
  expect(await outputsOf(version, outputs, answer)).toEqual(outputs)
})

executed('what an expression yields is not evaluated again', {}, async version => {
  const inputs = { a: '$inputs.b', b: '{$inputs.c}', c: 'bad' }
  expect(await outputsOf(version, { a: '$inputs.a', b: 'x{$inputs.b}' }, answer, { inputs })).toEqual({
    a: '$inputs.b',
    b: 'x{$inputs.c}',
  })
})

executed(
  'a JSON Pointer may hold spaces and, at the end of a text, braces',
  { decides: 'pointer-characters' },
  async version => {
    const body = { 'a b': 1, 'x{y}': 2, 'p%20q': 3, é: 4 }
    const outputs = {
      a: '$response.body#/a b',
      b: '<{$response.body#/a b}>',
      c: '$response.body#/x{y}',
      d: '$response.body#/p%20q',
      e: '$response.body#/é',
    }
    expect(await outputsOf(version, outputs, { body })).toEqual({ a: 1, b: '<1>', c: 2, d: 3, e: 4 })
  },
)

/* ---- what is none ---- */

const withOutput = (value: string) => ({ steps: [step('a', { outputs: { a: value } })] })

isRefused('text that begins like an expression has to be one', {}, async version => {
  for (const value of [
    '$inputs.',
    '$inputs',
    '$request.cookie.a',
    '$response.body/a',
    '$response.body#a',
    '$response.body#/a~2',
    '$response.header.',
    '$steps.a',
    '$steps.a.outputs',
    '$workflows.main',
    '$workflows.main.steps.a.outputs.b',
    '$components.schemas.a',
    '$sourceDescriptions.api',
    '$inputs.a and more',
    'x {$inputs.a',
  ])
    expect([value, await refused(version, withOutput(value))]).toEqual([value, ['invalid-expression']])
})

/** A workflow output that reads the one of `withOutput`. */
const reading = { outputs: { read: '$steps.a.outputs.a' } }

isRefused('names that do not exist are found when the document is read', {}, async version => {
  for (const [value, code] of [
    ['$steps.none.outputs.a', 'undefined-step'],
    ['$steps.a.outputs.none', 'undefined-output'],
    ['$workflows.none.outputs.a', 'undefined-workflow'],
    ['$workflows.main.outputs.none', 'undefined-output'],
    ['$sourceDescriptions.none.url', 'undefined-source'],
    ['$components.parameters.none', 'undefined-component'],
    ['$outputs.none', 'undefined-output'],
  ] as const)
    expect([value, await refused(version, { ...withOutput(value), workflow: reading })]).toEqual([value, [code]])
})

isRead('an undeclared output is a warning in an unused output', { decides: 'unread-outputs' }, async version => {
  for (const value of ['$steps.a.outputs.none', '$workflows.main.outputs.none', '$outputs.none']) {
    const { codes, document } = await read(version, withOutput(value))
    expect([value, codes, document?.workflows[0]?.steps.length]).toEqual([value, ['(undefined-output)'], 1])
  }
})

executed(
  'text that begins like an expression but does not follow the grammar is text, with a warning',
  { decides: 'mere-text' },
  async version => {
    const payload = { a: '$inputs.host/path', b: '$inputs', c: '  $inputs.host', d: '$steps.a', e: '$inputs.host' }
    const steps = [step('a', { operationId: 'postThing', requestBody: { payload } })]
    const workflow = { inputs: { type: 'object', properties: { host: { type: 'string' } } } }
    expect((await read(version, { steps, workflow })).codes).toEqual(Array(4).fill('(expression-form)'))
    const { seen } = await run(version, { steps, workflow, inputs: { host: 'x' } })
    expect(JSON.parse(seen[0]!.body)).toEqual({ ...payload, e: 'x' })
  },
)

executed(
  'names of steps, workflows and inputs may hold any character where they are declared',
  { decides: 'unusual-names' },
  async version => {
    const payload = {
      v: '$steps.Plan a Trip: 1.outputs.v',
      i: '$inputs.a/b',
      t: 'of {$steps.Plan a Trip: 1.outputs.v}',
    }
    const { seen, report } = await run(version, {
      steps: [
        step('Plan a Trip: 1', {
          outputs: { v: '$response.body#/v' },
          successCriteria: [{ condition: "$inputs.a/b == 'in' && $statusCode == 200" }],
        }),
        step('b', { operationId: 'postThing', requestBody: { payload } }),
      ],
      workflow: { inputs: { type: 'object', properties: { 'a/b': { type: 'string' } } } },
      answers: { body: { v: 7 } },
      inputs: { 'a/b': 'in' },
    })
    expect(report).toMatchObject({ state: 'passed' })
    expect(JSON.parse(seen[1]!.body)).toEqual({ v: 7, i: 'in', t: 'of 7' })
  },
)

isRefused('so are inputs where the schema allows no others', {}, async version => {
  const workflow = { inputs: { type: 'object', properties: { a: {} }, additionalProperties: false } }
  expect(await refused(version, { ...withOutput('$inputs.b'), workflow })).toEqual(['undefined-input'])
  const open = { inputs: { type: 'object', properties: { a: {} } } }
  expect((await read(version, { ...withOutput('$inputs.b'), workflow: open })).codes).toEqual(['(undefined-input)'])
})

isRead(
  'words of the grammar have no case, as ABNF has it; a warning tells',
  { decides: 'letter-case' },
  async version => {
    expect((await read(version, withOutput('$StatusCode'))).codes).toEqual(['(expression-form)'])
    expect(await outputsOf(version, { a: '$Response.Body#/status' }, answer)).toEqual({ a: 'ok' })
  },
)

isRead('near misses are read with a warning', { decides: 'lenient-forms' }, async version => {
  for (const [value, result] of [
    ['$response.body.items[1].id', 2],
    ['$response.body#/items/1/id', 2],
  ] as const)
    expect(await outputsOf(version, { a: value }, answer)).toEqual({ a: result })
  expect((await read(version, withOutput('$response.body.items[1].id'))).codes).toEqual(['(expression-form)'])
  expect((await read(version, withOutput('id {$input.a}'))).codes).toEqual(['(expression-form)'])
  expect((await read(version, withOutput('text with $inputs.a in it'))).codes).toEqual(['(expression-form)'])
  expect((await read(version, withOutput('id {$respons.body}'))).codes).toEqual(['(expression-form)'])
})

isRead('an output without any expression is warned of', {}, async version => {
  for (const value of ['text', '$5'])
    expect((await read(version, withOutput(value))).codes).toEqual(['(expression-form)'])
})

isRefused('an output that is meant as an expression but is invalid', { decides: 'lenient-forms' }, async version => {
  for (const value of ['$foo.bar', '$url/path', '$input.a'])
    expect(await refused(version, withOutput(value))).toEqual(['expression-form'])
})

isRead('$request.query and path of unsent parameters are warned of', { level: 'MUST' }, async version => {
  const parameters = [{ name: 'a', in: 'query', value: 1 }]
  const codesOf = async (value: string) =>
    (await read(version, { steps: [step('a', { parameters, outputs: { o: value } })] })).codes.filter(
      code => code !== '(unknown-parameter)',
    )
  expect(await codesOf('$request.query.a')).toEqual([])
  expect(await codesOf('$request.query.b')).toEqual(['(unavailable-value)'])
  expect(await codesOf('$request.path.a')).toEqual(['(unavailable-value)'])
})

isRead('before there is a response, an expression about it is warned of', {}, async (version: Version) => {
  const parameters = [{ name: 'X-A', in: 'header', value: '$response.body#/a' }]
  expect((await read(version, { steps: [step('a', { parameters })] })).codes).toContain('(unavailable-value)')
})

isRead('$message is for channels', { only: '1.1.0' }, async version => {
  expect((await read(version, withOutput('$message.payload#/status'))).codes).toEqual(['(unavailable-value)'])
  expect((await read(version, withOutput('$message.header.Server'))).codes).toEqual(['(unavailable-value)'])
})

isRefused('1.0 has no $message and no $self', { only: '1.0.1' }, async version => {
  expect(await refused(version, withOutput('$self'))).toEqual(['newer-field'])
  expect(await refused(version, withOutput('$message.payload'))).toContain('newer-field')
})
