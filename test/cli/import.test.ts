import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readArazzo } from '../../src/document/read.ts'
import { install } from '../builders/installed.ts'
import { listen } from '../builders/listen.ts'
import { project } from '../builders/project.ts'
import { amount } from '../builders/thorough.ts'
import { builtPlugin } from '../plugin/server/built.ts'
import { runVitestAgain } from '../plugin/server/run-vitest.ts'
import { askCli } from './cli.ts'

const built = await builtPlugin()

/** A shop with a login: ids and tokens are others each time, and whoever sends old ones is refused. */
async function openShop() {
  const orders = new Map<string, { id: string; item: number; note: string }>()
  const tokens = new Set<string>()
  const refused: string[] = []
  let count = 0
  const respond = (request: IncomingMessage, text: string): [status: number, body?: unknown, headers?: object] => {
    const { pathname } = new URL(request.url!, 'http://shop')
    const route = `${request.method} ${pathname}`
    const body = text === '' ? undefined : JSON.parse(text)
    if (pathname === '/') return [200, '<html></html>', { 'content-type': 'text/html' }]
    if (pathname === '/app.js') return [200, '1', { 'content-type': 'text/javascript' }]
    if (route === 'POST /v1/login') {
      if (body.username !== 'ada' || body.password !== 'open sesame') return [401, { message: 'who?' }]
      const token = `token-of-${++count}-and-more`
      tokens.add(token)
      return [200, { session: { accessToken: token }, user: { name: 'Ada' } }, { 'x-csrf': `csrf-${count}-nonce` }]
    }
    const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
    if (!tokens.has(token)) return [403, { message: 'not you' }]
    if (route === 'GET /v1/items')
      return [
        200,
        {
          items: [
            { id: 41, price: 5 },
            { id: 42, price: 7.5 },
          ],
        },
      ]
    if (route === 'POST /v1/orders') {
      const order = { id: `o${++count}`, item: body.itemId, note: body.note }
      if (request.headers['x-csrf'] !== `csrf-${[...tokens].indexOf(token) * 2 + 1}-nonce`) return [403, {}]
      orders.set(order.id, order)
      return [201, { ...order, itemId: order.item }, { location: `/v1/orders/${order.id}` }]
    }
    const order = orders.get(/^\/v1\/orders\/([^/]+)$/.exec(pathname)?.[1] ?? '')
    if (order === undefined) return [404, { message: 'no such order' }]
    if (request.method === 'DELETE') {
      orders.delete(order.id)
      return [204]
    }
    return [200, order]
  }
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const [status, body, headers] = respond(request, text)
    if (status >= 400) refused.push(`${request.method} ${request.url}: ${status}`)
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    response.writeHead(status, { ...type, ...headers })
    response.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body))
  })
  const origin = await listen(server)
  return { origin, orders, refused }
}

/** Makes requests, and records them as a browser does. */
class Recorder {
  readonly entries: object[] = []

  async send(method: string, url: string, headers: Record<string, string> = {}, body?: unknown) {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const sent = { ...headers, 'user-agent': 'Browser/1', ...(text && { 'content-type': 'application/json' }) }
    const startedDateTime = new Date().toISOString()
    const response = await fetch(url, { method, headers: sent, body: text })
    const received = await response.text()
    const pairs = (all: readonly (readonly [string, string])[]) => all.map(([name, value]) => ({ name, value }))
    const receivedHeaders: [string, string][] = []
    response.headers.forEach((value, name) => {
      receivedHeaders.push([name, value])
    })
    const mimeType = response.headers.get('content-type') ?? ''
    this.entries.push({
      startedDateTime,
      request: {
        method,
        url,
        headers: pairs(Object.entries(sent)),
        ...(text && { postData: { mimeType: 'application/json', text } }),
      },
      response: {
        status: response.status,
        headers: pairs(receivedHeaders),
        content: { mimeType, text: Buffer.from(received).toString('base64'), encoding: 'base64' },
      },
    })
    return { body: received === '' || !mimeType.includes('json') ? undefined : JSON.parse(received), response }
  }

  text(): string {
    return JSON.stringify({ log: { version: '1.2', creator: { name: 'test', version: '1' }, entries: this.entries } })
  }
}

/** Somebody logs in, looks around, orders something, looks at it, and takes it back. */
async function record(origin: string): Promise<Recorder> {
  const recorder = new Recorder()
  await recorder.send('GET', `${origin}/`)
  await recorder.send('GET', `${origin}/app.js`)
  const login = await recorder.send('POST', `${origin}/v1/login`, {}, { username: 'ada', password: 'open sesame' })
  const authorization = `Bearer ${login.body.session.accessToken}`
  const csrf = login.response.headers.get('x-csrf')!
  const items = await recorder.send('GET', `${origin}/v1/items?sort=price&page=1`, { authorization })
  const order = { itemId: items.body.items[1].id, note: 'for the {$cat}' }
  const made = await recorder.send('POST', `${origin}/v1/orders`, { authorization, 'x-csrf': csrf }, order)
  await recorder.send('GET', `${origin}/v1/orders/${made.body.id}`, { authorization })
  await recorder.send('DELETE', `${origin}/v1/orders/${made.body.id}`, { authorization })
  return recorder
}

test('a recording becomes a document that passes against the same server, with what is new each time', async () => {
  const shop = await openShop()
  const recorder = await record(shop.origin)
  const stranger = { request: { method: 'GET', url: 'https://cdn.example.com/v1/flags', headers: [] } }
  const answer = { status: 200, headers: [], content: { mimeType: 'application/json', text: '{}' } }
  recorder.entries.push({ startedDateTime: new Date().toISOString(), ...stranger, response: answer })
  const folder = project({ 'checkout.har': recorder.text(), 'package.json': '{ "type": "module" }' })
  const said = await askCli(built, ['import', 'checkout.har'], folder)
  expect(said.stderr).toBe('')
  expect(said.stdout.replaceAll(shop.origin, 'ORIGIN')).toBe(`wrote checkout.arazzo.yaml
wrote checkout.openapi.yaml
wrote vitest.config.ts

5 steps of ORIGIN, 4 values carried over.
Left out: 2 requests for pages and static files.
Left out: 1 request to cdn.example.com.
Became inputs, to be set in the environment: CHECKOUT_USERNAME, CHECKOUT_PASSWORD.
Next: npx vitest run
`)
  expect(said.code).toBe(0)

  const document = readFileSync(join(folder, 'checkout.arazzo.yaml'), 'utf8')
  expect(document.slice(document.indexOf('    steps:'))).toMatchInlineSnapshot(`
    "    steps:
          - stepId: post-v1-login
            operationId: post-v1-login
            requestBody:
              contentType: application/json
              payload:
                username: $inputs.username
                password: $inputs.password
            successCriteria:
              - condition: $statusCode == 200
            outputs:
              accessToken: $response.body#/session/accessToken
              x-csrf: $response.header.x-csrf
          - stepId: get-v1-items
            operationId: get-v1-items
            parameters:
              - name: sort
                in: query
                value: price
              - name: page
                in: query
                value: 1
              - name: authorization
                in: header
                value: Bearer {$steps.post-v1-login.outputs.accessToken}
            successCriteria:
              - condition: $statusCode == 200
            outputs:
              id: $response.body#/items/1/id
          - stepId: post-v1-orders
            operationId: post-v1-orders
            parameters:
              - name: authorization
                in: header
                value: Bearer {$steps.post-v1-login.outputs.accessToken}
              - name: x-csrf
                in: header
                value: $steps.post-v1-login.outputs.x-csrf
            requestBody:
              contentType: application/json
              payload:
                itemId: $steps.get-v1-items.outputs.id
                note: $inputs.note
            successCriteria:
              - condition: $statusCode == 201
            outputs:
              id: $response.body#/id
          - stepId: get-v1-orders-orderId
            operationId: get-v1-orders-orderId
            parameters:
              - name: orderId
                in: path
                value: $steps.post-v1-orders.outputs.id
              - name: authorization
                in: header
                value: Bearer {$steps.post-v1-login.outputs.accessToken}
            successCriteria:
              - condition: $statusCode == 200
          - stepId: delete-v1-orders-orderId
            operationId: delete-v1-orders-orderId
            parameters:
              - name: orderId
                in: path
                value: $steps.post-v1-orders.outputs.id
              - name: authorization
                in: header
                value: Bearer {$steps.post-v1-login.outputs.accessToken}
            successCriteria:
              - condition: $statusCode == 204
    "
  `)
  const { problems } = await readArazzo(join(folder, 'checkout.arazzo.yaml'))
  expect(problems).toEqual([])
  for (const name of readdirSync(folder).filter(name => name !== 'checkout.har'))
    expect(readFileSync(join(folder, name), 'utf8')).not.toMatch(/open sesame|token-of|csrf-\d|\bada\b/)

  const flags = ['--input', 'username=ada', '--input', 'password=open sesame']
  const before = shop.refused.length
  const run = await askCli(built, ['run', 'checkout.arazzo.yaml', ...flags], folder)
  expect(run.code, run.stdout + run.stderr).toBe(0)
  expect(shop.refused.slice(before)).toEqual([])
  expect(shop.orders.size).toBe(0)

  // Whoever has the wrong password is told so: the criteria are those of the recording.
  const wrong = await askCli(built, ['run', 'checkout.arazzo.yaml', ...flags.slice(0, 3), 'password=guess'], folder)
  expect(wrong.code).toBe(1)

  const again = await askCli(built, ['import', 'checkout.har'], folder)
  expect(again.code).toBe(2)
  expect(again.stderr).toContain('checkout.arazzo.yaml and checkout.openapi.yaml are there already')
  expect(readFileSync(join(folder, 'checkout.arazzo.yaml'), 'utf8')).toBe(document)
})

test('operations of a description are called by their names, and others are left out', async () => {
  const shop = await openShop()
  const recorder = await record(shop.origin)
  const any = { responses: { default: { description: 'any' } } }
  const parameters = [{ name: 'orderNo', in: 'path', required: true, schema: { type: 'string' } }]
  const api = {
    openapi: '3.1.0',
    info: { title: 'Shop', version: '1' },
    servers: [{ url: '/v1' }],
    paths: {
      '/login': { post: { operationId: 'login', ...any } },
      '/orders': { post: { operationId: 'order', ...any } },
      '/orders/{orderNo}': { parameters, get: { operationId: 'getOrder', ...any }, delete: any },
    },
  }
  const folder = project({ 'shop.har': recorder.text(), 'api.json': JSON.stringify(api), 'vitest.config.js': '' })
  const said = await askCli(built, ['import', 'shop.har', '--openapi', 'api.json', '--output', 'out'], folder)
  expect(said.stderr).toBe('')
  expect(said.stdout).toContain('Left out, as the description does not know them: GET /v1/items.')
  const { document, problems } = await readArazzo(join(folder, 'out/shop.arazzo.yaml'))
  // A header that the description does not have is sent, and told.
  expect(problems.map(({ code, severity }) => [code, severity])).toEqual([['unknown-parameter', 'warning']])
  expect(document!.workflows[0]!.steps.map(({ stepId }) => stepId)).toEqual([
    'login',
    'order',
    'getOrder',
    'delete-orders-orderNo',
  ])
  const flags = ['--input', 'username=ada', '--input', 'password=open sesame', '--server', shop.origin]
  const run = await askCli(built, ['run', 'out/shop.arazzo.yaml', ...flags], folder)
  expect(run.code, run.stdout).toBe(0)
})

const entry = (method: string, url: string, more: object = {}, response: object = {}) => ({
  request: { method, url, headers: [], ...more },
  response: { status: 200, headers: [], content: { mimeType: 'application/json', text: '{}' }, ...response },
})

test('an application that a command starts is what the imported workflow runs against', async () => {
  const app = `import { createServer } from 'node:http'
createServer((_, response) => response.setHeader('content-type', 'application/json').end('{}')).listen(process.env.PORT)`
  const recording = JSON.stringify({ log: { entries: [entry('GET', 'https://shop.example.com/v1/items')] } })
  const folder = project({ 'shop.har': recording, 'app.mjs': app, 'package.json': '{ "type": "module" }' })
  const said = await askCli(built, ['import', 'shop.har', '--command', 'node app.mjs'], folder)
  expect(said.stdout).not.toContain('is not this machine')
  expect(readFileSync(join(folder, 'vitest.config.ts'), 'utf8')).toContain(
    "server: { command: 'node app.mjs', url: 'http://127.0.0.1:{port}', env: { PORT: '{port}' } },",
  )
  await install(folder, 'vitest', 'vite')
  const { code, stdout, stderr } = await runVitestAgain(folder, ['run'], {})
  expect(code, stdout + stderr).toBe(0)
  expect(stdout).toMatch(/Tests {2}1 passed/)
})

test('a hostile recording: what no API has is left out, secrets are in no file, and many are no matter', async () => {
  const count = amount(500, 3_000)
  const deep = '['.repeat(20_000) + ']'.repeat(20_000)
  const base = 'http://127.0.0.1:3000'
  const post = (mimeType: string, text: string) => ({ postData: { mimeType, text } })
  const entries = [
    entry('__PROTO__', `${base}/x`),
    entry('GET\r\nX: y', `${base}/x`),
    entry('POST', `${base}/deep`, post('application/json', deep)),
    entry('GET', `${base}/deep`, {}, { content: { mimeType: 'application/json', text: deep } }),
    entry('GET', `${base}/odd`, {}, { status: 1e9 }),
    entry(
      'POST',
      `${base}/a`,
      post('application/json', '{"__proto__":{"password":"hunter-of-proto"},"constructor":1}'),
    ),
    entry('GET', `${base}/constructor?__proto__=1&toString=x`),
    entry('POST', `${base}/login`, post('application/xml', '<l><n:password a="1">hunter-of-xml</n:password></l>')),
    entry('POST', `${base}/login`, post('text/plain', 'user=ann; api_key: "hunter-of-text"')),
    // Each has a secret of its own, and is the same operation: a name for each, found in all other texts.
    ...Array.from({ length: count }, (_, i) => entry('GET', `${base}/items?q=${i}&api_key=hunter-${i}-more`)),
  ]
  const folder = project({ 'big.har': JSON.stringify({ log: { entries } }) })
  const { code, stdout, stderr } = await askCli(built, ['import', 'big.har', '--output', 'out'], folder)
  expect(code, stderr).toBe(0)
  expect(stdout).toContain(`${(count + 5).toLocaleString('en')} steps of http://127.0.0.1:3000`)
  expect(stdout).toContain('Left out: 2 requests by other methods than those of an API.')
  expect(stdout).toContain('Left out: 1 request whose bodies are nested too deeply.')
  expect(stdout).toContain('Left out: 1 request without a response.')
  expect(stdout).toContain(`BIG_API_KEY_19, and ${count - 17} more.`)
  for (const file of readdirSync(join(folder, 'out')))
    expect(readFileSync(join(folder, 'out', file), 'utf8')).not.toMatch(/hunter/)
  // What cannot be read is not left behind.
  const many = { log: { entries: Array.from({ length: 10_001 }, (_, i) => entry('GET', `${base}/items?q=${i}`)) } }
  writeFileSync(join(folder, 'many.har'), JSON.stringify(many))
  const refused = await askCli(built, ['import', 'many.har', '--output', 'out'], folder)
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('no more than 10,000 are read') })
  expect(readdirSync(join(folder, 'out')).filter(name => name.startsWith('many'))).toEqual([])
})

test('what is not a recording, or has nothing to take, is told', async () => {
  const folder = project({
    'empty.har': '{ "log": { "entries": [] } }',
    'text.har': 'hello',
    'postman.json': '{ "info": { "name": "Shop" }, "item": [] }',
  })
  const said = async (...args: string[]) => {
    const { code, stderr } = await askCli(built, ['import', ...args], folder)
    return `${code} ${stderr.trim()}`
  }
  expect(await said('empty.har')).toContain(
    '2 Failed to write a workflow from empty.har: it has no requests to an API.',
  )
  expect(await said('text.har')).toContain('2 Failed to read text.har: it is not a HAR file: it has no log.entries.')
  expect(await said('postman.json')).toContain('it is a collection of Postman, which has no responses to carry values')
  expect(await said('none.har')).toContain('2 Failed to read none.har: there is no such file.')
  writeFileSync(join(folder, 'x'), '')
  expect(readdirSync(folder).sort()).toEqual(['empty.har', 'postman.json', 'text.har', 'x'])
})
