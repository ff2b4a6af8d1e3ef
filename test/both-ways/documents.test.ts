import { createServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openapi, project } from '../builders/project.ts'
import { type Answer, serve } from '../builders/server.ts'
import { bothWays, reasonOf } from './both.ts'
import { main, ok, scripted } from './scripted.ts'
import { asReceived } from './tap.ts'

/* One suite of documents, each run as a functional run and as load of one iteration. */

const query = (name: string) => ({ name, in: 'query', schema: { type: 'string' } })
const api = openapi({
  a: ['get', '/a', { parameters: [query('x'), query('y')] }],
  b: ['get', '/b', { parameters: [query('x')] }],
  c: ['get', '/c', { parameters: [query('x')] }],
  item: ['get', '/items/{id}'],
  make: ['post', '/make'],
  renew: ['post', '/renew'],
})

const run = scripted({ 'api.json': api })

describe('steps one after another', () => {
  test('pass', async () => {
    const { report, load } = await run(main(`stepId: a, operationId: a, ${ok}`, `stepId: b, operationId: b, ${ok}`))
    expect(report.state).toBe('passed')
    expect(load).toMatchObject({ state: 'completed', errors: [], requests: 2 })
  })

  test('end at the first that fails', async () => {
    const { paths, reason } = await run(main(`stepId: a, operationId: a, ${ok}`, `stepId: b, operationId: b, ${ok}`), {
      '/a': [{ status: 503 }],
    })
    expect(paths).toEqual(['/a'])
    expect(reason).toBe('$statusCode == 200 is not met (503)')
  })

  test('fail by status where there are no criteria', async () => {
    const { reason } = await run(main('stepId: a, operationId: a'), { '/a': [{ status: 500 }] })
    expect(reason).toBe('the server responded with 500, and the step has no successCriteria that accept it')
  })

  test('a redirect is seen, not followed', async () => {
    const { paths } = await run(
      main('stepId: a, operationId: a, successCriteria: [{ condition: $response.header.location == "/b" }]'),
      { '/a': [{ status: 302, headers: { location: '/b' } }] },
    )
    expect(paths).toEqual(['/a'])
  })
})

describe('retry', () => {
  const again = (more: string) =>
    main(
      `stepId: a, operationId: a, ${ok}, onFailure: [{ name: again, type: retry, ${more} }]`,
      `stepId: b, operationId: b, ${ok}`,
    )

  test('until it passes', async () => {
    const { report, load, paths } = await run(again('retryAfter: 0.01, retryLimit: 5'), {
      '/a': [{ status: 503 }, { status: 503 }, {}],
    })
    expect(paths).toEqual(['/a', '/a', '/a', '/b'])
    expect(report.state).toBe('passed')
    expect(load.errors).toMatchObject([{ step: 'a', count: 2, message: '$statusCode == 200 is not met (503)' }])
  })

  test('until its limit', async () => {
    const { paths } = await run(again('retryAfter: 0, retryLimit: 2'), { '/a': [{ status: 503 }] })
    expect(paths).toEqual(['/a', '/a', '/a'])
  })

  test("after what the server's Retry-After says", async () => {
    const { paths } = await run(again('retryAfter: 3600'), {
      '/a': [{ status: 503, headers: { 'retry-after': '0' } }, {}],
    })
    expect(paths).toEqual(['/a', '/a', '/b'])
  })

  test.each(['stepId: b', 'workflowId: renew'])('by way of %s', async to => {
    const { paths } = await run(
      `${again(`retryAfter: 0, retryLimit: 2, ${to}`)}
  - workflowId: renew
    steps: [{ stepId: renew, operationId: renew }]
`,
      { '/a': [{ status: 401 }, { status: 401 }, {}] },
    )
    const between = to === 'stepId: b' ? '/b' : '/renew'
    expect(paths).toEqual(['/a', between, '/a', between, '/a', '/b'])
  })
})

describe('goto and end', () => {
  test('ahead and back, outputs kept', async () => {
    const { paths } = await run(
      main(
        'stepId: a, operationId: a, outputs: { n: $response.body#/n }, onSuccess: [{ name: over, type: goto, stepId: c }]',
        'stepId: b, operationId: b, parameters: [{ name: x, in: query, value: $steps.a.outputs.n }], onSuccess: [{ name: stop, type: end }]',
        'stepId: c, operationId: c, onSuccess: [{ name: back, type: goto, stepId: b }]',
      ),
      { '/a': [{ body: { n: 7 } }] },
    )
    expect(paths).toEqual(['/a', '/c', '/b?x=7'])
  })

  test('to another workflow, with parameters', async () => {
    const { paths, report } = await run(
      `
  - workflowId: main
    steps:
      - stepId: a
        operationId: a
        outputs: { n: $response.body#/n }
        onSuccess: [{ name: over, type: goto, workflowId: other, parameters: [{ name: n, value: $response.body#/n }] }]
    outputs: { n: $steps.a.outputs.n }
  - workflowId: other
    inputs: { type: object, properties: { n: { type: integer } } }
    steps: [{ stepId: b, operationId: b, parameters: [{ name: x, in: query, value: $inputs.n }] }]
    outputs: { m: $inputs.n }
`,
      { '/a': [{ body: { n: 3 } }] },
    )
    expect(paths).toEqual(['/a', '/b?x=3'])
    expect(report.outputs).toEqual({ n: 3, m: 3 })
  })

  test('end after a failure is a failure', async () => {
    const { paths } = await run(
      main(`stepId: a, operationId: a, ${ok}, onFailure: [{ name: stop, type: end }]`, 'stepId: b, operationId: b'),
      { '/a': [{ status: 404 }] },
    )
    expect(paths).toEqual(['/a'])
  })

  test('a failure with a way out passes, and is counted', async () => {
    const { report, load } = await run(
      main(
        `stepId: a, operationId: a, ${ok}, onFailure: [{ name: round, type: goto, stepId: b }]`,
        `stepId: b, operationId: b, ${ok}`,
      ),
      { '/a': [{ status: 404 }] },
    )
    expect(report.state).toBe('passed')
    expect(load.errors).toMatchObject([{ step: 'a', count: 1 }])
  })

  test('actions of the workflow and of components', async () => {
    const { paths } = await run(
      `
  - workflowId: main
    failureActions: [{ reference: $components.failureActions.again }]
    steps:
      - { stepId: a, operationId: a, ${ok} }
      - { stepId: b, operationId: b, ${ok}, onFailure: [{ name: again, type: goto, stepId: c }] }
      - { stepId: c, operationId: c, ${ok} }
`,
      { '/a': [{ status: 500 }, {}], '/b': [{ status: 500 }] },
      { more: 'components: { failureActions: { again: { name: again, type: retry, retryAfter: 0 } } }' },
    )
    expect(paths).toEqual(['/a', '/a', '/b', '/c'])
  })

  test('a runaway is given up', async () => {
    const { paths, reason } = await run(
      main('stepId: a, operationId: a, onSuccess: [{ name: round, type: goto, stepId: a }]'),
      {},
      { options: { maxVisits: 50 } },
    )
    expect(paths).toHaveLength(50)
    expect(reason).toMatch(/^the run was given up as a runaway after 50 step visits, at step "a"\./)
  })

  test('a runaway of workflows, too', async () => {
    const { reason } = await run(
      main('stepId: a, operationId: a', 'stepId: b, workflowId: main'),
      {},
      { options: { maxVisits: 51 } },
    )
    expect(reason).toMatch(/^the run was given up as a runaway after 51 step visits, at step "b"\./)
  })
})

describe('nested workflows', () => {
  const nested = (more = '') => `
  - workflowId: main
    inputs: { type: object, properties: { n: { type: integer, default: 4 } } }
    steps:
      - { stepId: inner, workflowId: child, parameters: [{ name: n, value: $inputs.n }], outputs: { m: $outputs.m }${more} }
      - { stepId: c, operationId: c, parameters: [{ name: x, in: query, value: $steps.inner.outputs.m }] }
  - workflowId: child
    inputs: { type: object, properties: { n: { type: integer } } }
    steps:
      - { stepId: b, operationId: b, ${ok}, parameters: [{ name: x, in: query, value: $inputs.n }], outputs: { m: $response.body#/m } }
    outputs: { m: $steps.b.outputs.m }
`

  test('take inputs and give outputs', async () => {
    const { paths, load } = await run(nested(), { '/b': [{ body: { m: 9 } }] })
    expect(paths).toEqual(['/b?x=4', '/c?x=9'])
    expect(Object.keys(load.steps)).toEqual(['child.b', 'c'])
  })

  test('fail the step that called them', async () => {
    const { report, reason } = await run(nested(), { '/b': [{ status: 500 }] })
    expect(report.because).toBe(
      'step "inner" failed: workflow "child" failed: step "b" failed: $statusCode == 200 is not met (500)',
    )
    expect(reason).toBe('$statusCode == 200 is not met (500)')
  })

  test('are called again', async () => {
    const { paths } = await run(nested(', onFailure: [{ name: again, type: retry, retryAfter: 0 }]'), {
      '/b': [{ status: 500 }, { body: { m: 1 } }],
    })
    expect(paths).toEqual(['/b?x=4', '/b?x=4', '/c?x=1'])
  })

  test('pass, and the step that called them does not', async () => {
    const { reason, load } = await run(nested(', successCriteria: [{ condition: $outputs.m > 5 }]'), {
      '/b': [{ body: { m: 1 } }],
    })
    expect(reason).toBe('$outputs.m > 5 is not met (1)')
    expect(load.errors).toMatchObject([
      { step: 'inner', kind: 'criterion', count: 1, at: { line: expect.any(Number) } },
    ])
  })

  test('take too long', async () => {
    const { reason, load } = await run(nested(', timeout: 80'), { '/a': [{}], '/b': [{ delay: 'never' }] })
    expect(reason).toBe('workflow step "inner" took longer than its timeout of 80 ms')
    expect(load.errors).toMatchObject([{ step: 'child.b', kind: 'timeout', count: 1 }])
  })

  test('take too long while they wait', async () => {
    const waiting = nested(', timeout: 80').replace(
      `${ok}, parameters: [{ name: x, in: query, value: $inputs.n }]`,
      `${ok}, onFailure: [{ name: again, type: retry, retryAfter: 60 }]`,
    )
    const { reason, load } = await run(waiting, { '/b': [{ status: 503 }] })
    expect(reason).toBe('workflow step "inner" took longer than its timeout of 80 ms')
    expect(load.errors.map(({ step, kind }) => `${step} ${kind}`)).toEqual(['inner timeout', 'child.b criterion'])
  })
})

describe('prerequisites', () => {
  const flow = `
  - workflowId: main
    dependsOn: [first]
    steps: [{ stepId: b, operationId: b, parameters: [{ name: x, in: query, value: $workflows.first.outputs.n }] }]
  - workflowId: first
    steps: [{ stepId: a, operationId: a, ${ok}, outputs: { n: $response.body#/n } }]
    outputs: { n: $steps.a.outputs.n }
`
  test('run first', async () => {
    expect((await run(flow, { '/a': [{ body: { n: 2 } }] })).paths).toEqual(['/a', '/b?x=2'])
  })

  test('that fail', async () => {
    const { report, reason } = await run(flow, { '/a': [{ status: 503 }] })
    expect(report.because).toBe('prerequisite "first" failed: step "a" failed: $statusCode == 200 is not met (503)')
    expect(reason).toBe('$statusCode == 200 is not met (503)')
  })

  test('steps in the order that dependsOn asks for', async () => {
    const { paths } = await run(
      main('stepId: c, operationId: c, dependsOn: [b]', 'stepId: a, operationId: a', 'stepId: b, operationId: b'),
    )
    expect(paths).toEqual(['/b', '/c', '/a'])
  })

  test('a step that was left out', async () => {
    const { reason, load } = await run(
      main(
        'stepId: a, operationId: a, onSuccess: [{ name: over, type: goto, stepId: c }]',
        'stepId: b, operationId: b',
        'stepId: c, operationId: c, dependsOn: [b]',
      ),
    )
    expect(reason).toBe('Failed to run step "c": it depends on step "b", which has not been completed.')
    expect(load.errors).toMatchObject([{ step: 'c', kind: 'request' }])
  })
})

describe('criteria', () => {
  const xml: Answer = { headers: { 'content-type': 'application/xml' }, body: '<pets><pet age="3">Rex</pet></pets>' }
  const json: Answer = { body: { n: 5, text: 'Rex', list: [1, 2], none: null } }
  const text: Answer = { headers: { 'content-type': 'text/plain' }, body: 'all is well' }

  const met: [string, Answer][] = [
    ['condition: $response.body#/n >= 5 && $response.body#/n < 6', json],
    ["condition: $response.body#/text == 'rex'", json],
    ['condition: "!($statusCode != 200) || $response.body#/n == \'1\'"', json],
    ['condition: $response.body#/none == null && $response.body#/nowhere == null', json],
    ['condition: "$response.body.list[1] == 2"', json],
    ['context: $statusCode, type: regex, condition: ^2\\d\\d$', json],
    ['context: $response.body, type: regex, condition: is well$', text],
    ['context: $response.body, type: jsonpath, condition: "$.list[?@ > 1]"', json],
    ['context: $response.body, type: jsonpath, condition: "$[?count(@.list) > 0]"', json],
    ['context: $response.body, type: xpath, condition: "/pets/pet[@age > 2]"', xml],
    ['context: $response.body, condition: "count(//pet) = 1", type: { type: xpath, version: xpath-10 }', xml],
  ]
  test.each(met)('%s', async (criterion, answer) => {
    const { report } = await run(main(`stepId: a, operationId: a, successCriteria: [{ ${criterion} }]`), {
      '/a': [answer],
    })
    expect(report.because).toBeUndefined()
  })

  const unmet: [string, Answer, RegExp][] = [
    ['condition: $response.body#/n > 5', json, /^\$response\.body#\/n > 5 is not met \(5\)$/],
    ["condition: $response.body#/text != 'REX'", json, /is not met \("Rex"\)$/],
    ['condition: $response.body#/nowhere == 1', json, /is not met \(nothing\)$/],
    ['condition: $response.header.x-none == 1', json, /is not met \(nothing\)$/],
    ['context: $statusCode, type: regex, condition: ^4', json, /^\^4 is not met \(200\)$/],
    ['context: $response.body, type: regex, condition: is bad$', text, /is not met \("all is well"\)$/],
    ['context: $response.body, type: jsonpath, condition: "$.list[?@ > 2]"', json, /is not met/],
    ['context: $response.body, type: jsonpath, condition: $.a', text, /could not be evaluated|is not met/],
    ['context: $response.body, type: xpath, condition: "//pet[@age > 3]"', xml, /is not met/],
    ['context: $response.body, type: xpath, condition: //pet', json, /could not be evaluated/],
  ]
  test.each(unmet)('%s, unmet', async (criterion, answer, reason) => {
    const both = await run(main(`stepId: a, operationId: a, successCriteria: [{ ${criterion} }]`), { '/a': [answer] })
    expect(both.reason).toMatch(reason)
  })

  test('of an action, by the body', async () => {
    const { paths } = await run(
      main(
        `stepId: a, operationId: a, ${ok}, onFailure: [{ name: over, type: goto, stepId: c, criteria: [{ context: $response.body, type: jsonpath, condition: $.retry }] }]`,
        'stepId: b, operationId: b',
        'stepId: c, operationId: c',
      ),
      { '/a': [{ status: 500, body: { retry: true } }] },
    )
    expect(paths).toEqual(['/a', '/c'])
  })
})

describe('requests', () => {
  test('carry values of every kind, in every place', async () => {
    const { received } = await run(
      `
  - workflowId: main
    inputs: { type: object, properties: { list: { type: array, default: [1, two] }, who: { type: object, default: { name: "Ada \\"L\\"" } } } }
    steps:
      - { stepId: a, operationId: a, outputs: { token: $response.body#/token, id: $response.header.x-id } }
      - stepId: item
        operationId: item
        parameters:
          - { name: id, in: path, value: $steps.a.outputs.id }
          - { name: Authorization, in: header, value: "Bearer {$steps.a.outputs.token}" }
          - { name: list, in: query, value: $inputs.list }
          - { name: none, in: query, value: $steps.a.outputs.token#/nowhere }
          - { name: session, in: cookie, value: $steps.a.outputs.token }
      - stepId: json
        operationId: make
        requestBody:
          contentType: application/json
          payload: { who: $inputs.who, text: "id {$steps.a.outputs.id}", list: [$inputs.list], fixed: true }
          replacements: [{ target: /who/age, value: 36 }, { target: /list/0/1, value: $steps.a.outputs.id }]
      - stepId: text
        operationId: make
        requestBody:
          contentType: application/json
          payload: '{ "name": "{$inputs.who#/name}", "who": "{$inputs.who}" }'
      - stepId: form
        operationId: make
        requestBody:
          contentType: application/x-www-form-urlencoded
          payload: { a: "x&y={$steps.a.outputs.id}", list: $inputs.list }
      - stepId: xml
        operationId: make
        requestBody:
          contentType: application/xml
          payload: <a><b>{$steps.a.outputs.id}</b></a>
`,
      { '/a': [{ body: { token: 'a b' }, headers: { 'x-id': 'i/1' } }] },
    )
    expect(received.map(({ method, url }) => `${method} ${url}`)).toMatchInlineSnapshot(`
      [
        "GET /a",
        "GET /items/i%2F1?list=1&list=two",
        "POST /make",
        "POST /make",
        "POST /make",
        "POST /make",
      ]
    `)
    expect(received.slice(2).map(({ body }) => body)).toMatchInlineSnapshot(`
      [
        "{"who":{"name":"Ada \\"L\\"","age":36},"text":"id i/1","list":[[1,"i/1"]],"fixed":true}",
        "{ "name": "Ada \\"L\\"", "who": {"name":"Ada \\"L\\""} }",
        "a=x%26y%3Di%2F1&list=1&list=two",
        "<a><b>i/1</b></a>",
      ]
    `)
    expect(received[1]!.headers).toMatchObject({ authorization: 'Bearer a b' })
  })

  test('read answers of every kind', async () => {
    const { paths } = await run(
      main(
        'stepId: a, operationId: a, outputs: { v: $response.body#/v }',
        'stepId: b, operationId: b, parameters: [{ name: x, in: query, value: $steps.a.outputs.v }], outputs: { v: $response.body }',
        'stepId: c, operationId: c, parameters: [{ name: x, in: query, value: $steps.b.outputs.v }], outputs: { v: $response.body }',
        'stepId: d, operationId: a, parameters: [{ name: x, in: query, value: "is {$steps.c.outputs.v}" }]',
      ),
      {
        '/a': [
          {
            headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
            body: gzipSync('{"v":"zipped é"}'),
          },
        ],
        '/b': [{ headers: { 'content-type': 'text/plain' }, body: 'plain' }],
        '/c': [{ status: 204 }],
      },
    )
    expect(paths).toMatchInlineSnapshot(`
      [
        "/a",
        "/b?x=zipped%20%C3%A9",
        "/c?x=plain",
        "/a?x=is%20",
      ]
    `)
  })

  test('that cannot be built, at once', async () => {
    const { reason, load } = await run(
      `
  - workflowId: main
    inputs: { type: object, properties: { id: { type: integer } } }
    steps: [{ stepId: item, operationId: item, parameters: [{ name: id, in: path, value: $inputs.id }] }]
`,
    )
    expect(reason).toMatch(/^Failed to build the request of step "item": path parameter \{id\} has no value\./)
    expect(load).toMatchObject({ state: 'not run', cause: reason })
  })

  const from = (step: string) => main('stepId: a, operationId: a, outputs: { v: $response.body#/v }', step)
  const unbuildable: [string, string, Answer][] = [
    [
      'a path without a value',
      'stepId: item, operationId: item, parameters: [{ name: id, in: path, value: $steps.a.outputs.v }]',
      {},
    ],
    [
      'a header of two lines',
      'stepId: b, operationId: b, parameters: [{ name: X-V, in: header, value: $steps.a.outputs.v }]',
      { body: { v: 'a\r\nb: c' } },
    ],
    [
      'a replacement where nothing can be',
      'stepId: make, operationId: make, requestBody: { contentType: application/json, payload: $steps.a.outputs.v, replacements: [{ target: /a/b, value: 1 }] }',
      { body: { v: 'text' } },
    ],
  ]
  test.each(unbuildable)('that cannot be built later: %s', async (_, step, answer) => {
    const { reason, load, paths } = await run(from(step), { '/a': [answer] })
    expect(paths).toEqual(['/a'])
    expect(reason).toMatch(/^Failed to /)
    expect(load.state).toBe('completed')
    expect(load.errors).toMatchObject([{ kind: 'request', count: 1 }])
  })

  test('that cannot be built may have a way out', async () => {
    const { paths } = await run(
      main(
        'stepId: a, operationId: a, outputs: { v: $response.body#/v }',
        'stepId: item, operationId: item, parameters: [{ name: id, in: path, value: $steps.a.outputs.v }], onFailure: [{ name: round, type: goto, stepId: c }]',
        'stepId: c, operationId: c',
      ),
    )
    expect(paths).toEqual(['/a', '/c'])
  })

  test('with secrets: what is said of them is the same, and does not show them', async () => {
    process.env.BOTH_WAYS_SECRET = 'correct horse'
    const { reason, load, report } = await run(
      `
  - workflowId: main
    inputs: { type: object, properties: { pass: { type: string } } }
    steps:
      - stepId: a
        operationId: a
        parameters: [{ name: x, in: query, value: $inputs.pass }]
        successCriteria: [{ condition: $response.body#/echo == 'x' }]
`,
      { '/a': [{ body: { echo: 'it was correct horse' } }] },
      { secrets: { pass: 'BOTH_WAYS_SECRET' } },
    ).finally(() => delete process.env.BOTH_WAYS_SECRET)
    expect(reason).toBe(`$response.body#/echo == 'x' is not met ("it was ***")`)
    expect(JSON.stringify([load, report])).not.toMatch(/correct.{1,3}horse/)
  })
})

describe('without an answer', () => {
  const flow = (more: string) =>
    main('stepId: a, operationId: a', `stepId: b, operationId: b${more}`, 'stepId: c, operationId: c')
  let gone: string
  beforeAll(async () => {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    gone = `http://127.0.0.1:${(server.address() as { port: number }).port}`
    await new Promise(resolve => server.close(resolve))
  })
  afterAll(() => expect(gone).toBeDefined())

  test('in time', async () => {
    const { reason, load } = await run(flow(', timeout: 60'), { '/b': [{ delay: 'never' }] })
    expect(reason).toMatch(/60 ms/)
    expect(load.errors).toMatchObject([{ step: 'b', kind: 'timeout', count: 1 }])
  })

  test('with a way out', async () => {
    const { paths, report } = await run(
      flow(
        ', timeout: 60, onFailure: [{ name: again, type: retry, retryAfter: 0 }, { name: round, type: goto, stepId: c }]',
      ),
      { '/b': [{ delay: 'never' }] },
    )
    expect(paths).toEqual(['/a', '/b', '/b', '/c'])
    expect(report.state).toBe('passed')
  })

  test('because the server has gone', async () => {
    const folder = project({
      'api.json': api,
      'other.json': openapi({ d: ['get', '/d'] }),
      'flow.arazzo.yaml': `arazzo: 1.0.1
info: { title: test, version: '1' }
sourceDescriptions:
  - { name: api, url: ./api.json, type: openapi }
  - { name: other, url: ./other.json, type: openapi }
workflows:
  - workflowId: main
    steps:
      - { stepId: a, operationId: $sourceDescriptions.api.a }
      - { stepId: d, operationId: $sourceDescriptions.other.d }
`,
    })
    const { load, report } = await bothWays({ ref: `${folder}/flow.arazzo.yaml#main` }, async () => {
      const { origin, seen } = await serve(() => ({}))
      return {
        servers: { api: origin, other: gone },
        get received() {
          return seen.map(request => asReceived(request, request.body))
        },
      }
    })
    expect(reasonOf(report)).toMatch(/connection refused/)
    expect(load.errors).toMatchObject([{ step: 'd', kind: 'refused', count: 1 }])
  })
})
