import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * A repository that uses the package.
 * @typedef {object} Project
 * @property {string} name
 * @property {readonly string[]} packages from the npm registry, beside Vitest and the package itself
 * @property {Record<string, string>} files text by path
 * @property {Record<string, string>} [copied] after the installation: from where, by path
 * @property {(folder: string) => Promise<string | undefined>} [prepare] after the installation; says what is missing
 * @property {number} tests of all files together
 * @property {readonly string[]} [ways] in which it is run; absent: in all but those that spoil it
 * @property {boolean} [spoilsItself] it reads the kind of fault from the variable SPOIL
 * @property {{ file: string, from: string, to: string }} [change] of a file of the application, after which all is still
 * as it should be
 * @property {Record<string, string>} [env] of the installation
 */

/** Native parts are built from headers that Debian's Node brings. @type {Record<string, string>} */
export const nativeParts = existsSync('/usr/include/node/node.h') ? { npm_config_nodedir: '/usr' } : {}

/** @param {string} folder @param {Record<string, string>} files */
export function write(folder, files) {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), text)
  }
}

/** @param {string} server the option `server`, as JavaScript @param {string} [more] of the plugin's options */
export const config = (server, more = '') => `import { defineConfig } from 'vitest/config'
import arazzo from 'vitest-arazzo/plugin'

export default defineConfig({
  plugins: [arazzo({ server: ${server}${more} })],
})
`

/** @param {string} workflow path and id @param {string} memory @param {string} load */
export const loadTest = (
  workflow,
  memory,
  load = '{ vus: 2, iterations: 50 }',
) => `import { loadTest } from 'vitest-arazzo'

loadTest('under load', {
  workflow: '${workflow}',
  load: ${load},
  budgets: { errorRate: '0%', memory: '${memory}', cpu: '400%' },
})
`

/** A load test is as many tests as it has budgets (`errorRate: 0` brings `resent: 0`), and one for its run. */
export const BUDGETS = 5

/** What there is beside it in a repository: a module of its own, and its test. */
export const unit = {
  'src/price.js': `export function price(cents) {
  return cents < 0 ? 'free' : (cents / 100).toFixed(2)
}
`,
  'src/price.test.js': `import { expect, test } from 'vitest'
import { price } from './price.js'

test('cents', () => expect(price(1250)).toBe('12.50'))
`,
}

/** @param {string} steps @param {string} [more] */
export const document = (steps, more = '') => `arazzo: 1.0.1
info: { title: Flow, version: 1.0.0 }
sourceDescriptions: [{ name: api, url: ./openapi.json, type: openapi }]
workflows:
  - workflowId: flow
${more}    steps:
${steps}`

/** @param {Record<string, object>} paths @param {object} [rest] */
export const openapi = (paths, rest = {}) =>
  JSON.stringify({ openapi: '3.1.0', info: { title: 'api', version: '1.0.0' }, paths, ...rest }, null, 2)

const json = { 'application/json': { schema: {} } }
export const responses = { default: { description: 'any' } }
const body = { requestBody: { content: json } }
const id = [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }]

/** @type {Project} */
const prism = {
  name: 'Prism, a petstore from npm',
  packages: ['@stoplight/prism-cli@5', '@readme/oas-examples'],
  files: {
    'package.json': JSON.stringify({ name: 'prism', private: true, type: 'module' }),
    'vitest.config.js': config(
      `{
      command: 'npx prism mock -h 127.0.0.1 -p {port} openapi.json',
      url: 'http://127.0.0.1:{port}/store/inventory',
      watch: ['openapi.json'],
    }`,
      ", servers: 'http://127.0.0.1:{port}/'",
    ),
    'flow.arazzo.yaml': document(`      - stepId: order
        operationId: placeOrder
        requestBody: { payload: { id: 3, petId: 7, quantity: 1, complete: false } }
        successCriteria: [{ condition: $statusCode == 200 }]
        outputs: { id: $response.body#/id }
      - stepId: look
        operationId: getOrderById
        parameters: [{ name: orderId, in: path, value: 3 }]
        successCriteria: [{ condition: $statusCode == 200 }]
`),
    'load.test.js': loadTest('./flow.arazzo.yaml', '600MB'),
    ...unit,
  },
  copied: { 'openapi.json': 'node_modules/@readme/oas-examples/3.0/json/petstore.json' },
  tests: 2 + BUDGETS + 1,
  change: { file: 'openapi.json', from: '"title": "', to: '"title": "Our ' },
}

/** @type {Project} */
const jsonServer = {
  name: 'json-server',
  packages: ['json-server@0.17'],
  files: {
    'package.json': JSON.stringify({ name: 'posts', private: true, type: 'module' }),
    'routes.json': '{ "/api/*": "/$1" }',
    'seed.json': JSON.stringify({ posts: [{ id: 1, title: 'one' }] }),
    'openapi.json': openapi({
      '/api/posts': {
        post: { operationId: 'createPost', ...body, responses },
        get: { operationId: 'listPosts', responses },
      },
      '/api/posts/{id}': {
        get: { operationId: 'getPost', parameters: id, responses },
        delete: { operationId: 'deletePost', parameters: id, responses },
      },
    }),
    'vitest.config.js': config(`{
      command: 'cp seed.json {dir}/db.json && npx json-server --port {port} --routes routes.json {dir}/db.json',
      url: 'http://127.0.0.1:{port}/api/posts',
      watch: ['seed.json'],
    }`),
    'flow.arazzo.yaml': document(
      `      - stepId: create
        operationId: createPost
        requestBody: { payload: { title: $inputs.title } }
        successCriteria: [{ condition: $statusCode == 201 }]
        outputs: { id: $response.body#/id }
      - stepId: read
        operationId: getPost
        parameters: [{ name: id, in: path, value: $steps.create.outputs.id }]
        successCriteria:
          - condition: $statusCode == 200
          - condition: $response.body#/title == $inputs.title
      - stepId: remove
        operationId: deletePost
        parameters: [{ name: id, in: path, value: $steps.create.outputs.id }]
        successCriteria: [{ condition: $statusCode == 200 }]
`,
      '    inputs: { type: object, properties: { title: { type: string, default: two } } }\n',
    ),
    'load.test.js': loadTest('./flow.arazzo.yaml', '400MB'),
    ...unit,
  },
  tests: 3 + BUDGETS + 1,
  change: { file: 'seed.json', from: 'one', to: 'first' },
}

/** @type {Project} */
const workspace = {
  name: 'a workspace of three packages',
  packages: ['jsdom@26'],
  files: {
    'package.json': JSON.stringify({ name: 'shop', private: true, type: 'module', workspaces: ['packages/*'] }),
    'packages/price/package.json': JSON.stringify({
      name: '@shop/price',
      version: '1.0.0',
      type: 'module',
      main: 'src/price.js',
    }),
    'packages/price/src/price.js': unit['src/price.js'],
    'packages/price/src/price.test.js': unit['src/price.test.js'],
    'packages/price/vitest.config.js': "export default { test: { name: 'price' } }\n",
    'packages/page/package.json': JSON.stringify({ name: '@shop/page', version: '1.0.0', type: 'module' }),
    'packages/page/src/page.test.js': `import { expect, test } from 'vitest'
import { price } from '@shop/price'

test('shows a price', () => {
  document.body.innerHTML = '<b>' + price(99) + '</b>'
  expect(document.querySelector('b').textContent).toBe('0.99')
})
`,
    'packages/page/vitest.config.js': "export default { test: { name: 'page', environment: 'jsdom' } }\n",
    'packages/api/package.json': JSON.stringify({ name: '@shop/api', version: '1.0.0', type: 'module' }),
    'packages/api/src/server.js': `import { createServer } from 'node:http'
import { price } from '@shop/price'

createServer((request, response) => {
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ price: price(1250) }))
}).listen(process.env.PORT, '127.0.0.1')
`,
    'packages/api/openapi.json': openapi({ '/price': { get: { operationId: 'getPrice', responses } } }),
    'packages/api/flow.arazzo.yaml': document(`      - stepId: price
        operationId: getPrice
        successCriteria: [{ condition: $response.body#/price == '12.50' }]
`),
    'packages/api/load.test.js': loadTest('./flow.arazzo.yaml', '300MB'),
    'packages/api/vitest.config.js': `import arazzo from 'vitest-arazzo/plugin'

export default {
  plugins: [arazzo({ server: { command: 'node src/server.js', url: 'http://127.0.0.1:{port}/price' } })],
  test: { name: 'api' },
}
`,
    'vitest.config.js': `import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: { projects: ['packages/*'] },
})
`,
  },
  tests: 1 + BUDGETS + 2,
  change: { file: 'packages/api/src/server.js', from: 'response.setHeader', to: '// Typed.\n  response.setHeader' },
}

/** @type {readonly Project[]} */
export const projects = [prism, jsonServer, workspace]
