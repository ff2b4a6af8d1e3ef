import { describe, expect, test } from 'vitest'
import { type RunOptions, runWorkflow } from '../../src/workflow/functional.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { type Answer, type Seen, serve } from '../builders/server.ts'
import { loadUser } from '../builders/user.ts'

const api = openapi(
  Object.fromEntries(
    ['get', 'post', 'put', 'head'].map(method => [
      method,
      [method, '/start', { requestBody: { content: { 'application/json': {} } } }],
    ]),
  ),
)

const flow = (operation: string, more = '') =>
  arazzo(`
  - workflowId: main
    steps:
      - stepId: only
        operationId: ${operation}
        parameters: [{ name: Authorization, in: header, value: Bearer t0k3n }]
${more.replaceAll(/^/gm, '        ')}
        outputs: { url: $url, status: $statusCode, method: $method, location: $response.header.Location, body: $response.body }
`)

async function run(answer: (seen: Seen, count: number) => Answer, document: string, options: RunOptions = {}) {
  const server = await serve(answer)
  const folder = project({ 'api.json': api, 'flow.arazzo.yaml': document })
  const report = await runWorkflow(`${folder}/flow.arazzo.yaml`, {
    servers: server.origin,
    followRedirects: true,
    ...options,
  })
  const [step] = report.steps
  return {
    report,
    step,
    outputs: step?.state === 'passed' ? step.outputs : undefined,
    seen: server.seen,
    ways: server.seen.map(({ method, url }) => `${method} ${url}`),
    origin: server.origin,
  }
}

const to = (location: string, status = 302): Answer => ({ status, headers: { location } })
const thenThere = (status: number) => (_: Seen, count: number) =>
  count === 1 ? to('/there?a=1#top', status) : { body: 'there' }
const body = 'requestBody: { contentType: application/json, payload: { a: 1 } }'

describe('followed', () => {
  test('the last answer is the one that counts', async () => {
    const { outputs, origin, step } = await run(thenThere(302), flow('get'))
    expect(outputs).toEqual({
      url: `${origin}/there?a=1`,
      status: 200,
      method: 'GET',
      location: undefined,
      body: 'there',
    })
    expect(step!.exchange).toMatchObject({ request: { url: `${origin}/there?a=1` }, response: { status: 200 } })
  })

  test.each([
    ['get', 301, 'GET'],
    ['post', 301, 'GET'],
    ['post', 302, 'GET'],
    ['post', 303, 'GET'],
    ['put', 301, 'PUT'],
    ['put', 302, 'PUT'],
    ['put', 303, 'GET'],
    ['head', 303, 'HEAD'],
    ['post', 307, 'POST'],
    ['post', 308, 'POST'],
  ])('%s, %i: %s', async (operation, status, method) => {
    const hasBody = operation === 'post' || operation === 'put'
    const { seen } = await run(thenThere(status), flow(operation, hasBody ? body : ''))
    const [first, second] = seen
    expect(second!.method).toBe(method)
    expect(second!.headers.authorization).toBe('Bearer t0k3n')
    const keeps = method === first!.method && hasBody
    expect([second!.body, second!.headers['content-type']]).toEqual(
      keeps ? ['{"a":1}', 'application/json'] : ['', undefined],
    )
  })

  test('to another origin no credentials go along', async () => {
    const other = await serve(() => ({ body: 'there' }))
    const { outputs } = await run(() => to(`${other.origin}/x`, 307), flow('post', body))
    expect(outputs).toMatchObject({ url: `${other.origin}/x`, body: 'there' })
    expect(other.seen[0]).toMatchObject({
      method: 'POST',
      body: '{"a":1}',
      headers: { host: new URL(other.origin).host },
    })
    expect(other.seen[0]!.headers).not.toHaveProperty('authorization')
    expect(other.seen[0]!.headers).not.toHaveProperty('cookie')
  })

  test('to another origin neither keys nor headers that hold a secret go along', async () => {
    const other = await serve(() => ({ body: 'there' }))
    const server = await serve(() => to(`${other.origin}/x`))
    const given = {
      'X-Api-Key': 'plain-key',
      'X-Token': 'plain-token',
      'X-Goes-Along': 'yes',
      'X-Trace': 'for {$inputs.password}',
    }
    const parameters = Object.entries(given).map(([name, value]) => ({ name, in: 'header', value }))
    const folder = project({
      'api.json': api,
      'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    inputs: { type: object, properties: { password: { type: string, format: password } } }
    steps: [{ stepId: only, operationId: get, parameters: ${JSON.stringify(parameters)} }]
`),
    })
    const report = await runWorkflow(`${folder}/flow.arazzo.yaml`, {
      servers: server.origin,
      followRedirects: true,
      inputs: { password: 'pa55-w0rd-long' },
    })
    expect(report.state).toBe('passed')
    expect(server.seen[0]!.headers).toMatchObject({ 'x-api-key': 'plain-key', 'x-trace': 'for pa55-w0rd-long' })
    const arrived = Object.keys(other.seen[0]!.headers).filter(name => name.startsWith('x-'))
    expect(arrived).toEqual(['x-goes-along'])
  })

  test('what the operation documents is not asked of the resource that a redirect leads to', async () => {
    const documented = openapi({ op: ['get', '/start', { responses: { 302: { description: 'elsewhere' } } }] })
    const server = await serve((_, count) => (count === 1 ? to('/there') : { body: 'there' }))
    const folder = project({
      'api.json': documented,
      'flow.arazzo.yaml': arazzo('  - workflowId: main\n    steps: [{ stepId: only, operationId: op }]'),
    })
    const report = await runWorkflow(`${folder}/flow.arazzo.yaml`, { servers: server.origin, followRedirects: true })
    expect(report.state).toBe('passed')
  })
})

describe('not followed', () => {
  test('to a stranger, under load', async () => {
    const stranger = await serve(() => ({}))
    const server = await serve(({ url }) => to(url === '/start' ? '/next' : stranger.origin))
    const folder = project({ 'api.json': api, 'flow.arazzo.yaml': flow('get') })
    const load = await loadUser(`${folder}/flow.arazzo.yaml`, { servers: server.origin, followRedirects: true })
    expect(await load.iterate(1)).toEqual(['failed'])
    await load.close()
    expect(load.attempts[0]).toMatchObject({
      kind: 'protocol',
      message: expect.stringContaining(`${stranger.origin} is not one of the servers that may be loaded`),
    })
    expect(server.seen).toHaveLength(2)
    expect(stranger.seen).toEqual([])
  })

  test('past the timeout of the step, which is for all its requests', async () => {
    const { report, seen } = await run(
      ({ url }) => ({ ...to(`${url}x`), delay: 40 }),
      flow('get', 'timeout: 100').replace('1.0.1', '1.1.0'),
    )
    expect(report.steps[0]).toMatchObject({ state: 'unanswered', cause: 'timeout' })
    expect(seen.length).toBeLessThan(5)
  })
})
