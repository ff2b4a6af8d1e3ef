import { createServer } from 'node:http'
import { describe, expect, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import { listen } from '../builders/listen.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { type Answer, type Seen, serve } from '../builders/server.ts'
import { type BothWays, bothWays, type Document, reasonOf } from './both.ts'
import { asReceived } from './tap.ts'

/*
 * What a load report says of failures, in a run of real threads: step, kind and count. test/three-ways has the documents
 * themselves.
 */

const query = (name: string) => ({ name, in: 'query', schema: { type: 'string' } })
const pet = { type: 'object', required: ['id'], properties: { id: { type: 'integer' }, name: { type: 'string' } } }
const responses = {
  200: {
    description: 'a pet',
    headers: { 'X-Rate': { required: true, schema: { type: 'integer' } } },
    content: { 'application/json': { schema: pet } },
  },
  404: { description: 'none' },
}
const description = {
  ...JSON.parse(
    openapi({
      a: ['get', '/a', { parameters: [query('x'), query('y')] }],
      b: ['get', '/b', { parameters: [query('x')] }],
      c: ['get', '/c', { parameters: [query('x')] }],
      item: ['get', '/items/{id}'],
      make: ['post', '/make'],
      pet: ['get', '/pet', { responses }],
      secret: ['get', '/secret', { security: [{ token: [] }] }],
      basic: ['get', '/basic', { security: [{ basic: [] }] }],
      key: ['get', '/key', { security: [{ key: [] }] }],
    }),
  ),
  components: {
    securitySchemes: {
      token: { type: 'http', scheme: 'bearer' },
      basic: { type: 'http', scheme: 'basic' },
      key: { type: 'apiKey', in: 'query', name: 'key' },
    },
  },
}
const files = { 'api.json': JSON.stringify(description) }

type Script = Record<string, Answer[]> | ((request: Seen) => Answer)

/** Answers each path by its list, the last again and again. */
function answering(script: Script): (request: Seen) => Answer {
  if (typeof script === 'function') return script
  const left = Object.fromEntries(Object.entries(script).map(([path, answers]) => [path, [...answers]]))
  return ({ url }) => {
    const answers = left[url.split('?')[0]!] ?? [{}]
    return answers.length > 1 ? answers.shift()! : answers[0]!
  }
}

/** Runs `main` of workflows both ways, against a server that answers by a script. */
async function run(
  workflows: string,
  script: Script = {},
  document: Omit<Partial<Document>, 'ref'> = {},
): Promise<BothWays & { paths: string[]; reason: string }> {
  const folder = project({ ...files, 'flow.arazzo.yaml': arazzo(workflows, '', '1.1.0') })
  const both = await bothWays({ ref: `${folder}/flow.arazzo.yaml#main`, ...document }, async () => {
    const { origin, seen } = await serve(answering(script))
    return {
      servers: origin,
      get received() {
        return seen.map(request => asReceived(request, request.body))
      },
    }
  })
  return { ...both, paths: both.received.map(({ url }) => url), reason: reasonOf(both.report) }
}

const ok = 'successCriteria: [{ condition: $statusCode == 200 }]'

/** The workflow `main` of steps, each written as the members of a YAML mapping. */
const main = (...steps: string[]): string => `
  - workflowId: main
    steps:
${steps.map(step => `      - { ${step} }`).join('\n')}
`

const nested = (more: string, ofChild = '') => `${main(
  `stepId: inner, workflowId: child, outputs: { m: $outputs.m }${more}`,
  'stepId: c, operationId: c',
)}
  - workflowId: child
    steps: [{ stepId: b, operationId: b, ${ok}, outputs: { m: $response.body#/m }${ofChild} }]
    outputs: { m: $steps.b.outputs.m }
`
const from = (step: string) => main('stepId: a, operationId: a, outputs: { v: $response.body#/v }', step)
const headers = { 'x-rate': '3' }
const never: Answer[] = [{ delay: 'never' }]
const text: Answer = { headers: { 'content-type': 'text/plain' }, body: 'text' }

/** Failures as the load report has them, `step kind count`, and the reason of the functional run. */
const failures: [name: string, workflows: string, script: Script, errors: string[], reason: RegExp | undefined][] = [
  [
    'a retry that helps',
    main(`stepId: a, operationId: a, ${ok}, onFailure: [{ name: again, type: retry, retryAfter: 0, retryLimit: 5 }]`),
    { '/a': [{ status: 503 }, { status: 503 }, {}] },
    ['a criterion 2'],
    undefined,
  ],
  [
    'a way out',
    main(
      `stepId: a, operationId: a, ${ok}, onFailure: [{ name: round, type: goto, stepId: b }]`,
      'stepId: b, operationId: b',
    ),
    { '/a': [{ status: 404 }] },
    ['a criterion 1'],
    undefined,
  ],
  [
    'a workflow in a step that fails',
    nested(''),
    { '/b': [{ status: 500 }] },
    ['child.b criterion 1'],
    /^\$statusCode == 200 is not met \(500\)$/,
  ],
  [
    'a step whose workflow passes',
    nested(', successCriteria: [{ condition: $outputs.m > 5 }]'),
    { '/b': [{ body: { m: 1 } }] },
    ['inner criterion 1'],
    /^\$outputs\.m > 5 is not met \(1\)$/,
  ],
  [
    'a workflow that takes too long',
    nested(', timeout: 80'),
    { '/b': never },
    ['child.b timeout 1'],
    /timeout of 80 ms/,
  ],
  [
    'a workflow that takes too long while it waits',
    nested(', timeout: 80', ', onFailure: [{ name: again, type: retry, retryAfter: 60 }]'),
    { '/b': [{ status: 503 }] },
    ['inner timeout 1', 'child.b criterion 1'],
    /timeout of 80 ms/,
  ],
  [
    'a step that was left out',
    main(
      'stepId: a, operationId: a, onSuccess: [{ name: over, type: goto, stepId: c }]',
      'stepId: b, operationId: b',
      'stepId: c, operationId: c, dependsOn: [b]',
    ),
    {},
    ['c request 1'],
    /depends on step "b"/,
  ],
  [
    'a path without a value',
    from('stepId: item, operationId: item, parameters: [{ name: id, in: path, value: $steps.a.outputs.v }]'),
    {},
    ['item request 1'],
    /^Failed to /,
  ],
  [
    'a header of two lines',
    from('stepId: b, operationId: b, parameters: [{ name: X-V, in: header, value: $steps.a.outputs.v }]'),
    { '/a': [{ body: { v: 'a\r\nb: c' } }] },
    ['b request 1'],
    /^Failed to /,
  ],
  [
    'an output that cannot be had',
    main('stepId: b, operationId: b, outputs: { v: { context: $response.body, selector: $.id, type: jsonpath } }'),
    { '/b': [text] },
    ['b output 1'],
    /^Failed to evaluate "v": expected JSON/,
  ],
  ['no response in time', main('stepId: b, operationId: b, timeout: 60'), { '/b': never }, ['b timeout 1'], /60 ms/],
  [
    'a response that OpenAPI does not document',
    main('stepId: pet, operationId: pet', 'stepId: b, operationId: b'),
    { '/pet': [{ status: 202, headers, body: { id: 1 } }] },
    ['pet openapi 1'],
    /^status 202 is not documented/,
  ],
  [
    'a body that OpenAPI does not document, beside a criterion',
    main('stepId: pet, operationId: pet, successCriteria: [{ condition: $response.body#/id == 2 }]'),
    { '/pet': [{ headers, body: { id: 1, name: 4 } }] },
    ['pet criterion 1'],
    /^\$response\.body#\/id == 2 is not met \(1\); by OpenAPI, /,
  ],
]
test.each(failures)('%s', async (_, workflows, script, errors, reason) => {
  const both = await run(workflows, script)
  expect(both.load.errors.map(({ step, kind, count }) => `${step} ${kind} ${count}`)).toEqual(errors)
  if (reason) expect(both.reason).toMatch(reason)
  else expect(both.report.state).toBe('passed')
})

test('a request that can never be built keeps the load from running', async () => {
  const { reason, load } = await run(`
  - workflowId: main
    inputs: { type: object, properties: { id: { type: integer } } }
    steps: [{ stepId: item, operationId: item, parameters: [{ name: id, in: path, value: $inputs.id }] }]
`)
  expect(reason).toMatch(/path parameter \{id\} has no value/)
  expect(load).toMatchObject({ state: 'not run', cause: reason })
})

test('secrets do not show in what is said of a failure', async () => {
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

test('credentials are sent, and are in no report', async () => {
  const { received, load, report } = await run(
    main(
      'stepId: secret, operationId: secret',
      `stepId: basic, operationId: basic, ${ok}`,
      'stepId: key, operationId: key',
    ),
    ({ url, headers }) => ({ status: url === '/basic' ? 403 : 200, body: { seen: `${url} ${headers.authorization}` } }),
    {
      options: {
        security: {
          api: {
            token: 'the-token-itself',
            basic: { username: 'ada', password: 'pass-the-word' },
            key: 'the-key-itself',
          },
        },
      },
    },
  )
  const basic = btoa('ada:pass-the-word')
  expect(received.map(({ headers }) => headers.authorization)).toEqual(['Bearer the-token-itself', `Basic ${basic}`])
  const reports = JSON.stringify([load, report])
  for (const secret of ['the-token-itself', 'pass-the-word', 'the-key-itself', basic])
    expect(reports).not.toContain(secret)
})

test('one of two servers has gone', async () => {
  const server = createServer()
  const gone = await listen(server)
  await new Promise(resolve => server.close(resolve))
  const folder = project({
    ...files,
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

describe('responses of an undocumented status', () => {
  const answer = { headers, body: { id: 1 } }

  test.each([
    ['< 500', 'failed'],
    ['== 202', 'passed'],
    ['== 202 || $statusCode == 200', 'passed'],
    ['!= 500', 'failed'],
  ])('if the criterion is $statusCode %s: %s', async (criterion, state) => {
    const { report, load } = await run(
      main(`stepId: pet, operationId: pet, successCriteria: [{ condition: $statusCode ${criterion} }]`),
      { '/pet': [{ ...answer, status: 202 }] },
    )
    expect(report.state).toBe(state)
    expect(load.errors).toMatchObject(state === 'passed' ? [] : [{ step: 'pet', kind: 'openapi', count: 1 }])
    const warning = '1 response of pet passed with status 202, which OpenAPI does not document (only 200 and 404)'
    expect(load.warnings).toEqual(state === 'passed' ? [warning] : undefined)
  })

  test('fail under load, every one, not only those that are sampled', async () => {
    const folder = project({ ...files, 'flow.arazzo.yaml': arazzo(main('stepId: pet, operationId: pet')) })
    const { origin } = await serve((_, count) => (count <= 200 ? answer : { status: 202 }))
    for (const transport of ['wire', 'undici'] as const) {
      const { arrivals } = await runLoad({
        workflow: `${folder}/flow.arazzo.yaml`,
        servers: origin,
        transport,
        load: { vus: 1, iterations: 300, threads: 1 },
      })
      expect(arrivals).toMatchObject(transport === 'wire' ? { passed: 200, failed: 100 } : { failed: 300 })
    }
  })
})
