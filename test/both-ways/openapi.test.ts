import { describe, expect, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { serve } from '../builders/server.ts'
import { main, ok, scripted } from './scripted.ts'

/* What OpenAPI adds to a run, both ways: checks of answers, credentials; and what the transport does between steps. */

const pet = { type: 'object', required: ['id'], properties: { id: { type: 'integer' }, name: { type: 'string' } } }
const answer = {
  responses: {
    200: {
      description: 'a pet',
      headers: { 'X-Rate': { required: true, schema: { type: 'integer' } } },
      content: { 'application/json': { schema: pet } },
    },
    404: { description: 'none' },
  },
}
const description = JSON.parse(
  openapi({
    pet: ['get', '/pet', answer],
    free: ['get', '/free'],
    secret: ['get', '/secret', { security: [{ token: [] }] }],
    basic: ['get', '/basic', { security: [{ basic: [] }] }],
    key: ['get', '/key', { security: [{ key: [] }] }],
  }),
)
description.components = {
  securitySchemes: {
    token: { type: 'http', scheme: 'bearer' },
    basic: { type: 'http', scheme: 'basic' },
    key: { type: 'apiKey', in: 'query', name: 'key' },
  },
}
const run = scripted({ 'api.json': JSON.stringify(description) })

describe('answers held against the description', () => {
  const headers = { 'x-rate': '3' }
  const flow = main('stepId: pet, operationId: pet', 'stepId: free, operationId: free')

  test('as described', async () => {
    const { paths, load } = await run(flow, { '/pet': [{ headers, body: { id: 1 } }] })
    expect(paths).toEqual(['/pet', '/free'])
    expect(load.errors).toEqual([])
  })

  const faults = [
    ['an undocumented status', { status: 202, headers, body: { id: 1 } }],
    ['another media type', { headers: { ...headers, 'content-type': 'text/plain' }, body: 'a pet' }],
    ['another body', { headers, body: { id: 'one', name: 4 } }],
    ['no body', { headers, body: '' }],
    ['a header too few', { body: { id: 1 } }],
    ['a header of another type', { headers: { 'x-rate': 'much' }, body: { id: 1 } }],
  ] as const
  test.each(faults)('%s', async (_, answer) => {
    const { paths, load } = await run(flow, { '/pet': [answer] })
    expect(paths).toEqual(['/pet'])
    expect(load).toMatchObject({ state: 'completed', errors: [{ step: 'pet', kind: 'openapi', count: 1 }] })
  })

  test.each(faults)('%s, with a way out', async (_, answer) => {
    const { paths } = await run(
      main(
        'stepId: pet, operationId: pet, onFailure: [{ name: again, type: retry, retryAfter: 0 }, { name: on, type: goto, stepId: free }]',
        'stepId: free, operationId: free',
      ),
      { '/pet': [answer] },
    )
    expect(paths).toEqual(['/pet', '/pet', '/free'])
  })

  test.each([
    ['< 500', 'failed'],
    ['== 202', 'passed'],
    ['== 202 || $statusCode == 200', 'passed'],
    ['!= 500', 'failed'],
  ])('an undocumented status, where the criterion is $statusCode %s: %s', async (criterion, state) => {
    const { report, load } = await run(
      main(`stepId: pet, operationId: pet, successCriteria: [{ condition: $statusCode ${criterion} }]`),
      { '/pet': [{ status: 202, headers, body: { id: 1 } }] },
    )
    expect(report.state).toBe(state)
    expect(load.errors).toMatchObject(state === 'passed' ? [] : [{ step: 'pet', kind: 'openapi', count: 1 }])
    const warning = '1 response of pet passed with status 202, which OpenAPI does not document (only 200 and 404)'
    expect(load.warnings).toEqual(state === 'passed' ? [warning] : undefined)
  })

  test('every response of an undocumented status fails under load, not only those that are sampled', async () => {
    const folder = project({
      'api.json': JSON.stringify(description),
      'flow.arazzo.yaml': arazzo(main('stepId: pet, operationId: pet')),
    })
    const { origin } = await serve((_, count) => (count <= 200 ? { headers, body: { id: 1 } } : { status: 202 }))
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

  test.each(['warn', 'off'] as const)('%s: nothing fails', async checks => {
    for (const [, answer] of faults) {
      const { paths } = await run(flow, { '/pet': [answer] }, { options: { checks } })
      expect(paths).toEqual(['/pet', '/free'])
    }
  })

  test('beside a criterion that is not met', async () => {
    const { reason } = await run(
      main('stepId: pet, operationId: pet, successCriteria: [{ condition: $response.body#/id == 2 }]'),
      { '/pet': [{ headers, body: { id: 1, name: 4 } }] },
    )
    expect(reason).toMatch(/^\$response\.body#\/id == 2 is not met \(1\); by OpenAPI, /)
  })
})

describe('outputs that cannot be had', () => {
  const selector = '{ context: $response.body, selector: $.id, type: jsonpath }'
  const text = { '/free': [{ headers: { 'content-type': 'text/plain' }, body: 'text' }] }

  test('fail their step', async () => {
    const { reason, load } = await run(
      main(`stepId: free, operationId: free, outputs: { v: ${selector} }`, 'stepId: pet, operationId: pet'),
      text,
    )
    expect(reason).toMatch(/^Failed to evaluate "v": expected JSON to apply "\$\.id" to, found text\./)
    expect(load).toMatchObject({ state: 'completed', errors: [{ step: 'free', count: 1 }] })
  })

  test('fail their workflow', async () => {
    const { reason, load } = await run(
      `${main('stepId: free, operationId: free, outputs: { v: $response.body }')}    outputs: { v: { context: $steps.free.outputs.v, selector: $.id, type: jsonpath } }\n`,
      text,
    )
    expect(reason).toMatch(/^Failed to evaluate "v"/)
    expect(load.state).toBe('completed')
  })

  test('fail their workflow, and the step that called it', async () => {
    const { paths } = await run(
      `${main('stepId: call, workflowId: child, onFailure: [{ name: on, type: goto, stepId: end }]', 'stepId: end, operationId: key')}
  - workflowId: child
    steps: [{ stepId: free, operationId: free, outputs: { v: $response.body } }]
    outputs: { v: { context: $steps.free.outputs.v, selector: $.id, type: jsonpath } }
`,
      text,
    )
    expect(paths).toEqual(['/free', '/key'])
  })

  test('where a step has failed already, that stays the reason', async () => {
    const { reason } = await run(
      `${main(`stepId: free, operationId: free, outputs: { v: $response.body }`, `stepId: key, operationId: key, ${ok}`)}    outputs: { v: { context: $steps.free.outputs.v, selector: $.id, type: jsonpath } }\n`,
      { ...text, '/key': [{ status: 500 }] },
    )
    expect(reason).toBe('$statusCode == 200 is not met (500)')
  })
})

describe('between requests', () => {
  test('cookies are kept, and a run begins without any', async () => {
    const { received } = await run(
      main('stepId: first, operationId: free', 'stepId: second, operationId: free', 'stepId: third, operationId: key'),
      { '/free': [{ headers: { 'set-cookie': ['a=1; Path=/', 'b=2; Path=/free'] } }, {}] },
    )
    expect(received.map(({ headers }) => headers.cookie)).toEqual([undefined, expect.stringMatching(/a=1/), 'a=1'])
  })

  test('redirects are followed when they are to be', async () => {
    const { paths, report } = await run(
      main('stepId: free, operationId: free, outputs: { url: $url }', 'stepId: key, operationId: key'),
      { '/free': [{ status: 303, headers: { location: '/there' } }], '/there': [{}] },
      { options: { followRedirects: true } },
    )
    expect(report.state).toBe('passed')
    expect(paths).toEqual(['/free', '/there', '/key'])
  })

  test('redirects in a circle come to an end', async () => {
    const { reason } = await run(
      main('stepId: free, operationId: free'),
      { '/free': [{ status: 302, headers: { location: '/free' } }] },
      { options: { followRedirects: true } },
    )
    expect(reason).toMatch(/redirect/)
  })

  test('credentials are shown, and are in no report', async () => {
    const { received, load, report } = await run(
      main(
        'stepId: secret, operationId: secret',
        `stepId: basic, operationId: basic, ${ok}`,
        'stepId: key, operationId: key',
        'stepId: free, operationId: free',
      ),
      ({ url, headers }) => ({
        status: url === '/basic' ? 403 : 200,
        body: { seen: `${url} ${headers.authorization}` },
      }),
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
    expect(received.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer the-token-itself',
      `Basic ${btoa('ada:pass-the-word')}`,
    ])
    expect(JSON.stringify([load, report])).not.toMatch(/the-token-itself|pass-the-word|the-key-itself/)
    expect(JSON.stringify([load, report])).not.toContain(btoa('ada:pass-the-word'))
  })
})
