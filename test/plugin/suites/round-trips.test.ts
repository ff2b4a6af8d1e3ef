import { expect, test, vi } from 'vitest'
import { runSuite, writeSuite } from './run-suite.ts'

vi.setConfig({ testTimeout: 240_000 })

/** Asks a service so often as the path says, one time after the other. */
const APP = `
import { createServer } from 'node:http'
import net from 'node:net'

const service = net.createServer(socket => socket.on('data', data => socket.write(data))).listen(0, '127.0.0.1')
const waiting = []
let socket
createServer(async (request, response) => {
  // All requests share one connection, and one chunk may hold the responses to several.
  socket ??= net.connect(service.address().port, '127.0.0.1').on('data', data => {
    for (const _ of data) waiting.shift()()
  })
  for (let i = 0; i < Number(/\\d+/.exec(request.url)); i++) {
    socket.write('x')
    await new Promise(resolve => waiting.push(resolve))
  }
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
}).listen(Number(process.env.PORT), '127.0.0.1')
`

const config = (probe: boolean) => `
import { defineConfig } from 'vitest/config'
import arazzo from 'vitest-arazzo/plugin'

export default defineConfig({
  plugins: [arazzo({ server: { command: 'node app.js', url: 'http://127.0.0.1:{port}/0', probe: ${probe} } })],
})
`

const OPENAPI = `
openapi: 3.1.0
info: { title: Items, version: 1.0.0 }
paths:
  /{count}:
    get:
      operationId: ask
      parameters: [{ name: count, in: path, required: true, schema: { type: integer } }]
      responses: { "200": { description: Well. } }
`

const HEAD = `
arazzo: 1.0.1
info: { title: Items, version: 1.0.0 }
sourceDescriptions: [{ name: api, url: ./openapi.yaml, type: openapi }]
workflows:
`

const step = (stepId: string, count: number, more = '') =>
  `{ stepId: ${stepId}, operationId: ask, parameters: [{ name: count, in: path, value: ${count} }]${more} }`

const suite = (workflow: string, probe = true) =>
  writeSuite({
    'app.js': APP,
    'vitest.config.ts': config(probe),
    'openapi.yaml': OPENAPI,
    'items.arazzo.yaml': HEAD + workflow,
  })

/** Outcomes and messages, without the port of the service. */
async function told(folder: string) {
  const { tree, output } = await runSuite(folder)
  const tests = tree.split('\n').flatMap(line => (/[✓×↓]/.test(line) ? [line.trim()] : []))
  const errors = output.match(/(?:Budget|Inconclusive)Error: .*/g) ?? []
  return { tests, errors: errors.map(error => error.replaceAll(/127\.0\.0\.1:\S+?(?=[.,;]? |\.$)/g, 'SERVICE')) }
}

test('a step that makes more round trips than it may fails without any load', async () => {
  const folder = await suite(`
  - workflowId: items
    x-vitest: { roundTrips: 2 }
    steps:
      - ${step('one', 1)}
      - ${step('many', 12)}
      - ${step('more', 4, ', x-vitest: { roundTrips: 4 }')}
      - ${step('none', 0, ', x-vitest: { roundTrips: 4 }')}
      - ${step('nothing', 0, ', x-vitest: { roundTrips: 0 }')}
`)
  expect(await told(folder)).toEqual({
    tests: ['✓ one', '× many (BudgetError)', '✓ more', '× none (BudgetError)', '✓ nothing'],
    errors: [
      'BudgetError: Expected roundTrips <= 2, received 12 in step "many": 12 to SERVICE.',
      'BudgetError: Failed to count the round trips of step "none": no round trip was seen while 1 request got a ' +
        'response. The probe sees sockets of Node.js, and not those of a driver in native code or of HTTP/2.',
    ],
  })
})

test('without a probe, or any round trip, no budget is kept', async () => {
  const workflow = (count: number) => `
  - workflowId: items
    x-vitest: { roundTrips: 2 }
    steps: [${step('ask', count)}]
`
  expect((await told(await suite(workflow(1), false))).errors).toEqual([
    'BudgetError: Failed to count the round trips of step "ask": no probe is loaded into the application. Let the ' +
      'plugin load it: server: { probe: true }.',
  ])
  expect((await told(await suite(workflow(0)))).tests).toEqual(['× ask (BudgetError)'])
})

// Of many requests, so that those in progress as the window begins do not show.
test('under load, round trips for each request are held against budgets', async () => {
  const folder = await suite(`
  - workflowId: items
    steps: [${step('ask', 3)}]
    x-load-test:
      vus: 2
      iterations: 200
      budgets: { roundTrips: 3 }
  - workflowId: more
    steps: [${step('ask', 3)}]
    x-load-test: { vus: 2, iterations: 4000, budgets: { roundTrips: { bound: 2 } } }
  - workflowId: elsewhere
    steps: [${step('ask', 3)}]
    x-load-test: { vus: 2, iterations: 200, budgets: { roundTrips: { '127.0.0.1:1': 2 } } }
`)
  const { tests, errors } = await told(folder)
  expect(tests.filter(test => test.includes('roundTrips'))).toEqual([
    '✓ budget: roundTrips',
    '× budget: roundTrips (BudgetError)',
    '× budget: roundTrips.127.0.0.1:1 (BudgetError)',
  ])
  expect(errors).toEqual([
    expect.stringMatching(/^BudgetError: Expected roundTrips <= 2, received 3 \(.*3 to SERVICE, waited .* ms/),
    expect.stringContaining('no round trip to SERVICE was seen. Those that were seen went to SERVICE'),
  ])
})
