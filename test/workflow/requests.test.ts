import { describe, expect, test } from 'vitest'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'

const json = (schema = {}) => ({ requestBody: { content: { 'application/json': { schema } } } })
const api = openapi({
  get: [
    'get',
    '/items/{id}',
    {
      parameters: [
        { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
        { name: 'tags', in: 'query', schema: { type: 'array' } },
        { name: 'filter', in: 'query', style: 'deepObject', explode: true, schema: { type: 'object' } },
        { name: 'x-list', in: 'header', schema: { type: 'array' } },
        { name: 'sid', in: 'cookie', schema: { type: 'string' } },
      ],
    },
  ],
  post: ['post', '/items', json()],
  form: ['post', '/form', { requestBody: { content: { 'application/x-www-form-urlencoded': {} } } }],
})

async function send(step: string, inputs: Record<string, unknown> = {}) {
  const server = await serve(() => ({ body: { ok: true } }))
  const folder = project({
    'api.json': api,
    'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    steps:
      - stepId: only
${step.replaceAll(/^/gm, '        ')}
        outputs: { path: $request.path.id, query: $request.query.tags, header: $request.header.x-list, body: $request.body, url: $url, method: $method }
    outputs:
      path: $steps.only.outputs.path
      query: $steps.only.outputs.query
      header: $steps.only.outputs.header
      body: $steps.only.outputs.body
      url: $steps.only.outputs.url
      method: $steps.only.outputs.method
`),
  })
  const report = await runWorkflow(`${folder}/flow.arazzo.yaml`, { servers: server.origin, inputs })
  return { request: server.seen[0], report, outputs: report.outputs, origin: server.origin }
}

describe('parameters', () => {
  test('go to their places, in their styles, and can be read back', async () => {
    const { request, outputs, origin } = await send(
      `operationId: get
parameters:
  - { name: id, in: path, value: $inputs.id }
  - { name: tags, in: query, value: [a, b c] }
  - { name: filter, in: query, value: { min: 1, max: $inputs.max } }
  - { name: X-List, in: header, value: [1, 2] }
  - { name: sid, in: cookie, value: s1 }`,
      { id: 'a/b', max: 9 },
    )
    expect(request).toMatchObject({
      method: 'GET',
      url: '/items/a%2Fb?tags=a&tags=b%20c&filter%5Bmin%5D=1&filter%5Bmax%5D=9',
      headers: { 'x-list': '1,2', cookie: 'sid=s1' },
    })
    expect(outputs).toMatchObject({
      path: 'a/b',
      query: ['a', 'b c'],
      header: '1,2',
      method: 'GET',
      url: origin + request!.url,
    })
  })

  test('a query or header value that is missing is left out; a path value that is missing fails the step', async () => {
    const { request } = await send(`operationId: get
parameters:
  - { name: id, in: path, value: x }
  - { name: tags, in: query, value: $inputs.none }
  - { name: X-List, in: header, value: $inputs.none }`)
    expect(request!.url).toBe('/items/x')
    const { report } = await send('operationId: get\nparameters: [{ name: id, in: path, value: $inputs.none }]')
    expect(report.because).toMatchInlineSnapshot(
      `"step "only" failed: Failed to build the request of step "only": path parameter {id} has no value. $inputs.none came out empty: check what is given as input "none"."`,
    )
  })

  test('a path value of dots alone is sent encoded: it names this resource, not one above', async () => {
    for (const [value, sent] of [
      ['.', '%2E'],
      ['..', '%2E%2E'],
      ['...', '...'],
      ['a..', 'a..'],
    ]) {
      const { request } = await send(`operationId: get\nparameters: [{ name: id, in: path, value: ${value} }]`)
      expect(request!.url).toBe(`/items/${sent}`)
    }
  })

  test('a header value with a line break is refused, and nothing is sent', async () => {
    const { report, request } = await send(
      `operationId: get
parameters: [{ name: id, in: path, value: x }, { name: X-List, in: header, value: $inputs.evil }]`,
      { evil: 'a\r\nx-admin: 1' },
    )
    expect(request).toBeUndefined()
    expect(report.because).toMatchInlineSnapshot(
      `"step "only" failed: Failed to write header parameter "X-List": its value contains a line break or NUL. Encode it, or take it from another place."`,
    )
  })

  test.each([
    ['header', '262,145'],
    // With its name.
    ['cookie', '262,149'],
  ])('a %s value that no server would take is refused at once', async (place, count) => {
    const text = `operationId: get
parameters: [{ name: id, in: path, value: x }, { name: big, in: ${place}, value: $inputs.big }]`
    const { report, request } = await send(text, { big: 'x'.repeat(2 ** 18 + 1) })
    expect(request).toBeUndefined()
    expect(report.because).toBe(
      `step "only" failed: Failed to write ${place} parameter "big": its value has ${count} characters, and may have 262,144. Send it in a body, or take a part of it.`,
    )
  })
})

describe('JSON bodies', () => {
  test('objects keep the types of their expressions; what is missing is left out', async () => {
    const { request, outputs } = await send(
      `operationId: post
requestBody:
  payload: { n: $inputs.n, text: 'n is {$inputs.n}', none: $inputs.none, list: [$inputs.o], price: $5.00 }`,
      { n: 1, o: { a: [true, null] } },
    )
    expect(request!.headers['content-type']).toBe('application/json')
    expect(JSON.parse(request!.body)).toEqual({ n: 1, text: 'n is 1', list: [{ a: [true, null] }], price: '$5.00' })
    expect(outputs.body).toMatchObject({ n: 1 })
  })

  test('text: values are escaped within strings, and a structure takes the place of its quotes', async () => {
    const { request } = await send(
      `operationId: post
requestBody:
  contentType: application/json
  payload: |
    { "name": "{$inputs.name}", "n": {$inputs.n}, "who": "{$inputs.who}", "note": "for {$inputs.who}", "none": "{$inputs.none}" }`,
      { name: 'say "hi"\n', n: 3, who: { id: 1 } },
    )
    expect(JSON.parse(request!.body.replace('"for {"id":1}"', '"x"').replace(/"note": "for [^,]*,/, ''))).toEqual({
      name: 'say "hi"\n',
      n: 3,
      who: { id: 1 },
      none: '',
    })
  })

  test('replacements set values by pointer, also where there was nothing', async () => {
    const { request } = await send(
      `operationId: post
requestBody:
  payload: { a: { b: 1 }, list: [1] }
  replacements:
    - { target: /a/b, value: $inputs.n }
    - { target: /a/c/d, value: new }
    - { target: /list/-, value: 2 }`,
      { n: { x: 1 } },
    )
    expect(JSON.parse(request!.body)).toEqual({ a: { b: { x: 1 }, c: { d: 'new' } }, list: [1, 2] })
  })

  test('a value that looks like an expression is not evaluated again', async () => {
    const { request } = await send('operationId: post\nrequestBody: { payload: { a: $inputs.a, b: "{$inputs.a}!" } }', {
      a: '{$inputs.secret} $inputs.secret $& $1',
      secret: 'no',
    })
    expect(JSON.parse(request!.body)).toEqual({
      a: '{$inputs.secret} $inputs.secret $& $1',
      b: '{$inputs.secret} $inputs.secret $& $1!',
    })
  })
})

describe('form bodies', () => {
  test('objects become pairs', async () => {
    const { request } = await send(
      'operationId: form\nrequestBody: { payload: { a: $inputs.a, list: [1, 2], none: $inputs.none } }',
      { a: 'x&y=z ü' },
    )
    expect(request!.headers['content-type']).toBe('application/x-www-form-urlencoded')
    expect(request!.body).toBe('a=x%26y%3Dz%20%C3%BC&list=1&list=2')
  })

  test('text: an embedded value adds no pair of its own', async () => {
    const { request } = await send('operationId: form\nrequestBody: { payload: "a={$inputs.a}&b=2" }', {
      a: 'x&admin=1',
    })
    expect(request!.body).toBe('a=x%26admin%3D1&b=2')
  })
})

test('secrets do not show in a report: inputs of format password, Authorization, and what was made of them', async () => {
  const server = await serve(() => ({ body: { echo: 'hunter22', token: 'tok-123456' } }))
  const folder = project({
    'api.json': api,
    'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    inputs: { type: object, properties: { password: { type: string, format: password } } }
    steps:
      - stepId: login
        operationId: post
        requestBody: { payload: { password: $inputs.password } }
        outputs: { token: $response.body#/token }
      - stepId: use
        operationId: post
        parameters: [{ name: Authorization, in: header, value: 'Bearer {$steps.login.outputs.token}' }]
        requestBody: { payload: { x: 1 } }
`),
  })
  const { steps } = await runWorkflow(`${folder}/flow.arazzo.yaml`, {
    servers: server.origin,
    inputs: { password: 'hunter22' },
  })
  const shown = JSON.stringify(steps.map(step => step.exchange))
  expect(server.seen[1]!.headers.authorization).toBe('Bearer tok-123456')
  expect(shown).not.toContain('hunter22')
  expect(shown).not.toContain('tok-123456')
})
