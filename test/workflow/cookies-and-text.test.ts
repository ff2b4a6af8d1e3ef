import { createServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { runLoad } from '../../src/hosts/run.ts'
import { runWorkflow } from '../../src/workflow/functional.ts'
import { django } from '../builders/django.ts'
import { arazzo, openapi, project } from '../builders/project.ts'
import { type Answer, type Seen, serve } from '../builders/server.ts'

/* Applications as they are: Django's protection against forged requests, and pages that a `Link` header leads to. */

/** An application over HTTP/2 without TLS. */
async function serveHttp2(answer: (seen: Seen) => Answer): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk as Buffer))
    request.on('end', () => {
      const bytes = Buffer.concat(chunks)
      const own = { ...request.headers, host: request.authority }
      const {
        status = 200,
        headers = {},
        body,
      } = answer({ method: request.method, url: request.url, headers: own, body: bytes.toString(), bytes })
      const type = typeof body === 'string' ? 'text/html' : 'application/json'
      response.writeHead(status, { 'content-type': type, ...headers })
      response.end(typeof body === 'string' ? body : JSON.stringify(body ?? {}))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Runs a document in every way: functionally, as load by each transport, and over HTTP/2. */
async function inEveryWay(workflow: string, make: () => (seen: Seen) => Answer, inputs: Record<string, string>) {
  const { origin } = await serve(make())
  const http2 = await serveHttp2(make())
  const load = { vus: 3, iterations: 7, warmUp: 0, threads: 1 } as const
  const options = { servers: origin, inputs }
  const reports = {
    wire: await runLoad({ workflow, ...options, transport: 'wire', load }),
    undici: await runLoad({ workflow, ...options, transport: 'undici', load }),
    http2: await runLoad({ workflow, ...options, servers: http2, protocol: 'h2', load }),
  }
  expect(reports.http2.transport.protocol).toBe('h2')
  const run = await runWorkflow(workflow, options)
  return { run, overHttp2: await runWorkflow(workflow, { ...options, servers: http2, protocol: 'h2' }), reports }
}

const secretInputs = `    inputs:
      type: object
      required: [username, password]
      properties: { username: { type: string }, password: { type: string, format: password } }`

const djangoFiles = (csrf: string) => ({
  'api.json': openapi({
    loginPage: ['get', '/login/'],
    login: ['post', '/login/'],
    createItem: [
      'post',
      '/api/items/',
      { parameters: [{ name: 'X-CSRFToken', in: 'header', schema: { type: 'string' } }] },
    ],
    listItems: ['get', '/api/items/', { parameters: [{ name: 'cursor', in: 'query', schema: { type: 'string' } }] }],
  }),
  'flow.arazzo.yaml': arazzo(`
  - workflowId: main
${secretInputs}
    steps:
      - stepId: page
        operationId: loginPage
        outputs: { csrf: ${csrf} }
      - stepId: login
        operationId: login
        requestBody:
          contentType: application/x-www-form-urlencoded
          payload: { csrfmiddlewaretoken: $steps.page.outputs.csrf, username: $inputs.username, password: $inputs.password }
        successCriteria: [{ condition: $statusCode == 302 }]
        outputs: { csrf: $response.cookie.csrftoken }
      - stepId: create
        operationId: createItem
        parameters: [{ name: X-CSRFToken, in: header, value: $steps.login.outputs.csrf }]
        requestBody: { contentType: application/json, payload: { name: tea } }
        successCriteria: [{ condition: $statusCode == 201 }]
      - stepId: list
        operationId: listItems
        parameters: [{ name: cursor, in: query, value: $steps.list.outputs.next }]
        successCriteria: [{ condition: $statusCode == 200 }]
        outputs:
          next: { context: $response.body#/next, x-extract: { regex: 'cursor=([^&]+)', decode: url } }
          last: $response.body#/results/1
        onSuccess:
          - { name: more, type: goto, stepId: list, criteria: [{ condition: $steps.list.outputs.next != null }] }
    outputs: { last: $steps.list.outputs.last }`),
})

const field = `{ context: $response.body, x-extract: { regex: 'name="csrfmiddlewaretoken" value="([^"]+)"' } }`
const inputs = { username: 'ada', password: 'lovelace-1815' }

test('a login of Django, by the hidden field, its cookies and the pages of a cursor', async () => {
  const document = `${project(djangoFiles(field))}/flow.arazzo.yaml`
  const { run, overHttp2, reports } = await inEveryWay(document, django, inputs)
  for (const one of [run, overHttp2]) expect(one).toMatchObject({ state: 'passed', outputs: { last: 5 } })
  expect(run.steps.map(({ stepId }) => stepId)).toEqual(['page', 'login', 'create', 'list', 'list', 'list'])
  for (const { arrivals, errors, steps } of Object.values(reports)) {
    expect(errors).toEqual([])
    expect(arrivals).toEqual({ due: 21, started: 21, dropped: 0, passed: 21, failed: 0, aborted: 0 })
    expect(steps.list).toMatchObject({ requests: 63, errors: 0 })
  }
})

test('without the value of the page it is refused in every way, and the error says why', async () => {
  const wrong = field.replace('csrfmiddlewaretoken', 'authenticity_token')
  const document = `${project(djangoFiles(wrong))}/flow.arazzo.yaml`
  const { run, overHttp2, reports } = await inEveryWay(document, django, inputs)
  for (const one of [run, overHttp2]) expect(one).toMatchObject({ state: 'failed' })
  for (const { arrivals } of Object.values(reports))
    expect(arrivals).toMatchObject({ started: 21, passed: 0, failed: 21 })
})

const pagesFiles = (rel: string) => ({
  'api.json': openapi({
    listRepos: ['get', '/repos', { parameters: [{ name: 'page', in: 'query', schema: { type: 'integer' } }] }],
    getRepo: ['get', '/repos/{id}'],
  }),
  'flow.arazzo.yaml': arazzo(`
  - workflowId: main
    steps:
      - stepId: list
        operationId: listRepos
        parameters: [{ name: page, in: query, value: $steps.list.outputs.next }]
        successCriteria: [{ condition: $statusCode == 200 }]
        outputs:
          next: { context: $response.header.link, x-extract: { regex: '[?&]page=(\\d+)[^<>]*>; rel="${rel}"' } }
          last: $response.body#/1/id
        onSuccess:
          - { name: more, type: goto, stepId: list, criteria: [{ condition: $steps.list.outputs.next != null }] }
      - stepId: get
        operationId: getRepo
        parameters: [{ name: id, in: path, value: $steps.list.outputs.next }]
    outputs: { last: $steps.list.outputs.last }`),
})

/** Three pages of two each, with a `Link` header as GitHub has it. */
const github =
  () =>
  (seen: Seen): Answer => {
    const page = Number(/[?&]page=(\d+)/.exec(seen.url)?.[1] ?? 1)
    const to = (n: number, rel: string) => `<https://api.example.com/repos?per_page=2&page=${n}>; rel="${rel}"`
    const links = [...(page < 3 ? [to(page + 1, 'next'), to(3, 'last')] : []), ...(page > 1 ? [to(1, 'first')] : [])]
    return { headers: { link: links.join(', ') }, body: [{ id: page * 2 - 1 }, { id: page * 2 }] }
  }

test('pages of a Link header, and the error about a value that is not there', async () => {
  const document = `${project(pagesFiles('next'))}/flow.arazzo.yaml`
  const { run, overHttp2, reports } = await inEveryWay(document, github, {})
  expect(run.steps.map(({ stepId }) => stepId)).toEqual(['list', 'list', 'list', 'get'])
  // The last page has no next one, and so there is nothing to get.
  for (const one of [run, overHttp2]) expect(one.state).toBe('failed')
  expect(run.steps[3]!.absent).toEqual({
    '$steps.list.outputs.next':
      'step "list" took it from $response.header.link, and its regex [?&]page=(\\d+)[^<>]*>; rel="next" matches ' +
      'nothing in "<https://api.example.com/repos?per_page=2&page=1>; rel=\\"first\\""',
  })
  for (const { steps, errors } of Object.values(reports)) {
    expect(steps.list).toMatchObject({ requests: 63, errors: 0 })
    expect(errors.map(({ step, count }) => [step, count])).toEqual([['get', 21]])
  }
})
